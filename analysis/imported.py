"""Imported runs: what a file cannot tell is not measured, whatever the rest looks like. An import can fail; it never passes.

Service time is at most response time. So a service time over a limit misses it for certain, and one under it shows nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

from analysis.completeness import completeness
from analysis.figures import quantity
from analysis.health import MAX_CPU_RATIO, MAX_LOOP_LAG_US_P99, check
from analysis.observed import Observed
from analysis.offered import MAX_DROPPED_RATIO, MAX_LATENESS_US_P99, MIN_USERS_RATIO
from analysis.verdict import (
    ComparisonResult,
    Gate,
    GeneratorCheck,
    InvariantResult,
    ObjectiveOutcome,
    ObjectiveResult,
    Statement,
)
from records.imported import Gap, Imported
from records.run import Run
from scenarios.objectives import LATENCY_QUANTILE, Metric

LATENCY = frozenset(metric.value for metric in LATENCY_QUANTILE)
NEEDS = {
    Metric.ERROR_RATIO.value: (Gap.OUTCOMES,),
    Metric.UPTIME_RATIO.value: (Gap.OUTCOMES, Gap.COURSE),
    Metric.BOOKING_COMPLETION_RATIO.value: (Gap.SESSIONS,),
    Metric.PAYMENT_SUCCESS_RATIO.value: (Gap.SESSIONS,),
    Metric.CONCURRENT_USERS.value: (Gap.GENERATOR,),
    Metric.RATE_PER_S.value: (Gap.OUTCOMES,),
}
"""Which gaps keep an objective from being measured at all."""
NOT_RECORDED = (
    ("lateness", "Lateness of sessions p99", MAX_LATENESS_US_P99, "us"),
    ("dropped", "Dropped arrivals", MAX_DROPPED_RATIO, "ratio"),
    ("users", "Users of those planned", MIN_USERS_RATIO, "ratio"),
    ("loop_lag", "Loop lag p99", MAX_LOOP_LAG_US_P99, "us"),
    ("cpu", "CPU of the busiest worker, share of a core", MAX_CPU_RATIO, "ratio"),
)


def imported_checks(run: Run, stages: Sequence[Observed]) -> tuple[GeneratorCheck, ...]:
    """Return the checks of an imported run: those of its records, and those of the generator as not measured."""
    of_records = [row for row in completeness(run, stages) if row.name != "workers"]
    unknown = [check(name, title, None, limit, unit, "") for name, title, limit, unit in NOT_RECORDED]
    return (*of_records, *(replace(row, because="the imported file does not tell") for row in unknown))


def never_passes(imported: Imported) -> str:
    """Return why a run that nothing speaks against does not pass all the same."""
    because = f"imported from {imported.origin}: whether the generator was well is not in the file"
    if imported.lacks(Gap.INTENDED_START):
        because += ", nor when requests were meant to start, so that latencies are service times"
    return f"{because}; an import can fail and can be compared, it cannot pass"


def as_far_as_known(imported: Imported | None, row: ObjectiveResult) -> ObjectiveResult:
    """Return an objective's row as it is where the file tells what it needs, else as not measured, with what was seen."""
    if imported is None or row.outcome is ObjectiveOutcome.NOT_MEASURED or row.observed is None:
        return row if imported is None else _told(imported, row)
    gap = imported.lacks(*NEEDS.get(row.metric, ()))
    if gap is not None:
        return _unmeasured(row, f"the imported file does not tell {gap}")
    if row.metric not in LATENCY:
        return row
    if row.outcome is ObjectiveOutcome.FAIL:
        return _if_beyond_rounding(imported, row)
    if imported.lacks(Gap.INTENDED_START) is None:
        return row
    return _unmeasured(
        row, f"service time is {quantity(row.observed, row.unit)}; response time counts from the intended start, which the imported file does not tell"
    )  # fmt: skip


def _told(imported: Imported, row: ObjectiveResult) -> ObjectiveResult:
    """Return a row that was not measured with the file's reason, where that is why."""
    gap = imported.lacks(*NEEDS.get(row.metric, ()))
    return row if gap is None else replace(row, because=f"the imported file does not tell {gap}")


def _if_beyond_rounding(imported: Imported, row: ObjectiveResult) -> ObjectiveResult:
    assert row.observed is not None
    coarse_s = max(imported.resolution_us / 1e6, imported.resolution_ratio * row.observed)
    if row.observed - row.limit <= coarse_s:
        seen = f"{quantity(row.observed, row.unit)}, within {quantity(coarse_s, row.unit)} of the limit"
        return _unmeasured(row, f"{seen}, and no finer are the latencies of the imported file")
    if imported.lacks(Gap.INTENDED_START) is None:
        return row
    told = "service time alone is over the limit"
    return replace(row, because=f"{told}; {row.because}" if row.because else told)


def _unmeasured(row: ObjectiveResult, because: str) -> ObjectiveResult:
    return replace(row, outcome=ObjectiveOutcome.NOT_MEASURED, observed=None, interval=None, because=because)


def compared_as_far_as_known(imported: Imported | None, row: ComparisonResult) -> ComparisonResult:
    """Return a comparison as it is, one of a rate as not told where endings are not known: it counts what was served."""
    gap = None if imported is None or row.metric != "rate" else imported.lacks(Gap.OUTCOMES)
    if gap is None:
        return row
    return replace(
        row,
        interval=None,
        statement=Statement.CANNOT_TELL,
        gate=Gate.NOT_GATED,
        because=f"the imported file does not tell {gap}",
    )


def invariants_of(imported: Imported | None, row: InvariantResult) -> InvariantResult:
    """Return an invariant as it is, of an imported run as not measured: no write was recorded."""
    if imported is None:
        return row
    because = f"the imported file does not tell {imported.lacks(Gap.WRITES)}"
    return replace(row, outcome=ObjectiveOutcome.NOT_MEASURED, because=because)
