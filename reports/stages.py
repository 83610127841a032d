"""Stages and faults as they are named and marked in charts."""

from dataclasses import dataclass

from records.event import EventKind
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
    """Return the faults of a run: an event begins one, the next of the same name ends it; one without an end lasts on."""
    open_since: dict[str, float] = {}
    found: list[Mark] = []
    for event in sorted(run.events, key=lambda event: event.at_s):
        if event.kind is not EventKind.FAULT:
            continue
        if event.name in open_since:
            found.append(Mark(wording.plain(event.name, 40), open_since.pop(event.name), event.at_s))
        else:
            open_since[event.name] = event.at_s
    found += [Mark(wording.plain(name, 40), start_s, end_s) for name, start_s in open_since.items()]
    return tuple(sorted(found, key=lambda mark: (mark.start_s, mark.name)))


def judged_stages(run: Run) -> tuple[PlannedStage, ...]:
    """Return the stages that objectives apply to."""
    return tuple(stage for stage in run.manifest.plan.stages if stage.is_judged)


def compared_stage(run: Run) -> PlannedStage | None:
    """Return the first judged stage: the one that accepted runs are compared on."""
    return next(iter(judged_stages(run)), None)
