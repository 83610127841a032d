"""How far sessions got: the funnel of the judged stages, without the sessions that the end of the run cut off."""

from collections import Counter
from collections.abc import Container, Iterable

from analysis.observed import whole_seconds
from analysis.verdict import FunnelStep
from records.journey import FUNNEL, Milestone
from records.run import Run
from scenarios.layout import PlannedStage
from scenarios.mix import Persona

BOOKERS = (Persona.NEW_CUSTOMER, Persona.RETURNING_CUSTOMER)
PAYERS = (*BOOKERS, Persona.PAYER)
LONGEST_SESSION_S = (
    300.0  # thinking of the longest booking session in a thousand, before time_scale; medians sum to 49 s
)
LONGEST_WAIT_S = 30.0  # what a session may wait for answers beside that: one request at its deadline


def complete_until(run: Run, personas: Iterable[Persona] = PAYERS) -> int:
    """Return the second before which sessions had time to end: from it on, some were cut off by the end of the run.

    It is the first second near the end in which more sessions started than ended. Sessions that never ended much
    earlier were not cut by the end, and count.
    """
    wanted = {persona.value for persona in personas}
    missing: Counter[int] = Counter()
    for row in run.journeys:
        if row.persona in wanted and row.milestone in {Milestone.SESSION_STARTED, Milestone.SESSION_ENDED}:
            missing[row.second] += row.count if row.milestone is Milestone.SESSION_STARTED else -row.count
    after = run.last_second + 1
    near = after - LONGEST_SESSION_S * run.manifest.plan.time_scale - LONGEST_WAIT_S
    return min((second for second, count in missing.items() if count > 0 and second >= near), default=after)


def judged_milestones(run: Run, personas: Iterable[Persona]) -> dict[Milestone, int]:
    """Return how many complete sessions of the judged stages reached each milestone; every one is present."""
    wanted = tuple(personas)
    until = complete_until(run, wanted)
    seconds = {second for stage in _judged(run) for second in range(*whole_seconds(stage)) if second < until}
    return milestones_in(run, wanted, seconds)


def milestones_in(run: Run, personas: Iterable[Persona], seconds: Container[int]) -> dict[Milestone, int]:
    """Return how many sessions meant to start in some seconds reached each milestone; every one is present."""
    names = {persona.value for persona in personas}
    totals = dict.fromkeys(Milestone, 0)
    for row in run.journeys:
        if row.second in seconds and row.persona in names:
            totals[row.milestone] += row.count
    return totals


def funnel(run: Run) -> tuple[FunnelStep, ...]:
    """Return the funnel from the first look for a slot to the confirmation. Empty where nobody began."""
    totals = judged_milestones(run, BOOKERS)
    first = totals[FUNNEL[0]]
    if first == 0:
        return ()
    steps: list[FunnelStep] = []
    for milestone in FUNNEL:
        before = steps[-1].count if steps else None
        share = None if before is None or before == 0 else totals[milestone] / before
        steps.append(FunnelStep(milestone.value, totals[milestone], share, totals[milestone] / first))
    return tuple(steps)


def _judged(run: Run) -> list[PlannedStage]:
    return [stage for stage in run.manifest.plan.stages if stage.is_judged]
