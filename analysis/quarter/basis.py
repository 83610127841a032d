"""What the measured mix tells of every other one: what each operation takes of each resource, and how much of it may be used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.figures import number
from analysis.observed import Observed
from analysis.quarter.climbed import Climbed
from analysis.quarter.makeup import counts_of, held_stages
from analysis.quarter.resources import limit_of
from analysis.quarter.sustained import SEED, Sustained
from analysis.scaling.allowed_use import Allowed, Judged, QuietOperations, allowed_use, stretch_at
from analysis.scaling.demand import Demands
from analysis.scaling.evidence import Pool, demands, pool_of, units_of
from records.histogram import MIDDLE_US
from scenarios.objectives import LATENCY_QUANTILE
from scenarios.probe import Resource


@dataclass(frozen=True, slots=True)
class Taken:
    """A resource: `units` of it, how much of each unit may be in use for good (`limit`, a ratio), what each operation takes."""

    name: str
    units: float
    limit: float
    demands: Demands


@dataclass(frozen=True, slots=True)
class Basis:
    """The latest climb with what it sustains. `shares` are requests by operation of its mix, in the steps that held.

    `bottleneck` is None where no resource that a probe saw held it back. `quiet` is None where the bottleneck is no pool with places, or
    no latency objective broke first: then another mix may use as much of it as this one did; `said` tells. Waits for the pool are `stretch`
    times those of the model, so that the measured mix breaks where it broke.
    """

    climb: Climbed
    sustained: Sustained
    shares: Mapping[str, float]
    resources: tuple[Taken, ...]
    bottleneck: Taken | None
    quiet: QuietOperations | None
    said: tuple[str, ...]
    stretch: float = 1.0

    @property
    def judged(self) -> Judged:
        """Return by what the highest step that held was judged."""
        return Judged(self.climb.run.manifest.plan.objectives, self.climb.last_good.count)

    @property
    def requests_per_session(self) -> float:
        """Return the requests of a session of the measured mix."""
        step = self.climb.last_good
        return step.request_rate_per_s / step.offered_per_s

    @property
    def most_per_s(self) -> float:
        """Return the highest rate that was served in any step, in requests per s."""
        return max(step.request_rate_per_s for step in self.climb.found.steps)

    @property
    def use_at_break(self) -> float | None:
        """Return how much of the bottleneck is in use at lambda*, None where that is not known."""
        if self.bottleneck is None:
            return None
        taken = self.bottleneck.demands.of_mix(self.shares)
        return None if taken is None else taken * self.sustained.middle_per_s / self.bottleneck.units

    def allowed(self, mix: Mapping[str, float]) -> Allowed | None:
        """Return what the model of the queue lets a mix use of the bottleneck, None where there is no such model."""
        if self.quiet is None:
            return None
        return allowed_use(self.quiet, mix, self.judged, self.stretch)


def basis_of(climbs: Sequence[Climbed], sustained: Sustained) -> Basis:
    """Return what the climbs of one mix tell of others; all but lambda* is of the latest."""
    climb = climbs[-1]
    stages = [stage for stage in climb.stages if stage.stage.is_measured and stage.seconds > 0]
    target = climb.run.manifest.plan.target
    resources = tuple(_taken(climb, each, stages) for each in target.resources)
    bottleneck = next((each for each in resources if each.name == climb.found.bottleneck), None)
    shares = counts_of(held_stages(climb))
    if bottleneck is None or not bottleneck.demands.rows:
        return Basis(climb, sustained, shares, resources, bottleneck, None, ())
    named = next(each for each in target.resources if each.name == bottleneck.name)
    quiet = _why_no_queue(climb) or _quiet(pool_of(climb.run, named, stages), bottleneck.demands, shares)
    alone = Basis(climb, sustained, shares, resources, bottleneck, None, ())
    stretch = None if isinstance(quiet, str) else stretch_at(quiet, shares, alone.judged, alone.use_at_break or 0.0)
    if isinstance(quiet, str) or stretch is None:
        why = quiet if isinstance(quiet, str) else "a queue for its places does not break where the measured mix did"
        return replace(alone, said=(f"it is taken to break at the same use of the {bottleneck.name}: {why}",))
    told = f"waits for the {bottleneck.name} are taken as {number(stretch)} times those of the model, so that the measured mix breaks where it did"
    return replace(alone, quiet=quiet, stretch=stretch, said=(told,))


def _taken(climb: Climbed, resource: Resource, stages: Sequence[Observed]) -> Taken:
    found = demands(climb.run, resource, stages, SEED)
    units = units_of(climb.run, resource, stages) if found.rows else 1.0
    return Taken(resource.name, units, limit_of(resource), found)


def _why_no_queue(climb: Climbed) -> str:
    """Return why a queue for places does not tell where another mix breaks, "" where it does: a latency objective broke first."""
    first = climb.found.first
    if first is None:
        return "nothing that broke has a value on both sides of the bracket"
    metric = next(row.metric for row in climb.run.manifest.plan.objectives.objective if row.name == first.name)
    return "" if metric in LATENCY_QUANTILE else f"{first.title} broke first, which is no latency"


def _quiet(pool: Pool | str, found: Demands, shares: Mapping[str, float]) -> QuietOperations | str:
    if isinstance(pool, str):
        return pool
    names = tuple(row.operation for row in found.rows)
    counts = np.array([sum(stage.histogram([name]).counts for stage in pool.stages) for name in names])
    filled = counts.any(axis=0)
    asked = np.array([shares.get(name, 0.0) for name in names])
    return QuietOperations(
        places=pool.places,
        names=names,
        demand_s=np.array([row.demand_s for row in found.rows]),
        response_us=MIDDLE_US[filled],
        counts=counts[:, filled].astype(np.float64),
        shares=asked / asked.sum(),
        holds=pool.quiet.holds,
        variability=pool.quiet.variability,
    )
