"""The comparisons that can be made of a stage: this run's value, the accepted runs' values, and what speaks against it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.bootstrap import quantile_variances
from analysis.figures import counted, percent
from analysis.health import samples_in
from analysis.history import MIN_RUNS, Past
from analysis.measure import LATENCIES, QUANTILES, RATE, Measure, word
from analysis.observed import Observed
from analysis.steady import unsteady_in_words
from analysis.warm_up import warm_up
from records.baseline import BaselineOperation
from records.histogram import Histogram
from records.run import Run
from records.window import PAYMENT_FLOW, SERVED
from scenarios.scenario import Tolerated

ALL = "all operations"
MIN_SENT_RATIO = 0.99


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison before it is judged. `values` are the accepted runs', oldest first; `within` the variance inside the run."""

    stage: str
    operation: str
    measure: Measure
    observed: float | None
    values: tuple[float, ...]
    run_ids: tuple[str, ...]
    count: int
    within: float
    tolerated: float
    gated: bool
    only_fails: bool
    reason: str | None
    unsteady: str | None


def cases_of(run: Run, observed: Observed, pasts: tuple[Past, ...]) -> list[Case]:
    """Return the cases of one stage: each operation's percentiles, the rate of all, the rates of gated operations."""
    if not pasts:
        return []
    plan = run.manifest.plan
    reason = _stage_reason(run, observed, pasts)
    unsteady = unsteady_in_words(observed, plan.time_scale)
    gated = set(plan.comparison.operations)
    flows = [PAYMENT_FLOW] if observed.histogram([PAYMENT_FLOW]).count else []
    gone = [name for name in gated if any(name in past.stage.operations for past in pasts)]
    names = sorted({*observed.operations, *flows, *gone})
    cases = [_rate_case(observed, ALL, names, pasts, plan.comparison.tolerated, reason, unsteady)]
    for name in names:
        is_gated = name in gated if gated else name != PAYMENT_FLOW
        within = quantile_variances(observed, name, QUANTILES, plan.time_scale)
        for measure, variance in zip(LATENCIES, within, strict=True):
            case = _latency_case(observed, name, measure, pasts, plan.comparison.tolerated, variance)
            cases.append(replace(case, gated=is_gated, reason=reason or case.reason, unsteady=unsteady))
        if is_gated:
            rate = _rate_case(observed, name, [name], pasts, plan.comparison.tolerated, reason, unsteady)
            cases.append(replace(rate, only_fails=True))
    return cases


def _stage_reason(run: Run, observed: Observed, pasts: tuple[Past, ...]) -> str | None:
    if len(pasts) < MIN_RUNS:
        return f"no history yet: {len(pasts)} of {MIN_RUNS} accepted runs"
    start = warm_up(observed, run.manifest.plan.time_scale)
    if start.short:
        return start.because
    samples = samples_in(run, observed)
    planned, started = sum(sample.planned for sample in samples), sum(sample.started for sample in samples)
    if planned and started / planned < MIN_SENT_RATIO:
        return f"only {percent(started / planned)} of the planned sessions started; a comparison needs {percent(MIN_SENT_RATIO)}"
    return None


def _latency_case(
    observed: Observed,
    operation: str,
    measure: Measure,
    pasts: tuple[Past, ...],
    tolerated: Tolerated,
    within: float,
) -> Case:
    assert measure.quantile is not None
    histogram = observed.histogram([operation])
    now, count = histogram.quantile_us(measure.quantile), histogram.count
    there = [(past.run_id, Histogram.from_sparse(past.stage.operations[operation].response_us))
             for past in pasts if operation in past.stage.operations]  # fmt: skip
    enough = [(run_id, histogram) for run_id, histogram in there if histogram.count >= measure.needed]
    values = [(run_id, histogram.quantile_us(measure.quantile)) for run_id, histogram in enough]
    present = [(run_id, value) for run_id, value in values if value is not None]
    return Case(
        stage=observed.stage.name,
        operation=operation,
        measure=measure,
        observed=now,
        values=tuple(value for _, value in present),
        run_ids=tuple(run_id for run_id, _ in present),
        count=count,
        within=_typical(within, operation, measure, pasts),
        tolerated=float(getattr(tolerated, measure.name)),
        gated=True,
        only_fails=False,
        reason=_case_reason(measure, count, len(present), len(there)),
        unsteady=None,
    )


def _typical(within: float, operation: str, measure: Measure, pasts: tuple[Past, ...]) -> float:
    """Return the mean variance within a run, over this one and the accepted ones: a dozen blocks alone estimate it badly."""
    there = [
        past.stage.operations[operation].within_run_variance.get(measure.name, within)
        for past in pasts
        if operation in past.stage.operations
    ]
    return (within + sum(there)) / (1 + len(there))


def _rate_case(
    observed: Observed,
    operation: str,
    names: Sequence[str],
    pasts: tuple[Past, ...],
    tolerated: Tolerated,
    reason: str | None,
    unsteady: str | None,
) -> Case:
    """Return the case of served requests per s. No variance within the run is its floor: arrivals are seeded, the same in each run."""
    singles = [name for name in names if operation != ALL or name != PAYMENT_FLOW]
    outcomes = observed.outcome_counts(singles)
    count = sum(outcomes[outcome] for outcome in SERVED)
    values = []
    for past in pasts:
        mine = [found for name, found in past.stage.operations.items()
                if (name != PAYMENT_FLOW if operation == ALL else name == operation)]  # fmt: skip
        served = sum(_served(found) for found in mine)
        if served >= RATE.needed:
            values.append((past.run_id, served / past.stage.duration_s))
    return Case(
        stage=observed.stage.name,
        operation=operation,
        measure=RATE,
        observed=count / max(1, observed.seconds) if count else None,
        values=tuple(value for _, value in values),
        run_ids=tuple(run_id for run_id, _ in values),
        count=count,
        within=0.0,
        tolerated=tolerated.rate,
        gated=True,
        only_fails=False,
        reason=reason or _case_reason(RATE, count, len(values), len(values)),
        unsteady=unsteady,
    )


def _served(operation: BaselineOperation) -> int:
    return sum(operation.outcomes.get(outcome.value, 0) for outcome in SERVED)


def _case_reason(measure: Measure, count: int, usable: int, known: int) -> str | None:
    if count == 0 and known:
        return f"no request of it in this stage, but in {counted(known, 'accepted run')}"
    if count < measure.needed:
        return f"only {counted(count, 'request')}; {word(measure)} needs {measure.needed:,}"
    if known == 0:
        return "no accepted run has this operation"
    if usable < MIN_RUNS:
        return f"only {counted(usable, 'accepted run')} with {measure.needed:,} requests of it; a comparison needs {MIN_RUNS}"
    return None
