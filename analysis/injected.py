"""What was broken during a run, when it really began and ended: from the events, and from stages that overload the target."""

import itertools
from dataclasses import dataclass

from analysis.figures import counted, listed
from analysis.health import check
from analysis.verdict import GeneratorCheck
from records.event import Event, EventKind
from records.run import Run
from scenarios.scenario import StageKind

DUE_S = 1.0  # a fault due within the last second of a run that was stopped may not have begun


@dataclass(frozen=True, slots=True)
class Injected:
    """One injection: `number` from 1 among those of its name; measured times in s from the run's start; what was done.

    `end_s` is None where no end is on the record.
    """

    name: str
    number: int
    start_s: float
    end_s: float | None
    did: str = ""


def injections_of(run: Run) -> tuple[Injected, ...]:
    """Return what was broken, in the order of the beginnings: injected faults, and overloads."""
    return tuple(sorted([*faults_of(run.events), *overloads_of(run)], key=lambda one: (one.start_s, one.name)))


def faults_of(events: tuple[Event, ...]) -> tuple[Injected, ...]:
    """Return the faults on the record: an event begins one, the next of the same name ends it."""
    open_since: dict[str, Event] = {}
    counts: dict[str, int] = {}
    found: list[Injected] = []

    def close(begun: Event, end_s: float | None) -> None:
        counts[begun.name] = counts.get(begun.name, 0) + 1
        found.append(Injected(begun.name, counts[begun.name], begun.at_s, end_s, begun.detail))

    for event in sorted(events, key=lambda event: event.at_s):
        if event.kind is not EventKind.FAULT:
            continue
        begun = open_since.pop(event.name, None)
        if begun is None:
            open_since[event.name] = event
        else:
            close(begun, event.at_s)
    for begun in open_since.values():
        close(begun, None)
    return tuple(sorted(found, key=lambda one: (one.start_s, one.name)))


def overloads_of(run: Run) -> list[Injected]:
    """Return the stages of kind `fault` whose level is above that of the stage before: there the load itself is the fault."""
    stages = run.manifest.plan.stages
    return [
        Injected(
            stage.name, 1, stage.start_s, stage.end_s, f"begins: load at {stage.level:g} x, before {before.level:g} x"
        )
        for before, stage in itertools.pairwise(stages)
        if stage.kind is StageKind.FAULT and stage.level > before.level and stage.start_s <= run.last_second
    ]


def faults_injected(run: Run) -> tuple[GeneratorCheck, ...]:
    """Return the check that every fault which was due began and was undone; nothing where the plan has none."""
    plan, ended = run.manifest.plan, run.manifest.ended
    if not plan.faults:
        return ()
    until_s = plan.duration_s if ended is None else ended.at_s
    until_s = min([until_s, *(event.at_s for event in run.events if event.kind is EventKind.STOP)])
    due = [planned for planned in plan.faults if planned.start_s < until_s - DUE_S]
    seen = [one for one in faults_of(run.events) if one.name in {planned.name for planned in due}]
    told = [f"{event.name}: {event.detail}" for event in run.events if event.kind is EventKind.NOTE and _is_told(event)]
    missing = sorted(planned.name for planned in due if planned.number > sum(one.name == planned.name for one in seen))
    if missing and not told:
        told = [f"{counted(len(missing), 'fault')} never began: {listed(missing)}"]
    told += [f"fault {one.name} has no end on the record" for one in seen if one.end_s is None]
    return (check("faults", "Faults injected as planned", float(len(seen)), float(len(due)), "count", listed(told)),)


def _is_told(event: Event) -> bool:
    return event.name.startswith("fault ") and ("could not begin" in event.name or "could not be undone" in event.name)
