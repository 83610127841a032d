"""The turn of a climb: the same plan up to the last step that is wanted, then at once the way back down."""

from scenarios.plan import Plan
from scenarios.staircase import BACK_DOWN


def turn_back(plan: Plan, last: str) -> Plan:
    """Return the plan with the steps after `last` left out and the way back down in their place.

    Up to the end of `last` nothing differs, so that whoever follows the old plan can go on by the new one. Raise ValueError where
    the plan has no such stage or no way back down after it.
    """
    names = [stage.name for stage in plan.stages]
    if last not in names or BACK_DOWN not in names[names.index(last) + 1 :]:
        raise ValueError(f"{last} is no step of a climb that goes back down; there are {', '.join(names)}")
    kept = plan.stages[: names.index(last) + 1]
    back = plan.stages[names.index(BACK_DOWN)]
    start_s = kept[-1].end_s
    moved = back.model_copy(update={"start_s": start_s, "end_s": start_s + back.duration_s})
    return plan.model_copy(update={"stages": (*kept, moved)})
