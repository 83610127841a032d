"""The comparisons that can be made of a stage: the candidates' values, the accepted runs' values, and what speaks against it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.bootstrap import quantile_variances
from analysis.candidate import MIN_SENT_RATIO, Candidate
from analysis.figures import counted, percent
from analysis.history import MIN_RUNS, Past
from analysis.measure import LATENCIES, QUANTILES, RATE, Measure, word
from analysis.observed import Observed
from analysis.warm_up import too_early
from records.baseline import BaselineOperation
from records.histogram import Histogram
from records.window import PAYMENT_FLOW, SERVED
from scenarios.scenario import Comparison

ALL = "all operations"


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison before it is judged.

    `now` are the candidates' values, None where one has too few requests; `values` the accepted runs', oldest first, and
    `run_ids` their runs; `within` is the variance of the logarithm inside a run. `counts` is what `count` counts.
    """

    stage: str
    operation: str
    measure: Measure
    now: tuple[float | None, ...]
    values: tuple[float, ...]
    run_ids: tuple[str, ...]
    count: int
    within: float
    tolerated: float
    gated: bool = True
    only_fails: bool = False
    reason: str | None = None
    unsteady: str | None = None
    counts: str = "request"

    @property
    def observed(self) -> float | None:
        """Return the median of the candidates' values, of two their geometric mean; None where there is none."""
        logs = self.logs_now
        return math.exp(middle(logs)) if logs else None

    @property
    def aligned_now(self) -> list[float | None]:
        """Return ln of the candidates' values, None where one has none."""
        return [None if value is None else math.log(value) for value in self.now]

    @property
    def logs_now(self) -> list[float]:
        """Return ln of the candidates' values that there are."""
        return [log for log in self.aligned_now if log is not None]

    @property
    def logs_then(self) -> list[float]:
        """Return ln of the accepted runs' values."""
        return [math.log(value) for value in self.values]


def middle(values: Sequence[float]) -> float:
    """Return the median of at least one value."""
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def cases_of(candidates: Sequence[Candidate], stage: str, pasts: tuple[Past, ...]) -> list[Case]:
    """Return the cases of one stage: each operation's percentiles, the rate of all, the rates of gated operations."""
    if not pasts:
        return []
    comparison = candidates[0].run.manifest.plan.comparison
    reason = reason_of(candidates, stage, pasts)
    unsteady = _unsteady(candidates, stage)
    seen = sent_of(candidates, stage)
    cases = [_rate_case(seen, ALL, pasts, comparison)]
    for name in _names(seen, pasts, comparison):
        is_gated = name != comparison.control and (
            name in comparison.operations if comparison.operations else name != PAYMENT_FLOW
        )
        within = quantile_variances(seen[0], name, QUANTILES, candidates[0].run.manifest.plan.time_scale)
        for measure, variance in zip(LATENCIES, within, strict=True):
            cases.append(replace(_latency_case(seen, name, measure, pasts, comparison, variance), gated=is_gated))
        if is_gated:
            cases.append(replace(_rate_case(seen, name, pasts, comparison), only_fails=True))
    return [replace(case, reason=reason or case.reason, unsteady=unsteady) for case in cases]


def _names(seen: Sequence[Observed], pasts: Sequence[Past], comparison: Comparison) -> list[str]:
    """Return the operations of a stage: those that occurred, the payment flow, and gated ones that only accepted runs have."""
    names = {name for observed in seen for name in observed.operations}
    if any(observed.histogram([PAYMENT_FLOW]).count for observed in seen):
        names.add(PAYMENT_FLOW)
    names |= {name for name in comparison.operations if any(name in past.stage.operations for past in pasts)}
    return sorted(names)


def _is_sent(candidate: Candidate, stage: str) -> bool:
    ratio = candidate.sent_ratio(stage)
    return ratio is None or ratio >= MIN_SENT_RATIO


def sent_of(candidates: Sequence[Candidate], stage: str) -> list[Observed]:
    """Return a stage of the candidates that sent what was planned; of the first one where none did."""
    sent = [candidate for candidate in candidates if _is_sent(candidate, stage)]
    return [candidate.stages[stage] for candidate in sent or candidates[:1]]


def reason_of(candidates: Sequence[Candidate], stage: str, pasts: tuple[Past, ...]) -> str | None:
    """Return why nothing of a stage can be compared, None where it can."""
    if len(pasts) < MIN_RUNS:
        return f"no history yet: {len(pasts)} of {MIN_RUNS} accepted runs"
    early = too_early(candidates[0].stages[stage], candidates[0].run.manifest.plan.time_scale)
    if early:
        return early
    ratio = candidates[0].sent_ratio(stage)
    if ratio is not None and not any(_is_sent(candidate, stage) for candidate in candidates):
        return f"only {percent(ratio)} of the planned sessions started; a comparison needs {percent(MIN_SENT_RATIO)}"
    return None


def _unsteady(candidates: Sequence[Candidate], stage: str) -> str | None:
    """Return how the stage moved where it was not steady in at least half of the candidates: their median is then no more so."""
    moved = [found for candidate in candidates if (found := candidate.unsteady(stage)) is not None]
    return moved[0] if moved and 2 * len(moved) >= len(candidates) else None


def _latency_case(
    seen: Sequence[Observed],
    operation: str,
    measure: Measure,
    pasts: tuple[Past, ...],
    comparison: Comparison,
    within: float,
) -> Case:
    assert measure.quantile is not None
    histograms = [observed.histogram([operation]) for observed in seen]
    most = max(histogram.count for histogram in histograms)
    enough = min(measure.needed, most)  # where none has enough, the bare change is shown all the same
    there = [(past.run_id, Histogram.from_sparse(past.stage.operations[operation].response_us))
             for past in pasts if operation in past.stage.operations]  # fmt: skip
    values = [(run_id, histogram.quantile_us(measure.quantile)) for run_id, histogram in there
              if histogram.count >= measure.needed]  # fmt: skip
    present = [(run_id, value) for run_id, value in values if value is not None]
    return Case(
        stage=seen[0].stage.name,
        operation=operation,
        measure=measure,
        now=tuple(
            histogram.quantile_us(measure.quantile) if histogram.count >= enough else None for histogram in histograms
        ),
        values=tuple(value for _, value in present),
        run_ids=tuple(run_id for run_id, _ in present),
        count=sum(histogram.count for histogram in histograms),
        within=_typical(within, operation, measure, pasts),
        tolerated=float(getattr(comparison.tolerated, measure.name)),
        reason=case_reason(measure, most, len(present), len(there)),
    )


def _typical(within: float, operation: str, measure: Measure, pasts: tuple[Past, ...]) -> float:
    """Return the mean variance within a run, over this one and the accepted ones: a dozen blocks alone estimate it badly."""
    there = [
        past.stage.operations[operation].within_run_variance.get(measure.name, within)
        for past in pasts
        if operation in past.stage.operations
    ]
    return (within + sum(there)) / (1 + len(there))


def _rate_case(seen: Sequence[Observed], operation: str, pasts: tuple[Past, ...], comparison: Comparison) -> Case:
    """Return the case of served requests per s. No variance within the run is its floor: arrivals are seeded, the same in each run."""
    counts = [served_now(observed, operation) for observed in seen]
    values = [(past.run_id, served / past.stage.duration_s)
              for past in pasts if (served := served_then(past, operation)) >= RATE.needed]  # fmt: skip
    return Case(
        stage=seen[0].stage.name,
        operation=operation,
        measure=RATE,
        now=tuple(
            count / max(1, observed.seconds) if count else None for count, observed in zip(counts, seen, strict=True)
        ),
        values=tuple(value for _, value in values),
        run_ids=tuple(run_id for run_id, _ in values),
        count=sum(counts),
        within=0.0,
        tolerated=comparison.tolerated.rate,
        reason=case_reason(RATE, max(counts), len(values), len(values)),
    )


def served_now(observed: Observed, operation: str) -> int:
    """Return the served requests of an operation, of `ALL` of all single requests."""
    outcomes = observed.outcome_counts(None if operation == ALL else [operation])
    return sum(outcomes[outcome] for outcome in SERVED)


def operations_then(past: Past, operation: str) -> list[BaselineOperation]:
    """Return an operation of an accepted run, of `ALL` all single requests; empty where it has none."""
    return [found for name, found in past.stage.operations.items()
            if (name != PAYMENT_FLOW if operation == ALL else name == operation)]  # fmt: skip


def served_then(past: Past, operation: str) -> int:
    """Return the served requests of an operation, of `ALL` of all single requests, in an accepted run."""
    return sum(found.outcomes.get(outcome.value, 0) for found in operations_then(past, operation) for outcome in SERVED)


def case_reason(measure: Measure, count: int, usable: int, known: int, counts: str = "request") -> str | None:
    """Return what speaks against a comparison: too few requests here, or too few accepted runs with enough of them."""
    if count == 0 and known:
        return f"no {counts} of it in this stage, but in {counted(known, 'accepted run')}"
    if count < measure.needed:
        return f"only {counted(count, counts)}; {word(measure)} needs {measure.needed:,}"
    if known == 0:
        return "no accepted run has this operation"
    if usable < MIN_RUNS:
        return f"only {counted(usable, 'accepted run')} with {measure.needed:,} {counts}s of it; a comparison needs {MIN_RUNS}"
    return None
