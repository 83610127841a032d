"""The runs that are judged together: the first one, and reruns of the same build that may stand beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.figures import listed
from analysis.health import samples_in
from analysis.key import differences, stage_key
from analysis.observed import Observed, observe
from analysis.steady import unsteady_in_words
from analysis.validity import judge_generator
from analysis.warm_up import settled
from records.run import Run

MOST_CANDIDATES = (
    9  # of one build: after so many the median stands still, and what is left open is the baseline's spread
)
MIN_SENT_RATIO = 0.99


@dataclass(frozen=True, slots=True)
class Candidate:
    """One run of the build that is judged; `stages` are its judged stages by name, without their warm-up."""

    run: Run
    stages: Mapping[str, Observed]

    def sent_ratio(self, stage: str) -> float | None:
        """Return started / planned sessions of a stage, None where nothing was planned (closed model)."""
        samples = samples_in(self.run, self.stages[stage])
        planned, started = sum(sample.planned for sample in samples), sum(sample.started for sample in samples)
        return started / planned if planned else None

    def unsteady(self, stage: str) -> str | None:
        """Return what moved within a stage, None where it was steady."""
        return unsteady_in_words(self.stages[stage], self.run.manifest.plan.time_scale)


def candidates_of(
    run: Run, stages: Sequence[Observed], others: Sequence[Run]
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """Return the runs to judge together, the first one first, and a line for each rerun that was left out."""
    found, left_out = [Candidate(run, {observed.stage.name: observed for observed in stages})], []
    unique = {other.manifest.run_id: other for other in others if other.manifest.run_id != run.manifest.run_id}
    for other in unique.values():
        scale = other.manifest.plan.time_scale
        judged = {
            stage.name: settled(observe(other, stage), scale) for stage in other.manifest.plan.stages if stage.is_judged
        }
        because = _why_not(run, other, judged)
        if not because and len(found) == MOST_CANDIDATES:
            because = f"more than {MOST_CANDIDATES} runs of one build"
        if because:
            left_out.append(f"{other.manifest.run_id}: {because}")
        else:
            found.append(Candidate(other, judged))
    return tuple(found), tuple(left_out)


def _why_not(run: Run, other: Run, judged: Mapping[str, Observed]) -> str:
    """Return why a rerun does not stand beside the first run, "" where it does."""
    here, there = run.manifest, other.manifest
    for word, was, now in (
        ("commit", here.commit, there.commit),
        ("build of the target", here.target_build, there.target_build),
        ("planted defects", list(here.plants), list(there.plants)),
    ):
        if was != now:
            return f"no rerun of the same build: {word} differs ({was or 'none'}, in the rerun {now or 'none'})"
    if there.ended is None or there.ended.reason != "completed":
        return "the rerun did not complete"
    for stage in here.plan.stages:
        if not stage.is_judged:
            continue
        if stage.name not in judged:
            return f"the rerun has no stage {stage.name}"
        differing = differences(stage_key(here, stage), stage_key(there, judged[stage.name].stage))
        if differing:
            return "no rerun under the same conditions: " + "; ".join(differing)
    sick = [check.because for check in judge_generator(other, tuple(judged.values())) if not check.healthy]
    return f"the rerun's measurement is invalid ({listed(sick, 2)})" if sick else ""
