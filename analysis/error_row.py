"""The row of errors among the comparisons: it blocks only where there are more of them than before."""

from analysis.errors import ErrorCase, errors_in_words, incidents_in_words
from analysis.measure import ERRORS
from analysis.verdict import ComparisonResult, Gate, Statement

LEVEL = 0.95


def error_row(case: ErrorCase, against: str, *, is_significant: bool) -> ComparisonResult:
    """Return the row of an operation's errors: what is stated, whether it blocks, and the bursts among them."""
    before, now = case.ratios()
    worse = is_significant and case.is_worth
    interval = case.interval((1 - LEVEL) / 2) if case.reason is None else None
    statement = Statement.REGRESSED if worse else _unchanged_errors(case)
    gate = Gate.FAIL if worse and case.gated else Gate.NOT_GATED
    bursts = incidents_in_words(case.incidents)
    told = [case.reason or errors_in_words(case), bursts]
    if case.phi > 1 and case.reason is None:
        told.append(f"errors cluster, {case.phi:.1f} count as one")
    return ComparisonResult(
        stage=case.stage,
        operation=case.operation,
        metric=ERRORS.name,
        worse_is="higher",
        baseline=before,
        observed=now,
        change_ratio=now / before - 1 if now is not None and before else None,
        interval=interval,
        level=LEVEL,
        tolerated_ratio=0.0,
        runs=(len(case.then), len(case.now)),
        count=sum(tally.trials for tally in case.now),
        history=tuple(tally.events / tally.trials for tally in case.then),
        smallest_detectable_ratio=None,
        statement=statement,
        gate=gate,
        because="; ".join(part for part in told if part),
        against=against,
    )


def _unchanged_errors(case: ErrorCase) -> Statement:
    """Return "no change" where no more errors than before are seen than would matter, and enough requests to see them."""
    before, now = case.ratios()
    if case.reason is not None or before is None or now is None:
        return Statement.CANNOT_TELL
    return Statement.NO_CHANGE if case.rules_out_more() else Statement.CANNOT_TELL
