"""What a climb does next: when it has gone far enough, which level lies between, which one is to be confirmed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.breaking import bracket_of
from analysis.exhaustion import exhaust
from analysis.metastable import is_calm
from analysis.observed import observe
from analysis.staircase import Step
from records.run import Run
from scenarios.plan import Plan
from scenarios.staircase import BACK_DOWN, BISECT, CONFIRM, CONFIRM_SHARE, MAX_BISECTIONS
from scenarios.turn import bisections, climbing_steps, last_rest


@dataclass(frozen=True, slots=True)
class Wanted:
    """What follows a rest: a step, by name, at a level (times current traffic), or the way back down, which has none."""

    stage: str
    level: float | None
    because: str


def last_wanted(plan: Plan, steps: Sequence[Step]) -> str | None:
    """Return the last step that is wanted, from the steps that are over; None: go on.

    It is told one step ahead, so that all workers know before it ends; the step before it must have been bad as well.
    """
    bad = bracket_of(steps).bad
    if plan.staircase is None or bad is None:
        return None
    names = [stage.name for stage in climbing_steps(plan)]
    over = [step.stage for step in steps if step.stage in names]
    if bad.stage not in names or not over:
        return None
    first = names.index(bad.stage)
    last = first + plan.staircase.steps_past
    seen = max(names.index(name) for name in over)
    return names[last] if seen >= last - 1 and last < len(names) else None


def next_wanted(run: Run) -> Wanted | None:
    """Return what follows the rest under way, None as long as the target has not recovered in it, or there is no rest.

    A step right after an overload would measure the backlog, not the level: a sick target gets no further step. The middle of the
    bracket is tried until its ends are near enough, a void step again; then lambda* is held a little below.
    """
    plan = run.manifest.plan
    rest, stairs = last_rest(plan), plan.staircase
    if rest is None or stairs is None or run.last_second < rest.start_s:
        return None
    found = exhaust(run, [observe(run, stage) for stage in plan.stages if stage.end_s <= rest.start_s])
    assert found is not None, "a rest comes after steps"
    bracket = bracket_of(found.steps)
    if bracket.good is None or bracket.bad is None or found.breaking_per_s is None:
        return Wanted(BACK_DOWN, None, found.because)
    low, high, made = bracket.good.level, bracket.bad.level, bisections(plan)
    if stairs.is_wide(low, high) and made < MAX_BISECTIONS:
        wanted = Wanted(f"{BISECT}{made + 1}", math.sqrt(low * high), f"it held at {low:g} and broke at {high:g}")
    elif stairs.confirm:
        assert rest.sessions_per_s is not None, "a climb is of the open model"
        level = CONFIRM_SHARE * found.breaking_per_s * rest.level / rest.sessions_per_s
        wanted = Wanted(CONFIRM, level, found.because)
    else:
        return Wanted(BACK_DOWN, None, "it is near enough")
    return wanted if is_calm(run, rest) else None
