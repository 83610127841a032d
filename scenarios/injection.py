"""Injections: the faults of a scenario laid out in seconds from the start of the run, each repetition by itself."""

from scenarios.document import Strict
from scenarios.errors import nearest_hint
from scenarios.fault import MAX_INJECTIONS, MIN_FAULT_S, Fault
from scenarios.layout import PlannedStage


class PlannedFault(Strict):
    """One injection: `number` from 1 among those of its fault, and when it begins and ends, in s from the start of the run."""

    fault: Fault
    number: int
    start_s: float
    end_s: float

    @property
    def name(self) -> str:
        """Return the fault's name."""
        return self.fault.name


def lay_out_faults(
    faults: tuple[Fault, ...], stages: tuple[PlannedStage, ...], time_scale: float
) -> tuple[tuple[PlannedFault, ...], list[str]]:
    """Return all injections in the order of their beginnings, and what is wrong with them."""
    problems: list[str] = []
    names = [fault.name for fault in faults]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        problems.append(f"faults: the name {', '.join(twice)} appears twice; give each its own")
    planned: list[PlannedFault] = []
    for place, fault in enumerate(faults):
        where = f"faults[{place}] ({fault.name})"
        begin_s, problem = _begin_s(fault, stages)
        injections = [] if problem else _injections(fault, begin_s, time_scale)
        if problem:
            problems.append(f"{where}: {problem}")
        end_s = stages[-1].end_s
        if injections and injections[-1].end_s >= end_s:
            problems.append(
                f"{where} ends at {injections[-1].end_s:g} s, the run at {end_s:g} s; expected earlier, to see it recover"
            )
        planned += injections
    if len(planned) > MAX_INJECTIONS:
        problems.append(f"faults: {len(planned)} injections; expected at most {MAX_INJECTIONS}")
    return tuple(sorted(planned, key=lambda one: (one.start_s, one.name))), problems


def _begin_s(fault: Fault, stages: tuple[PlannedStage, ...]) -> tuple[float, str]:
    """Return from when `at` counts, in s, and what is wrong with it."""
    if fault.stage is None:
        return 0.0, ""
    for stage in stages:
        if stage.name == fault.stage:
            return stage.start_s, ""
    return (
        0.0,
        f'stage is "{fault.stage}", which is no stage{nearest_hint(fault.stage, [each.name for each in stages])}',
    )


def _injections(fault: Fault, begin_s: float, time_scale: float) -> list[PlannedFault]:
    length_s = max(MIN_FAULT_S, fault.duration * time_scale)
    every_s = max(2 * length_s, (fault.every or 0.0) * time_scale)
    if fault.every is not None and fault.every * time_scale > length_s:
        every_s = fault.every * time_scale
    first_s = begin_s + fault.at * time_scale
    return [
        PlannedFault(
            fault=fault,
            number=number + 1,
            start_s=round(first_s + number * every_s, 3),
            end_s=round(first_s + number * every_s + length_s, 3),
        )
        for number in range(fault.repeat)
    ]
