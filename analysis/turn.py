"""When a climb has gone far enough: so many steps beyond the first that broke, and none of them good again."""

from collections.abc import Sequence

from analysis.breaking import bracket_of
from analysis.staircase import Step
from scenarios.plan import Plan
from scenarios.scenario import StageKind


def last_wanted(plan: Plan, steps: Sequence[Step]) -> str | None:
    """Return the last step that is wanted, from the steps that are over; None: go on.

    It is told one step ahead, so that all workers know before it ends; the step before it must have been bad as well.
    """
    bad = bracket_of(steps).bad
    if plan.staircase is None or bad is None:
        return None
    names = [stage.name for stage in plan.stages if stage.kind is StageKind.STEP]
    over = [step.stage for step in steps if step.stage in names]
    if bad.stage not in names or not over:
        return None
    first = names.index(bad.stage)
    last = first + plan.staircase.steps_past
    seen = max(names.index(name) for name in over)
    return names[last] if seen >= last - 1 and last < len(names) else None
