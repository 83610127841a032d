"""What twice the places would carry, from the stages at half load and below, beside what the same model says of the places there are."""

from dataclasses import dataclass

from analysis.quarter.climbed import Climbed
from analysis.quarter.sustained import LIMIT_US, SEED, broken_of
from analysis.scaling.evidence import pool_of
from analysis.scaling.places import Carried, carried
from scenarios.probe import Resource

QUANTILE = 0.95
HALF = 0.5  # of the breaking level: what is above it has a queue already


@dataclass(frozen=True, slots=True)
class Doubled:
    """A resource with places: what the model says of those there are and of twice as many, at p95 of 200 ms; None: `because`.

    `measured_per_s` is where the same run reached it, None where it did not; `bracket_per_s` the steps around that, where they are around it.
    """

    resource: str
    run_id: str
    now: Carried | None
    twice: Carried | None
    measured_per_s: float | None
    bracket_per_s: tuple[float, float] | None
    stages: tuple[str, ...]
    said: tuple[str, ...]
    because: str


def doubled(climb: Climbed) -> tuple[Doubled, ...]:
    """Return a row for each resource of the target that has places (one with a `hold`)."""
    resources = [each for each in climb.run.manifest.plan.target.resources if each.hold is not None]
    return tuple(_doubled(climb, each) for each in resources)


def _doubled(climb: Climbed, resource: Resource) -> Doubled:
    run, found = climb.run, climb.found
    measured = next((each.request_rate_per_s for each in found.crossings if each.limit_us == LIMIT_US), None)
    bracket = broken_of(climb).bracket_per_s
    if bracket is None or measured is None or not bracket[0] <= measured <= bracket[1]:
        bracket = None
    broke = next((step.level for step in found.steps if step.good is False), None)
    most = HALF * (max(step.level for step in found.steps) if broke is None else broke)
    quiet = [
        observed
        for observed in climb.stages
        if observed.stage.is_measured and observed.stage.level <= most and observed.seconds > 0
    ]
    names = tuple(observed.stage.name for observed in quiet)
    held = {step.stage for step in found.steps if step.good}
    pool = pool_of(run, resource, quiet, [each for each in climb.stages if each.stage.name in held])
    if isinstance(pool, str):
        return Doubled(resource.name, climb.run_id, None, None, measured, bracket, names, (), pool)
    now, twice = (carried(pool.quiet, places, LIMIT_US, QUANTILE, SEED) for places in (pool.places, 2 * pool.places))
    because = "" if now.request_rate_per_s else "p95 is over 200 ms without a queue already"
    return Doubled(resource.name, climb.run_id, now, twice, measured, bracket, names, pool.said, because)
