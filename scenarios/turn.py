"""The turns of a climb: the same plan up to a moment, then at once something else. The steps end, a rest ends, the way back begins.

Up to that moment nothing differs, so that whoever follows the old plan can go on by the new one. Every plan goes back down at its
end: whoever decides may be lost, and the run still comes to its end.
"""

from collections.abc import Sequence
from typing import Any

from scenarios.layout import PlannedStage, scaled_s
from scenarios.plan import Plan
from scenarios.scenario import StageKind
from scenarios.staircase import BACK_DOWN, BISECT, CONFIRM, MAX_BISECTIONS, MIN_REST_S, REST, SETTLE, SETTLES, Staircase


def climbing_steps(plan: Plan) -> tuple[PlannedStage, ...]:
    """Return the steps upward, those between and the confirmation left out."""
    return tuple(
        stage for stage in plan.stages if stage.kind is StageKind.STEP and not is_bisection(stage) and stage.name != CONFIRM
    )  # fmt: skip


def is_bisection(stage: PlannedStage) -> bool:
    """Tell whether a stage is a step in the middle of the bracket."""
    return stage.kind is StageKind.STEP and stage.name.startswith(BISECT)


def bisections(plan: Plan) -> int:
    """Return how many steps in the middle of the bracket there are in the plan."""
    return sum(is_bisection(stage) for stage in plan.stages)


def last_rest(plan: Plan) -> PlannedStage | None:
    """Return the rest at whose end it can be decided what comes next, None where there is none before the way back."""
    if plan.staircase is None or len(plan.stages) < 2 or plan.stages[-1].name != BACK_DOWN:
        return None
    rest = plan.stages[-2]
    return rest if rest.name.startswith(REST) else None


def turn_back(plan: Plan, last: str) -> Plan:
    """Return the plan with the steps after `last` left out, and the rest and the way back down in their place.

    Raise ValueError where the plan has no such stage or no way back down after it.
    """
    names = [stage.name for stage in plan.stages]
    if last not in names or BACK_DOWN not in names[names.index(last) + 1 :]:
        raise ValueError(f"{last} is no step of a climb that goes back down; there are {', '.join(names)}")
    kept = plan.stages[: names.index(last) + 1]
    rest, back = last_rest(plan), plan.stages[names.index(BACK_DOWN)]
    return _followed(plan, kept, [back] if rest is None else [rest, back])


def go_on(plan: Plan, step: str, level: float, from_s: float) -> Plan:
    """Return the plan that ends its last rest at `from_s` and goes on with a step at a level, `bisect_1`, … or `confirm`.

    After a bisection it rests again, after the confirmation it goes back down. Raise ValueError where the plan has no rest then.
    """
    rest, stairs = last_rest(plan), plan.staircase
    if rest is None or stairs is None or not rest.start_s < from_s <= rest.end_s:
        raise ValueError(f"{step}: the plan has no rest that could end at {from_s:g} s")
    hold = stairs.confirm if step == CONFIRM else stairs.hold
    settle_s, hold_s = scaled_s(SETTLES * stairs.settle, plan.time_scale), scaled_s(hold, plan.time_scale)
    assert rest.sessions_per_s is not None, "a climb is of the open model"
    at_level = {"level": level, "from_level": level, "sessions_per_s": rest.sessions_per_s / rest.level * level}
    settling = {"name": f"{SETTLE}{step}", "kind": StageKind.WARM_UP, "start_s": 0.0, "end_s": settle_s}
    holding = {"name": step, "kind": StageKind.STEP, "start_s": 0.0, "end_s": hold_s}
    back = plan.stages[-1]
    again = rest.model_copy(
        update={"name": f"{REST}{_number(rest) + 1}", "start_s": 0.0, "end_s": _rest_s(plan, stairs)}
    )
    following = [rest.model_copy(update={**at_level, **part}) for part in (settling, holding)]
    kept = (*plan.stages[:-2], rest.model_copy(update={"end_s": from_s}))
    return _followed(plan, kept, [*following, *([] if step == CONFIRM else [again]), back])


def go_back(plan: Plan, from_s: float) -> Plan:
    """Return the plan that ends its last rest at `from_s` and goes back down; raise ValueError where it has no rest then."""
    rest = last_rest(plan)
    if rest is None or not rest.start_s < from_s <= rest.end_s:
        raise ValueError(f"{BACK_DOWN}: the plan has no rest that could end at {from_s:g} s")
    return _followed(plan, (*plan.stages[:-2], rest.model_copy(update={"end_s": from_s})), [plan.stages[-1]])


def longest_s(plan: Plan) -> float:
    """Return how long a run may take at most, whatever is decided under way, in s."""
    stairs = plan.staircase
    if stairs is None:
        return plan.duration_s
    settle_s = scaled_s(SETTLES * stairs.settle, plan.time_scale)
    bisection_s = _rest_s(plan, stairs) + settle_s + scaled_s(stairs.hold, plan.time_scale)
    return plan.duration_s + MAX_BISECTIONS * bisection_s + settle_s + scaled_s(stairs.confirm, plan.time_scale)


def stages_as_records(plan: Plan) -> list[dict[str, Any]]:
    """Return the stages as plain values, for the wire."""
    return [stage.model_dump(mode="json") for stage in plan.stages]


def with_stages(plan: Plan, records: Sequence[dict[str, Any]]) -> Plan:
    """Return the plan with other stages, given as plain values."""
    return plan.model_copy(update={"stages": tuple(PlannedStage.model_validate(record) for record in records)})


def _followed(plan: Plan, kept: Sequence[PlannedStage], following: Sequence[PlannedStage]) -> Plan:
    """Return the plan with some stages, and others one after the other behind them, each as long as it was."""
    stages = list(kept)
    for stage in following:
        start_s = stages[-1].end_s
        stages.append(stage.model_copy(update={"start_s": start_s, "end_s": start_s + stage.duration_s}))
    return plan.model_copy(update={"stages": tuple(stages)})


def _rest_s(plan: Plan, stairs: Staircase) -> float:
    return scaled_s(stairs.back_down.duration, plan.time_scale, MIN_REST_S)


def _number(rest: PlannedStage) -> int:
    return int(rest.name.removeprefix(REST))
