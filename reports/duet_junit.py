"""The verdict of a duet as JUnit XML: a test case for each comparison, one for the errors, one for each restart."""

from analysis.duet_row import METRIC_WORD
from analysis.duet_verdict import DuetVerdict, PairedResult, RestartResult
from analysis.verdict import Gate, Outcome
from records.duet import DuetRecord
from reports import wording
from reports.duet import change_words, errors_words
from reports.junit import Case, Ending, suites_text

ENDING: dict[Gate, Ending] = {
    Gate.PASS: "passed",
    Gate.FAIL: "failure",
    Gate.INCONCLUSIVE: "skipped",
    Gate.NOT_GATED: "skipped",
}


def render_duet_junit(record: DuetRecord, verdict: DuetVerdict) -> str:
    """Return `junit.xml`: the suites comparisons and restarts."""
    suites = {
        "comparisons": [*(_comparison(row) for row in verdict.comparisons), *_errors(verdict)],
        "restarts": [_restart(row, verdict) for row in verdict.restarts],
    }
    if verdict.outcome is Outcome.INVALID and not verdict.restarts:
        suites["restarts"].append(Case("the measurement", "error", "; ".join(verdict.because)))
    return suites_text(f"duet {record.scenario}", suites)


def _comparison(row: PairedResult) -> Case:
    told = row.because
    if row.change_ratio is not None:
        told = f"{wording.STATEMENT_WORD[row.statement]}: {change_words(row)}; {row.because}"
    return Case(f"{row.operation} {METRIC_WORD[row.metric]}", ENDING[row.gate], told)


def _errors(verdict: DuetVerdict) -> list[Case]:
    return (
        [] if verdict.errors is None else [Case("failed requests", ENDING[verdict.errors.gate], errors_words(verdict))]
    )


def _restart(row: RestartResult, verdict: DuetVerdict) -> Case:
    """Return a restart; one that is void is an error only where too few are left to judge by."""
    name = f"restart {row.number + 1}"
    if not row.void:
        return Case(name, "passed", "")
    return Case(name, "error" if verdict.outcome is Outcome.INVALID else "skipped", f"void: {row.void}")
