"""What a weighed comparison means: the statement, the gate, and the words for both."""

import math

from analysis.case import ALL, Case
from analysis.equivalence import EQUIVALENCE_ALPHA, is_same
from analysis.error_row import LEVEL, error_row
from analysis.estimate import Estimate
from analysis.figures import change, counted, percent
from analysis.history import MIN_RUNS
from analysis.measure import RATE, Measure
from analysis.verdict import ComparisonResult, Gate, Statement
from analysis.weighing import LEVELS_OF_THREE, Together, Weighed, name_of

CANNOT = Statement.CANNOT_TELL


def rows_of(weighed: Weighed, against: str) -> tuple[ComparisonResult, ...]:
    """Return a row a comparison: by stage what all moved together, then the cases in their order, then the errors."""
    common = [_common_row(weighed, level, row, against) for level, row in weighed.together.items()]
    rows = [_row(weighed, case, against) if case.reason is None else unjudged(case, against) for case in weighed.cases]
    errors = [error_row(case, against, is_significant=case.name in weighed.worse) for case in weighed.errors]
    stages = list(dict.fromkeys(row.stage for row in (*rows, *errors)))
    return tuple(sorted((*common, *rows, *errors), key=lambda row: stages.index(row.stage)))


# One operation.


def _row(weighed: Weighed, case: Case, against: str) -> ComparisonResult:
    name = name_of(case)
    whole, judged = weighed.whole[name], weighed.judged(name)
    least = case.measure.least_ratio(_before(case, whole))
    statement = _statement(weighed, name, whole, judged, least, case)
    gate = _gate(case, statement, _worst(whole), max(case.tolerated, least))
    told = _because(case, whole, statement, gate, least)
    if judged is not whole and statement in {Statement.REGRESSED, Statement.IMPROVED}:
        told = f"{told}; beside what all operations of these runs moved together it moved by {_with_interval(judged)}"
    return _result(case, whole, statement, gate, told, against, least, _detectable(weighed, judged, least))


def _statement(
    weighed: Weighed, name: tuple[str, str, str], whole: Estimate, judged: Estimate, least: float, case: Case
) -> Statement:
    """Return the statement. A regression is worse than before as a whole, too: one that only gained less than the others is none."""
    for names, sign, statement in (
        (weighed.worse, 1, Statement.REGRESSED),
        (weighed.better, -1, Statement.IMPROVED),
    ):
        toward = sign * judged.worse
        if name in names and toward * judged.ratio >= least and toward * whole.ratio > 0:
            return statement
    return Statement.NO_CHANGE if _is_same(whole, case, least) else CANNOT


def _is_same(whole: Estimate, case: Case, least: float) -> bool:
    band = max(case.measure.same, least)
    return is_same(whole.interval(EQUIVALENCE_ALPHA), band) and case.unsteady is None


def _worst(whole: Estimate) -> float:
    low, high = whole.interval((1 - LEVEL) / 2)
    return max(whole.worse * low, whole.worse * high)


def _gate(case: Case, statement: Statement, worst: float, tolerated: float) -> Gate:
    if not case.gated:
        return Gate.NOT_GATED
    if statement is Statement.REGRESSED:
        return Gate.FAIL
    if case.only_fails:
        return Gate.NOT_GATED
    return Gate.PASS if worst <= tolerated and case.unsteady is None else Gate.INCONCLUSIVE


def _because(case: Case, whole: Estimate, statement: Statement, gate: Gate, least: float) -> str:
    tolerated = max(case.tolerated, least)
    at_worst = f"{percent(max(0.0, _worst(whole)))} {direction(case.measure)}"
    if gate is Gate.INCONCLUSIVE:
        return case.unsteady or (
            f"it may be up to {at_worst}, more than the tolerated {percent(tolerated)}; {_would_settle(whole, tolerated)}"
        )
    match statement:
        case Statement.REGRESSED:
            told = f"runs of the same code hardly ever differ so much, and it is at least {percent(least)}"
        case Statement.IMPROVED:
            told = "better, and runs of the same code hardly ever differ so much"
        case Statement.NO_CHANGE:
            told = f"the 90 % interval stays within {percent(max(case.measure.same, least))}"
        case Statement.CANNOT_TELL:
            told = f"at worst {at_worst}"
            told += f", within the tolerated {percent(tolerated)}" if gate is Gate.PASS else ""
    if not case.gated:
        return f"{told}; not among the scenario's gated operations"
    if gate is Gate.NOT_GATED and case.measure is RATE:
        return f"{told}; the gate looks at the rate of all together"
    return f"{told}; it blocks only where it regressed" if gate is Gate.NOT_GATED else told


def _would_settle(whole: Estimate, tolerated: float) -> str:
    """Say how many more runs would bring the interval under the tolerated change, if the change is as observed."""
    room = abs(math.log1p(whole.worse * tolerated)) - whole.worse * whole.change
    if room <= 0:
        return "as observed it is beyond that; run it again to see whether it stays"
    more = whole.more_runs(room, (1 - LEVEL) / 2)
    if more is None:
        return "more accepted runs, or longer ones, would narrow the interval"
    return f"about {counted(more, 'more run')} of this build would settle it"


def _more_runs(case: Case, whole: Estimate, statement: Statement, least: float) -> int | None:
    """Return how many more runs would decide what cannot be told, were the change as observed: "no change", or that there is one."""
    if statement is not CANNOT:
        return None
    if whole.worse * whole.ratio >= least:
        return whole.more_runs(abs(whole.change), LEVELS_OF_THREE.together)
    return whole.more_runs(math.log1p(max(case.measure.same, least)) - abs(whole.change), EQUIVALENCE_ALPHA)


def _detectable(weighed: Weighed, judged: Estimate, least: float) -> float:
    """Return the smallest change that would be called a regression in four of five weeks: the first step of Holm's procedure."""
    return max(least, judged.detectable_ratio(weighed.levels.single / weighed.hypotheses))


# All operations together.


def _common_row(weighed: Weighed, level: tuple[str, str], row: Together, against: str) -> ComparisonResult:
    case = next(case for case in weighed.cases if (case.stage, case.measure.name) == level and case.reason is None)
    common = row.shift.as_case(case)
    least = common.measure.least_ratio(row.shift.baseline_us)
    name = (level[0], ALL, level[1])
    statement = _statement(weighed, name, row.moved, row.moved, least, common)
    drifts = statement is Statement.REGRESSED and row.apart is not None and row.apart.p_worse > weighed.levels.together
    if drifts:
        statement = CANNOT
    gate = _gate(common, statement, _worst(row.moved), max(common.tolerated, least))
    told = _because(common, row.moved, statement, gate, least)
    if drifts:
        gate = Gate.INCONCLUSIVE
    if drifts or statement in {Statement.REGRESSED, Statement.IMPROVED}:
        told = _shift_in_words(weighed, level, row, told, drifts=drifts)
    detectable = max(least, row.moved.detectable_ratio(weighed.levels.together))
    return _result(common, row.moved, statement, gate, told, against, least, detectable)


def _shift_in_words(weighed: Weighed, level: tuple[str, str], row: Together, told: str, *, drifts: bool) -> str:
    """Say what it may be: the control operation tells the environment from the product, and so do single operations that stand out."""
    counted_operations = counted(len(row.shift.operations), "operation")
    alone = sorted({name[1] for name in weighed.worse if name[0] == level[0] and name[1] != ALL})
    beside = f"beside it {alone[0]} stands out" if alone else "no operation stands out beside it"
    shared = f"the middle one of {counted_operations}; {beside}"
    if drifts:
        assert row.control is not None
        return (
            f"drift of the environment: the control operation moved as well ({change(row.control.ratio)}), so that this is not the "
            f"product's doing alone ({shared}); run it again when the machine is as it was, or make a duet of both builds"
        )
    if row.control is not None:
        return (
            f"{told}; {shared}; the control operation stayed ({change(row.control.ratio)}), so that it is the product"
        )
    return f"{told}; {shared}: the product as a whole, or drift of the environment; a control operation ([comparison] control) or a duet tells"


def _with_interval(estimate: Estimate) -> str:
    low, high = estimate.interval((1 - LEVEL) / 2)
    return f"{change(estimate.ratio)} ({change(low)} to {change(high)})"


# Rows.


def _result(
    case: Case,
    whole: Estimate,
    statement: Statement,
    gate: Gate,
    because: str,
    against: str,
    least: float,
    detectable: float,
) -> ComparisonResult:
    return ComparisonResult(
        stage=case.stage,
        operation=case.operation,
        metric=case.measure.name,
        worse_is=_worse_is(case.measure),
        baseline=_before(case, whole),
        observed=case.observed,
        change_ratio=whole.ratio,
        interval=whole.interval((1 - LEVEL) / 2),
        level=LEVEL,
        tolerated_ratio=max(case.tolerated, least),
        runs=(whole.spread.runs, whole.candidates),
        count=case.count,
        history=case.values,
        smallest_detectable_ratio=detectable,
        statement=statement,
        gate=gate,
        because=because,
        against=against,
        more_runs=_more_runs(case, whole, statement, least),
    )


def _before(case: Case, whole: Estimate) -> float:
    assert case.observed is not None
    return case.observed / math.exp(whole.change)


def unjudged(case: Case, against: str) -> ComparisonResult:
    """Return the row of a case that something speaks against: the bare change, no interval, no gate."""
    baseline = math.exp(sum(case.logs_then) / len(case.values)) if case.values else None
    ratio = None if baseline is None or case.observed is None else case.observed / baseline - 1
    vanished = case.gated and not case.only_fails and case.observed is None and len(case.values) >= MIN_RUNS
    return ComparisonResult(
        stage=case.stage,
        operation=case.operation,
        metric=case.measure.name,
        worse_is=_worse_is(case.measure),
        baseline=baseline,
        observed=case.observed,
        change_ratio=ratio,
        interval=None,
        level=LEVEL,
        tolerated_ratio=max(case.tolerated, 0.0 if baseline is None else case.measure.least_ratio(baseline)),
        runs=(len(case.values), len(case.now)),
        count=case.count,
        history=case.values,
        smallest_detectable_ratio=None,
        statement=CANNOT,
        gate=Gate.INCONCLUSIVE if vanished else Gate.NOT_GATED,
        because=case.reason or "",
        against=against,
    )


def _worse_is(measure: Measure) -> str:
    return "lower" if measure.worse < 0 else "higher"


def direction(measure: Measure) -> str:
    """Return how a change for the worse is called."""
    if measure.worse < 0:
        return "lower"
    return "slower" if measure.is_latency else "higher"
