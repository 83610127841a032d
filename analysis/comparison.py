"""A run against accepted runs: what changed (the statement) and whether the release may pass (the gate).

The unit of replication is the run: the spread between restarts of the same build is many times what is seen inside one.
So the accepted runs' own spread, shrunk towards that of all operations, makes the interval. See docs/verdict.md.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from analysis.case import ALL, Case, cases_of
from analysis.figures import change, counted, metric_word, number, percent, quantity
from analysis.history import MIN_RUNS, baseline_use, past_of
from analysis.measure import MEASURES, RATE, Measure, word
from analysis.observed import Observed
from analysis.spread import Spread, holm, pooled_variance, spread_of
from analysis.verdict import BaselineUse, ComparisonResult, Gate, Statement
from records.baseline import Baseline
from records.run import Run

LEVEL = 0.95
FAMILY_ALPHA = (
    0.02  # one-sided, over all gated comparisons of a run together: about one false alarm a year of weekly runs
)
EQUIVALENCE_ALPHA = 0.05  # two one-sided tests of it: a 90 % interval
MEDIAN_FACTOR = 1.16  # f of m = 3: the median of three runs instead of one (docs/verdict.md)
DETECTABLE = 2.95  # standard errors: a change of so many is found with 80 % power (docs/verdict.md)


Name = tuple[str, str, str]  # stage, operation, measure


@dataclass(frozen=True, slots=True)
class Estimate:
    """A case with its interval. `change` and `error` in logarithms; `p_worse`, `p_better` one-sided."""

    case: Case
    spread: Spread
    change: float
    error: float
    dof: float
    deviation: float

    @property
    def p_worse(self) -> float:
        """Return the probability of such a change for the worse, or a greater one, from the same code."""
        return float(stdtr(self.dof, -self.case.measure.worse * self.change / self.error))

    @property
    def p_better(self) -> float:
        """Return the same for the better."""
        return 1 - self.p_worse

    def interval(self, alpha: float) -> tuple[float, float]:
        """Return the interval of the change as ratios, `alpha` one-sided."""
        half = -float(stdtrit(self.dof, alpha)) * self.error
        return math.expm1(self.change - half), math.expm1(self.change + half)


@dataclass(frozen=True, slots=True)
class Compared:
    """All comparisons of a run, and with which accepted runs they were made."""

    comparisons: tuple[ComparisonResult, ...]
    use: BaselineUse


def compare(run: Run, stages: Sequence[Observed], baselines: Sequence[Baseline]) -> Compared:
    """Return the comparisons of the judged stages whose key the accepted runs share, by stage, operation and metric."""
    pasts = {observed.stage.name: past_of(run, observed.stage, baselines) for observed in stages}
    cases = [case for observed in stages for case in cases_of(run, observed, pasts[observed.stage.name])]
    spreads = {_name(case): spread_of(case.values, case.within) for case in cases if case.reason is None}
    estimates = {
        _name(case): _estimate(case, spreads[_name(case)], _prior(case, spreads))
        for case in cases
        if case.reason is None
    }
    significant = _significant(list(estimates.values()))
    rows = tuple(
        _judged(estimates[_name(case)], significant) if case.reason is None else _unjudged(case) for case in cases
    )
    return Compared(rows, baseline_use(run, pasts, baselines, _outlying(list(estimates.values()))))


def _prior(case: Case, spreads: Mapping[Name, Spread]) -> float:
    """Return the variance that a case's own is shrunk towards: of all operations; of the rate of all, a Poisson count's."""
    if case.measure is RATE and case.operation == ALL:
        return 1 / case.count
    return pooled_variance(
        spread
        for (stage, operation, measure), spread in spreads.items()
        if (stage, measure) == (case.stage, case.measure.name) and operation != ALL
    )


def _name(case: Case) -> Name:
    return case.stage, case.operation, case.measure.name


# How sure it is.


def _estimate(case: Case, spread: Spread, pooled: float) -> Estimate:
    """Return the estimate of a case that has no reason against it."""
    assert case.observed is not None
    deviation, dof = spread.shrunk(pooled)
    deviation = max(deviation, math.sqrt(case.within))
    error = deviation * math.sqrt(1 / spread.runs + 1)  # one candidate: f = 1, m = 1
    return Estimate(case, spread, math.log(case.observed) - spread.mean, error, dof, deviation)


def _significant(estimates: Sequence[Estimate]) -> frozenset[Name]:
    """Return the names of what changed significantly, for the worse or the better.

    Holm's procedure over the comparisons that the gate looks at, and apart from them over the others.
    """
    found: set[Name] = set()
    for gated in (True, False):
        family = [estimate for estimate in estimates if estimate.case.gated is gated]
        for p_values in ([e.p_worse for e in family], [e.p_better for e in family]):
            rejected = holm(p_values, FAMILY_ALPHA)
            found |= {_name(e.case) for e, is_rejected in zip(family, rejected, strict=True) if is_rejected}
    return frozenset(found)


def _outlying(estimates: Sequence[Estimate]) -> list[str]:
    """Return the runs left out of some comparisons as outliers, with in how many."""
    times: dict[str, int] = {}
    for estimate in estimates:
        for place in estimate.spread.left_out:
            run_id = estimate.case.run_ids[place]
            times[run_id] = times.get(run_id, 0) + 1
    return [
        f"{run_id}: in {count} of {counted(len(estimates), 'comparison')} beyond 3.5 MAD of the others"
        for run_id, count in sorted(times.items())
    ]


# What it means.


def _judged(estimate: Estimate, significant: frozenset[Name]) -> ComparisonResult:
    case, measure = estimate.case, estimate.case.measure
    baseline = math.exp(estimate.spread.mean)
    low, high = estimate.interval((1 - LEVEL) / 2)
    ratio, least = math.expm1(estimate.change), measure.least_ratio(baseline)
    tolerated = max(case.tolerated, least)
    statement = _statement(estimate, ratio, least, is_significant=_name(case) in significant)
    worst = max(measure.worse * low, measure.worse * high)
    gate = _gate(case, statement, worst, tolerated)
    return ComparisonResult(
        stage=case.stage,
        operation=case.operation,
        metric=measure.name,
        worse_is="lower" if measure.worse < 0 else "higher",
        baseline=baseline,
        observed=case.observed,
        change_ratio=ratio,
        interval=(low, high),
        level=LEVEL,
        tolerated_ratio=tolerated,
        runs=(estimate.spread.runs, 1),
        count=case.count,
        history=case.values,
        smallest_detectable_ratio=math.expm1(DETECTABLE * estimate.error),
        statement=statement,
        gate=gate,
        because=_because(estimate, statement, gate, worst, tolerated, least),
    )


def _statement(estimate: Estimate, ratio: float, least: float, *, is_significant: bool) -> Statement:
    toward_worse = estimate.case.measure.worse * ratio
    if is_significant and abs(ratio) >= least:
        return Statement.REGRESSED if toward_worse > 0 else Statement.IMPROVED
    low, high = estimate.interval(EQUIVALENCE_ALPHA)
    band = max(estimate.case.measure.same, least)
    inside = math.expm1(-math.log1p(band)) < low and high < band
    return Statement.NO_CHANGE if inside and estimate.case.unsteady is None else Statement.CANNOT_TELL


def _gate(case: Case, statement: Statement, worst: float, tolerated: float) -> Gate:
    if not case.gated:
        return Gate.NOT_GATED
    if statement is Statement.REGRESSED:
        return Gate.FAIL
    if case.only_fails:
        return Gate.NOT_GATED
    return Gate.PASS if worst <= tolerated and case.unsteady is None else Gate.INCONCLUSIVE


def _because(estimate: Estimate, statement: Statement, gate: Gate, worst: float, tolerated: float, least: float) -> str:
    case, measure = estimate.case, estimate.case.measure
    at_worst = f"{percent(max(0.0, worst))} {_direction(measure)}"
    if gate is Gate.INCONCLUSIVE:
        return case.unsteady or (
            f"it may be up to {at_worst}, more than the tolerated {percent(tolerated)}; {_would_settle(estimate, tolerated)}"
        )
    match statement:
        case Statement.REGRESSED:
            told = f"runs of the same code hardly ever differ so much, and it is at least {percent(least)}"
        case Statement.IMPROVED:
            told = "better, and runs of the same code hardly ever differ so much"
        case Statement.NO_CHANGE:
            told = f"the 90 % interval stays within {percent(max(measure.same, least))}"
        case Statement.CANNOT_TELL:
            told = f"at worst {at_worst}"
            told += f", within the tolerated {percent(tolerated)}" if gate is Gate.PASS else ""
    if not case.gated:
        return f"{told}; not among the scenario's gated operations"
    return f"{told}; the gate looks at the rate of all together" if gate is Gate.NOT_GATED else told


def _would_settle(estimate: Estimate, tolerated: float) -> str:
    """Say how many more runs would bring the interval under the tolerated change, if the change is as observed."""
    worse = estimate.case.measure.worse
    room = abs(math.log1p(worse * tolerated)) - worse * estimate.change
    quantile = -float(stdtrit(estimate.dof, (1 - LEVEL) / 2))
    left = (room / (quantile * estimate.deviation)) ** 2 - 1 / estimate.spread.runs
    if room <= 0:
        return "as observed it is beyond that; run it again to see whether it stays"
    if left <= 0:
        return "more accepted runs, or longer ones, would narrow the interval"
    return f"about {counted(max(1, math.ceil(MEDIAN_FACTOR**2 / left) - 1), 'more run')} of this build would settle it"


def _unjudged(case: Case) -> ComparisonResult:
    """Return the row of a case that something speaks against: the bare change, no interval, no gate."""
    baseline = math.exp(float(np.mean(np.log(case.values)))) if case.values else None
    ratio = None if baseline is None or case.observed is None else case.observed / baseline - 1
    vanished = case.gated and not case.only_fails and case.observed is None and len(case.values) >= MIN_RUNS
    return ComparisonResult(
        stage=case.stage,
        operation=case.operation,
        metric=case.measure.name,
        worse_is="lower" if case.measure.worse < 0 else "higher",
        baseline=baseline,
        observed=case.observed,
        change_ratio=ratio,
        interval=None,
        level=LEVEL,
        tolerated_ratio=max(case.tolerated, 0.0 if baseline is None else case.measure.least_ratio(baseline)),
        runs=(len(case.values), 1),
        count=case.count,
        history=case.values,
        smallest_detectable_ratio=None,
        statement=Statement.CANNOT_TELL,
        gate=Gate.INCONCLUSIVE if vanished else Gate.NOT_GATED,
        because=case.reason or "",
    )


def severity(row: ComparisonResult) -> float:
    """Return how many times the tolerated change a row changed for the worse."""
    if row.change_ratio is None or row.tolerated_ratio <= 0:
        return 0.0
    return (-1 if row.worse_is == "lower" else 1) * row.change_ratio / row.tolerated_ratio


def in_words(row: ComparisonResult) -> str:
    """Return "GET /x p95 is 31.2 % slower than the last 10 accepted runs in stage s: 61.8 ms against 47.1 ms (95 % …)"."""
    if row.change_ratio is None or row.observed is None or row.baseline is None:
        return f"{row.operation} {metric_word(row.metric)} in stage {row.stage}: {row.because}"
    measure = next(measure for measure in MEASURES if measure.name == row.metric)
    worse = (row.change_ratio > 0) == (measure.worse > 0)
    how = {(True, True): "slower", (True, False): "faster", (False, True): "lower", (False, False): "higher"}[
        measure.quantile is not None, worse
    ]
    between = ""
    if row.interval is not None:
        between = f"95 % interval {change(row.interval[0])} to {change(row.interval[1])}, "
    return (
        f"{row.operation} {word(measure)} is {number(abs(row.change_ratio) * 100)} % {how} than the last "
        f"{counted(row.runs[0], 'accepted run')} in stage {row.stage}: {quantity(row.observed, measure.unit)} against "
        f"{quantity(row.baseline, measure.unit)} ({between}{counted(row.count, 'request')})"
    )


def _direction(measure: Measure) -> str:
    return "lower" if measure.worse < 0 else "slower"
