"""One row of an objective: what was observed against its limit, pass, fail or marginal; or not measured, and why."""

from analysis.figures import counted
from analysis.interval import Interval, more_needed
from analysis.observed import Observed
from analysis.verdict import ObjectiveOutcome, ObjectiveResult
from scenarios.objectives import Objective


def judged(
    objective: Objective,
    observed: Observed | None,
    operation: str | None,
    value: float,
    interval: Interval,
    count: int,
    *,
    noun: tuple[str, str],
    events: bool = True,
) -> ObjectiveResult:
    """Return the row of a measured value: pass or fail where the whole interval is on one side of the limit."""
    higher = objective.is_higher_better
    far, near = (interval[1], interval[0]) if higher else (interval[0], interval[1])
    sign = -1 if higher else 1
    outcome = ObjectiveOutcome.MARGINAL
    if sign * (near - objective.limit) <= 0:
        outcome = ObjectiveOutcome.PASS
    elif sign * (far - objective.limit) > 0:
        outcome = ObjectiveOutcome.FAIL
    because = ""
    if outcome is ObjectiveOutcome.MARGINAL:
        misses = sign * (value - objective.limit) > 0
        more = more_needed(count, value, far if misses else near, objective.limit, events=events)
        about = f"about {counted(more, *noun)} more" if more else "a longer run"
        if misses:
            because = f"missed as observed, but the interval reaches the limit; {about} would settle it"
        else:
            because = f"holds as observed; {about} would prove it"
    return row_of(objective, observed, operation, value, interval, count, outcome=outcome, because=because)


def row_of(
    objective: Objective,
    observed: Observed | None,
    operation: str | None,
    value: float | None,
    interval: Interval | None,
    count: int,
    *,
    outcome: ObjectiveOutcome = ObjectiveOutcome.NOT_MEASURED,
    because: str,
) -> ObjectiveResult:
    """Return a row as it is told; without a value it is not measured, and `because` says why."""
    return ObjectiveResult(
        name=objective.name,
        title=objective.title,
        stage=None if observed is None else observed.stage.name,
        operation=operation,
        metric=objective.metric.value,
        unit=objective.unit,
        higher_is_better=objective.is_higher_better,
        limit=objective.limit,
        target=objective.target,
        observed=value,
        interval=interval,
        count=count,
        required=objective.required,
        outcome=outcome,
        because=because,
    )


def misses_as_observed(row: ObjectiveResult) -> bool:
    """Tell whether the observed value itself, without its interval, is beyond the limit."""
    if row.observed is None:
        return False
    return row.observed < row.limit if row.higher_is_better else row.observed > row.limit
