"""Stages and faults as they are named and marked in charts."""

from dataclasses import dataclass

from analysis.injected import injections_of
from records.run import Run
from reports import wording
from scenarios.layout import PlannedStage


@dataclass(frozen=True, slots=True)
class Mark:
    """A fault: its name and from when to when, in s from the start."""

    name: str
    start_s: float
    end_s: float


def stage_words(stage: PlannedStage) -> str:
    """Return a stage's name, with "not judged" where objectives do not apply."""
    if stage.is_judged:
        return stage.name
    return f"{stage.name} · measured, not judged" if stage.is_measured else f"{stage.name} · not judged"


def faults(run: Run, end_s: float) -> tuple[Mark, ...]:
    """Return the faults and overloads of a run as they were measured; one without an end on the record lasts on."""
    return tuple(
        Mark(wording.plain(one.name, 40), one.start_s, end_s if one.end_s is None else one.end_s)
        for one in injections_of(run)
    )


def judged_stages(run: Run) -> tuple[PlannedStage, ...]:
    """Return the stages that objectives apply to."""
    return tuple(stage for stage in run.manifest.plan.stages if stage.is_judged)


def compared_stage(run: Run) -> PlannedStage | None:
    """Return the first judged stage: the one that accepted runs are compared on."""
    return next(iter(judged_stages(run)), None)
