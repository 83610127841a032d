"""Errors with their text: which operation failed how, how often, from when to when."""

from dataclasses import dataclass

from records.run import Run
from records.series import ErrorSeen
from records.window import FAILED, GENERATOR_KIND
from reports import wording

MOST_ROWS = 100  # of the table; the texts of a run are bounded, and past these they are single cases


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One error of one operation as shown."""

    operation: str
    outcome: str
    kind: str
    text: str
    count: int
    counted: str
    first: str
    last: str
    css: str


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """The errors of a run: the rows shown, how many more there are, and the sentence above them."""

    rows: tuple[ErrorRow, ...]
    left_out: int
    told: str


def ranked_errors(run: Run) -> list[ErrorSeen]:
    """Return a run's errors: failures and what failed on the generator first, then what was refused or cut off; by count."""
    return sorted(run.series.errors, key=lambda error: (not _is_failure(error), -error.count))


def failures(run: Run) -> list[ErrorSeen]:
    """Return only the failures, and what failed on the generator itself, the most frequent first."""
    return [error for error in ranked_errors(run) if _is_failure(error)]


def error_table(run: Run) -> ErrorTable:
    """Return the table of errors."""
    ranked = ranked_errors(run)
    return ErrorTable(
        tuple(_row(error) for error in ranked[:MOST_ROWS]), max(0, len(ranked) - MOST_ROWS), _told(run, ranked)
    )


def in_words(error: ErrorSeen) -> str:
    """Return an error in one line: "12 × POST /payments/confirm: timeout, deadline passed before the first byte"."""
    operation, text = wording.plain(error.operation), wording.plain(error.text)
    kind = "" if error.kind in {"status", "shape", "judged"} or error.text.startswith(error.kind) else f"{error.kind}, "
    return f"{wording.count(error.count)} × {operation}: {kind}{text}"


def seconds(error: ErrorSeen) -> str:
    """Return from when to when an error occurred."""
    first, last = wording.moment(error.first), wording.moment(error.last)
    return first if first == last else f"{first} to {last}"


def _row(error: ErrorSeen) -> ErrorRow:
    return ErrorRow(
        operation=wording.plain(error.operation),
        outcome=wording.REQUEST_OUTCOME_WORD[error.outcome],
        kind=wording.plain(error.kind),
        text=wording.plain(error.text),
        count=error.count,
        counted=wording.count(error.count),
        first=wording.moment(error.first),
        last=wording.moment(error.last),
        css="fail" if _is_failure(error) else "unknown",
    )


def _told(run: Run, ranked: list[ErrorSeen]) -> str:
    failed = sum(count for outcome, count in run.outcomes(0, run.last_second + 1).items() if outcome in FAILED)
    if not ranked and failed:
        return (
            f"{wording.counted(failed, 'request')} failed, but this run was recorded without the texts of its errors."
        )
    if not ranked:
        return "No request of this run failed, was refused by a limiter, or was cut off."
    other = sum(error.count for error in ranked) - sum(error.count for error in ranked if error.outcome in FAILED)
    return (
        f"{wording.counted(failed, 'request')} of the whole run failed; {wording.count(other)} more had an answer of 4xx, "
        "were cut off at the end, or could not be made by the generator."
    )


def _is_failure(error: ErrorSeen) -> bool:
    return error.outcome in FAILED or error.kind == GENERATOR_KIND
