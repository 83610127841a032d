"""What a session of a mix is made of: requests by operation and thinking, from the mix's own file or from a run of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.figures import counted, number
from analysis.health import samples_in
from analysis.observed import Observed, attempts_by_second, observe
from analysis.quarter.climbed import Climbed
from records.run import Run
from scenarios.mix import Mix
from scenarios.session import mean_operations, mean_session

MIN_SESSIONS = 100  # of a run: with fewer the shares of operations say more of chance than of the mix


@dataclass(frozen=True, slots=True)
class Makeup:
    """The mean session: requests by operation; `think_s` of thinking at full length, None: not known. `said` tells how that is known."""

    operations: Mapping[str, float]
    think_s: float | None
    said: str

    @property
    def requests(self) -> float:
        """Return the requests of a session."""
        return sum(self.operations.values())


def makeup_of_file(mix: Mix) -> Makeup | None:
    """Return what the file of a mix says, None where it has no measured requests by operation for each of its personas."""
    operations = mean_operations(mix.personas, mix.sessions)
    measured = mean_session(mix.personas, mix.sessions, mix.think)
    if operations is None or measured is None:
        return None
    return Makeup(operations, measured[1], f"sessions as measured for the file of the mix {mix.name}")


def makeup_of_run(run: Run) -> Makeup | None:
    """Return what was counted in the measured stages of a run that is no climb, None where too few sessions started there."""
    stages = [observe(run, stage) for stage in run.manifest.plan.stages if stage.is_measured]
    return _counted(run, [stage for stage in stages if stage.seconds > 0])


def makeup_of_climb(climb: Climbed) -> Makeup | None:
    """Return what was counted in the steps of a climb in which every objective held."""
    return _counted(climb.run, held_stages(climb))


def held_stages(climb: Climbed) -> list[Observed]:
    """Return the stages of a climb in which every objective held."""
    return [climb.stage(step.stage) for step in climb.found.steps if step.good]


def counts_of(stages: Sequence[Observed]) -> dict[str, float]:
    """Return how often each operation was asked for in some stages."""
    names = sorted({name for stage in stages for name in stage.operations})
    return {
        name: float(sum(attempts_by_second(stage.outcomes_by_second([name])).sum() for stage in stages))
        for name in names
    }


def _counted(run: Run, stages: Sequence[Observed]) -> Makeup | None:
    started = sum(sample.started for stage in stages for sample in samples_in(run, stage))
    if started < MIN_SESSIONS:
        return None
    operations = {name: count / started for name, count in counts_of(stages).items() if count > 0}
    said = f"{counted(started, 'session')} of {run.manifest.run_id}"
    plan = run.manifest.plan
    measured = mean_session(plan.mix.personas, plan.mix.sessions, plan.mix.think)
    if measured is not None:
        return Makeup(operations, measured[1], said)
    think_s = _think_s(run, stages, started)
    told = "" if think_s is None else f", which think {number(think_s)} s by Little's law"
    return Makeup(operations, think_s, said + told)


def _think_s(run: Run, stages: Sequence[Observed], started: int) -> float | None:
    """Return the thinking of a session at full length: N = X (R + Z) solved for Z; None where nobody was seen inside a session."""
    user_s = sum(sample.busy for stage in stages for sample in samples_in(run, stage))
    response_s = sum((stage.histogram().mean_us() or 0.0) * stage.histogram().count for stage in stages) / 1e6
    if user_s <= 0:
        return None
    return max(0.0, user_s - response_s) / started / run.manifest.plan.time_scale
