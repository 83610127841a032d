"""The rows of a duet's verdict: what each case states of b against a, and whether the gate lets it pass."""

import math
from collections.abc import Mapping, Sequence

from scipy.special import stdtrit

from analysis.duet_case import ALL, CPU, P50, TYPICAL, Half, PairedCase, cases_of
from analysis.duet_verdict import PairedResult
from analysis.equivalence import EQUIVALENCE_ALPHA, is_same
from analysis.figures import change, counted, number, percent, quantity
from analysis.paired import MIN_RESTARTS, PairedEstimate, estimates
from analysis.significance import holm
from analysis.verdict import Gate, Statement
from records.duet import Side
from records.window import PAYMENT_FLOW
from scenarios.scenario import Tolerated

LEVEL = 0.95
FAMILY_ALPHA = 0.01  # one-sided, over all gated comparisons together; of both sides 2 % of the duets of one build
POWER_Z = 0.8416  # the normal quantile of 80 %
UNEVEN_RATIO, UNEVEN_SD = 0.2, 4.0  # of requests: sessions end a little apart, and what they do depends on what is free

METRIC_WORD = {
    "service_mean": "typical service time",
    "response_p50": "p50",
    "response_p95": "p95",
    "cpu_per_request": "CPU a request",
}

Name = tuple[str, str]  # operation, measure


def compared_rows(pairs: Sequence[tuple[Half, Half]]) -> tuple[PairedResult, ...]:
    """Return a row for each metric and operation of some restarts (a, b), at least one of them."""
    cases = [case for case in cases_of(pairs) if max(case.counts) > 0]
    plan = pairs[0][1].run.manifest.plan
    gated = {_name(case): _is_gated(case, plan.comparison.operations) for case in cases}
    able = [case for case in cases if len(case.pairs) >= MIN_RESTARTS]
    found: dict[Name, PairedEstimate] = {}
    for measure in dict.fromkeys(case.measure for case in able):
        of_measure = [case for case in able if case.measure is measure]
        for case, estimate in zip(of_measure, estimates([case.differences for case in of_measure]), strict=True):
            found[_name(case)] = estimate
    significant: set[Name] = set()
    for is_gated in (True, False):  # what is only listed is a family of its own
        significant |= _significant({name: each for name, each in found.items() if gated[name] is is_gated})
    tolerated = plan.comparison.tolerated
    return tuple(
        _judged(case, found[name], name in significant, gated[name], tolerated)
        if (name := _name(case)) in found
        else _unjudged(case, len(pairs), gated[name], tolerated)
        for case in cases
    )


def _name(case: PairedCase) -> Name:
    return case.operation, case.measure.name


def _is_gated(case: PairedCase, wanted: Sequence[str]) -> bool:
    """Tell whether the gate looks at a case. Not at p50, which the typical time stands for and knows better."""
    if case.measure is P50:
        return False
    return case.operation == ALL or (case.operation in wanted if wanted else case.operation != PAYMENT_FLOW)


def _significant(family: Mapping[Name, PairedEstimate]) -> set[Name]:
    """Return what changed significantly for the worse or the better, each by Holm's procedure."""
    names = list(family)
    found: set[Name] = set()
    for p_values in ([family[name].p_worse for name in names], [family[name].p_better for name in names]):
        found |= {name for name, is_so in zip(names, holm(p_values, FAMILY_ALPHA), strict=True) if is_so}
    return found


def _tolerated(case: PairedCase, tolerated: Tolerated) -> float:
    """Return the change that the gate lets pass: of what is typical that of p50; of the CPU the same."""
    ratio = tolerated.response_p95 if case.measure.name == "response_p95" else tolerated.response_p50
    return max(ratio, _least(case))


def _least(case: PairedCase) -> float:
    mean = case.mean(Side.A)
    return case.measure.least if mean is None else case.measure.least_ratio(mean)


def _judged(
    case: PairedCase, estimate: PairedEstimate, is_significant: bool, is_gated: bool, tolerated: Tolerated
) -> PairedResult:
    ratio, least, most = math.expm1(estimate.change), _least(case), _tolerated(case, tolerated)
    low, high = estimate.interval((1 - LEVEL) / 2)
    statement = _statement(case, estimate, least, is_significant=is_significant)
    gate = _gate(case, statement, high, most, is_gated=is_gated)
    detectable = (-float(stdtrit(estimate.dof, (1 - LEVEL) / 2)) + POWER_Z) * estimate.error
    return PairedResult(
        operation=case.operation,
        metric=case.measure.name,
        unit="s" if case.measure is CPU else "us",
        a=case.mean(Side.A),
        b=case.mean(Side.B),
        change_ratio=ratio,
        interval=(low, high),
        level=LEVEL,
        tolerated_ratio=most,
        differences=tuple(math.expm1(value) for value in case.differences.values),
        count=case.count,
        smallest_detectable_ratio=math.expm1(detectable),
        statement=statement,
        gate=gate,
        because=_because(case, statement, gate, high, most, least, is_gated=is_gated),
    )


def _statement(case: PairedCase, estimate: PairedEstimate, least: float, *, is_significant: bool) -> Statement:
    if is_significant and abs(math.expm1(estimate.change)) >= least:
        return Statement.REGRESSED if estimate.change > 0 else Statement.IMPROVED
    inside = is_same(estimate.interval(EQUIVALENCE_ALPHA), max(case.measure.same, least))
    return Statement.NO_CHANGE if inside else Statement.CANNOT_TELL


def _gate(case: PairedCase, statement: Statement, high: float, most: float, *, is_gated: bool) -> Gate:
    if not is_gated:
        return Gate.NOT_GATED
    if statement is Statement.REGRESSED:
        return Gate.FAIL
    return Gate.PASS if high <= most and not _uneven(case) else Gate.INCONCLUSIVE


def _uneven(case: PairedCase) -> str:
    """Return that one arm answered far fewer of an operation's requests than the other, "" where it did not.

    Both have the same arrivals: then they do not do the same work, and that the rest is quick says nothing.
    """
    a, b = case.counts
    if case.measure is not TYPICAL or abs(a - b) <= max(UNEVEN_RATIO * max(a, b), UNEVEN_SD * math.sqrt(a + b)):
        return ""
    return f"b answered {b:,} of these requests and a {a:,}, under the same arrivals: see what became of the others"


def _because(
    case: PairedCase, statement: Statement, gate: Gate, high: float, most: float, least: float, *, is_gated: bool
) -> str:
    at_worst = f"at worst {percent(max(0.0, high))} more"
    if gate is Gate.INCONCLUSIVE:
        return (
            _uneven(case)
            or f"{at_worst}, beyond the tolerated {percent(most)}; more restarts, or longer ones, would settle it"
        )
    match statement:
        case Statement.REGRESSED:
            told = f"restarts of one build hardly ever differ so much, and it is at least {percent(least)}"
        case Statement.IMPROVED:
            told = "better, and restarts of one build hardly ever differ so much"
        case Statement.NO_CHANGE:
            told = f"the 90 % interval stays within {percent(max(case.measure.same, least))}"
        case Statement.CANNOT_TELL:
            told = at_worst + (f", within the tolerated {percent(most)}" if gate is Gate.PASS else "")
    return told if is_gated else f"{told}; listed only"


def _unjudged(case: PairedCase, restarts: int, is_gated: bool, tolerated: Tolerated) -> PairedResult:
    """Return the row of a case with too little in it: nothing is stated. It blocks where only one arm has too little."""
    uneven = _uneven(case) if is_gated and restarts >= MIN_RESTARTS else ""
    return PairedResult(
        operation=case.operation,
        metric=case.measure.name,
        unit="s" if case.measure is CPU else "us",
        a=case.mean(Side.A),
        b=case.mean(Side.B),
        change_ratio=None,
        interval=None,
        level=LEVEL,
        tolerated_ratio=_tolerated(case, tolerated),
        differences=tuple(math.expm1(value) for value in case.differences.values),
        count=case.count,
        smallest_detectable_ratio=None,
        statement=Statement.CANNOT_TELL,
        gate=Gate.INCONCLUSIVE if uneven else Gate.NOT_GATED,
        because=uneven or _too_little(case, restarts),
    )


def _too_little(case: PairedCase, restarts: int) -> str:
    if restarts < MIN_RESTARTS:
        return f"only {counted(restarts, 'restart')} of at least {MIN_RESTARTS}"
    if case.measure is CPU:
        return f"the probe saw the processes of both in {len(case.pairs)} of {counted(restarts, 'restart')} only"
    return f"only {counted(case.fewest, 'request')} an arm in some restart; {METRIC_WORD[case.measure.name]} needs {case.measure.needed:,}"


def in_words(row: PairedResult) -> str:
    """Return "GET /x p50 is 5.1 % more in b than in a: 75.6 ms against 72 ms (95 % interval …, 5 restarts, 4,000 requests)"."""
    if row.change_ratio is None or row.a is None or row.b is None or row.interval is None:
        return f"{row.operation} {METRIC_WORD[row.metric]}: {row.because}"
    how = "more" if row.change_ratio > 0 else "less"
    return (
        f"{row.operation} {METRIC_WORD[row.metric]} is {number(abs(row.change_ratio) * 100)} % {how} in b than in a: "
        f"{quantity(row.b, row.unit)} against {quantity(row.a, row.unit)} (95 % interval {change(row.interval[0])} to "
        f"{change(row.interval[1])}, {counted(len(row.differences), 'restart')}, {counted(row.count, 'request')} an arm)"
    )
