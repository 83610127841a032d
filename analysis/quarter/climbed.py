"""An exhaustion run as the quarter takes it: its steps, where it broke, and how long a session lasts there."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.exhaustion import exhaust
from analysis.figures import listed, number
from analysis.observed import Observed, observe
from analysis.staircase import Exhaustion, Step
from records.errors import RunDataError
from records.run import Run
from scenarios.session import mean_session


@dataclass(frozen=True, slots=True)
class Climbed:
    """One run with its stages and what its climb comes to."""

    run: Run
    stages: tuple[Observed, ...]
    found: Exhaustion

    @property
    def run_id(self) -> str:
        """Return the name of the run folder."""
        return self.run.manifest.run_id

    @property
    def last_good(self) -> Step:
        """Return the highest step in which every objective held; there is one (`climbed`)."""
        return max((step for step in self.found.steps if step.good), key=lambda step: step.offered_per_s)

    def stage(self, name: str) -> Observed:
        """Return what a step saw."""
        return next(observed for observed in self.stages if observed.stage.name == name)


@dataclass(frozen=True, slots=True)
class Session:
    """The mean session: length in s at full-length thinking (None: not known), requests, and how that is known."""

    length_s: float | None
    requests: float
    said: str


def climbed(run: Run) -> Climbed:
    """Return a run with its climb; raise RunDataError where it is none, or where no step of it held."""
    stages = tuple(observe(run, stage) for stage in run.manifest.plan.stages)
    found = exhaust(run, stages)
    name = run.manifest.run_id
    if found is None:
        raise RunDataError(
            f"{name}: has no steps ({run.manifest.plan.scenario}); expected a run of exhaustion, or of peak beside one"
        )
    if empty := [step.stage for step in found.steps if step.good and not step.request_rate_per_s]:
        raise RunDataError(
            f"{name}: no request is recorded of {listed(empty)}, although sessions began; expected some of each step, the folder is damaged, leave it out"
        )
    if not any(step.good and step.request_rate_per_s > 0 for step in found.steps):
        raise RunDataError(f"{name}: {found.because}; expected a climb that begins below the limit, start it lower")
    return Climbed(run, stages, found)


def latest_of(climbs: Sequence[Climbed]) -> Climbed:
    """Return the climb that was started last."""
    return max(climbs, key=lambda climb: climb.run.manifest.started_at)


def mixed(climbs: Sequence[Climbed]) -> tuple[str, ...]:
    """Return what differs among the runs and is taken for granted, one line each; raise RunDataError where they cannot be one report."""
    targets = sorted({climb.run.manifest.plan.target.name for climb in climbs})
    if len(targets) > 1:
        raise RunDataError(
            f"--run: the runs are of several targets ({listed(targets)}); expected one, leave out the others"
        )
    shops = sorted({_shop(climb.run) for climb in climbs})
    if len(shops) > 1:
        raise RunDataError(
            f"--run: the runs are of sandboxes of several kinds ({listed(shops)}); expected one, leave out the others"
        )
    told = []
    builds = sorted({climb.run.manifest.target_build or "not told" for climb in climbs})
    if len(builds) > 1:
        told.append(
            f"the runs are of several builds ({listed(builds)}), taken as one: name those of one build with --run"
        )
    for word, values in (
        ("times", {climb.run.manifest.plan.time_scale for climb in climbs}),
        ("loads", {climb.run.manifest.plan.load_scale for climb in climbs}),
    ):
        if len(values) > 1:
            told.append(
                f"{word} of the runs are scaled by {listed([number(value) for value in sorted(values)])}, taken as one"
            )
    return tuple(told)


def session_of(climb: Climbed) -> Session:
    """Return the mean session at the highest step that held (Little's law needs its length)."""
    step, plan = climb.last_good, climb.run.manifest.plan
    requests = step.request_rate_per_s / step.offered_per_s
    response_us = climb.stage(step.stage).histogram().mean_us() or 0.0
    measured = mean_session(plan.mix.personas, plan.mix.sessions, plan.mix.think)
    if measured is None:
        return Session(
            None, requests, f"the mix {plan.mix.name} has no measured sessions, so that nobody knows how long one lasts"
        )
    think_s, response_s = measured[1], requests * response_us / 1e6
    return Session(
        think_s + response_s,
        requests,
        f"a session lasts {number(think_s + response_s)} s: {number(think_s)} s of thinking (mix {plan.mix.name}, at full length) and "
        f"{number(requests)} requests of {number(response_us / 1000)} ms on the mean ({climb.run_id}, {step.stage})",
    )


def _shop(run: Run) -> str:
    """Return what the sandbox is but for its size, which may differ (`sizes`)."""
    shop = run.manifest.plan.target.sandbox
    if shop is None:
        return "none"
    return f"{shop.barbers} barbers, contention {shop.contention:g}, coherence {shop.coherence:g}"
