"""The outcome and why: invalid before fail, fail before inconclusive, inconclusive before pass; a broken invariant before all.

Two acknowledgements of one chair are a fact, however slow the generator was: its sickness makes latencies untrue, not answers.
"""

from collections.abc import Iterable

from analysis.comparison import in_words as comparison_in_words
from analysis.comparison import severity
from analysis.evidence import AVAILABILITY, Evidence
from analysis.figures import counted
from analysis.imported import never_passes
from analysis.objective import excess, leaves_open
from analysis.objective import in_words as objective_in_words
from analysis.verdict import ComparisonResult, Gate, ObjectiveOutcome, ObjectiveResult, Outcome
from scenarios.objectives import LATENCY_QUANTILE

LATENCY = frozenset(metric.value for metric in LATENCY_QUANTILE)


def decide(evidence: Evidence) -> tuple[Outcome, tuple[str, ...]]:
    """Return the outcome and its causes, the first one first."""
    if evidence.broken and evidence.sick:
        return Outcome.FAIL, (*_broken(evidence), "besides, the measurement is invalid: " + evidence.sick[0].because)
    for outcome, causes in (
        (Outcome.INVALID, _invalid(evidence)),
        (Outcome.FAIL, _failing(evidence)),
        (Outcome.INCONCLUSIVE, _open(evidence)),
    ):
        if causes:
            return outcome, tuple(causes)
    return Outcome.PASS, (_passing(evidence),)


def _invalid(evidence: Evidence) -> list[str]:
    causes = [check.because for check in evidence.sick]
    if causes and (evidence.objectives or evidence.comparisons):
        causes.append("objectives and comparisons are shown, but they are not to be trusted")
    return causes


def _failing(evidence: Evidence) -> list[str]:
    """Return why a run fails: what is broken, what is not there, what became slower, what is too slow.

    What is not there comes before what is slow: a latency is a statement about answers, and there were none.
    """
    causes = [f"aborted: {evidence.aborted}"] if evidence.aborted else []
    causes += _broken(evidence)
    missed = by_severity(evidence, evidence.missed)
    causes += [_told(row) for row in missed if row.metric in AVAILABILITY]
    causes += [comparison_in_words(row) for row in worst_of_each(evidence, evidence.regressed)]
    causes += [_told(row) for row in missed if row.metric in LATENCY]
    causes += [_told(row) for row in missed if row.metric not in AVAILABILITY | LATENCY]
    return causes


def _broken(evidence: Evidence) -> list[str]:
    return [f"Broken: {row.title[0].lower()}{row.title[1:]}: {row.because}" for row in evidence.broken]


def _told(row: ObjectiveResult) -> str:
    told = objective_in_words(row)
    return f"{told}: {row.because}" if row.because else told


def _open(evidence: Evidence) -> list[str]:
    """Return what keeps the run from passing without failing it."""
    imported = evidence.run.manifest.imported
    causes = [] if imported is None else [never_passes(imported)]
    causes += [f"{refusal.in_words()}, so that what was measured is not the product" for refusal in evidence.refusals]
    causes += [
        f"in stage {name} the target kept the users waiting until sessions came late or were dropped, so that less was offered than planned"
        for name in evidence.waiting
    ]
    undecided = [row for row in evidence.comparisons if row.gate is Gate.INCONCLUSIVE]
    causes += [f"{comparison_in_words(row)}: {row.because}" if row.change_ratio is not None else comparison_in_words(row)
               for row in worst_of_each(evidence, undecided)]  # fmt: skip
    for row in evidence.objectives:
        if leaves_open(row):
            causes.append(
                _told(row) if row.observed is not None else f"{row.title} is required, but not measured: {row.because}"
            )
    if evidence.run.manifest.plan.audit.required:
        causes += [f"the scenario requires the audit, but {row.title[0].lower()}{row.title[1:]} was not measured: {row.because}"
                   for row in evidence.unseen]  # fmt: skip
    if evidence.run.manifest.plan.comparison.required and evidence.use.missing is not None:
        causes.append(f"the scenario requires a comparison: {evidence.use.missing}")
    if not any(row.outcome is not ObjectiveOutcome.NOT_MEASURED for row in evidence.objectives):
        causes.append("no objective was measured")
    return causes


def _passing(evidence: Evidence) -> str:
    measured = [row for row in evidence.objectives if row.outcome is not ObjectiveOutcome.NOT_MEASURED]
    names = {row.name for row in measured}
    marginal = {row.name for row in measured if row.outcome is ObjectiveOutcome.MARGINAL}
    absent = {row.name for row in evidence.objectives} - names
    within = [row for row in evidence.comparisons if row.gate is Gate.PASS]
    parts = [f"all {len(names)} measured objectives hold" if len(names) > 1 else "the one measured objective holds"]
    if marginal:
        parts[0] += f" ({len(marginal)} as observed, too few requests to prove it)"
    if within:
        parts.append(f"{counted(len(within), 'comparison')} within the tolerated change")
    elif evidence.use.missing is not None:
        parts.append(f"nothing was compared: {evidence.use.missing}")
    else:
        parts.append("no comparison could be judged")
    if absent:
        parts.append(f"{counted(len(absent), 'objective')} not measured")
    return "; ".join(parts)


def by_severity(evidence: Evidence, rows: Iterable[ObjectiveResult]) -> list[ObjectiveResult]:
    """Return missed objectives: lower levels first, single operations before all together, the greatest excess first."""
    return sorted(
        rows,
        key=lambda row: (
            evidence.order_of(row.stage), row.operation is None, -excess(row), row.name, row.operation or "",
        ),
    )  # fmt: skip


def worst_of_each(evidence: Evidence, rows: Iterable[ComparisonResult]) -> list[ComparisonResult]:
    """Return the worst row of each stage and operation: lower levels first, then the most beyond the tolerated change."""
    worst: dict[tuple[str, str], ComparisonResult] = {}
    for row in rows:
        known = worst.get((row.stage, row.operation))
        if known is None or severity(row) > severity(known):
            worst[row.stage, row.operation] = row
    return sorted(
        worst.values(), key=lambda row: (evidence.order_of(row.stage), -severity(row), row.operation, row.metric)
    )
