"""Peak runs as the quarter takes them: each judged stage with its load, its users, and how much of each resource it used."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.climb import held
from analysis.health import samples_in
from analysis.observed import observe
from analysis.staircase import Step
from records.run import Run

PEAK = "peak"  # the scenario of the busiest hour


@dataclass(frozen=True, slots=True)
class Peak:
    """One judged stage of a run that is no climb. `users`: inside a session on the mean, 0 where the generator told none."""

    run_id: str
    scenario: str
    step: Step
    users: float


def peaks_of(runs: Sequence[Run]) -> tuple[Peak, ...]:
    """Return the judged stages of some runs in their order."""
    return tuple(peak for run in runs for peak in _of(run))


def _of(run: Run) -> list[Peak]:
    found = []
    for stage in run.manifest.plan.stages:
        observed = observe(run, stage)
        if stage.is_judged and observed.seconds > 0:
            users = sum(sample.busy for sample in samples_in(run, observed)) / observed.seconds
            found.append(Peak(run.manifest.run_id, run.manifest.plan.scenario, held(run, observed), users))
    return found
