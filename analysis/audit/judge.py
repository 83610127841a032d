"""The audit: all invariants of a run, from its ledger and from what was read back, in a fixed order."""

from dataclasses import replace

from analysis.audit.booking import bookings_kept
from analysis.audit.books import Books, open_books
from analysis.audit.calendar_view import calendar_matches
from analysis.audit.chair import no_double_booking
from analysis.audit.charge import no_double_charge, no_excess_refund
from analysis.audit.money import money_matches
from analysis.audit.owner import no_ownerless_booking
from analysis.audit.release import cancelled_is_free
from analysis.audit.retry import retries_change_nothing
from analysis.audit.spans import Changes
from analysis.audit.unknown import answers_known
from analysis.verdict import InvariantResult, ObjectiveOutcome
from records.run import Run


def judge_audit(run: Run) -> tuple[InvariantResult, ...]:
    """Return all invariants of a run."""
    return judge_books(open_books(run))


def judge_books(books: Books) -> tuple[InvariantResult, ...]:
    """Return all invariants of opened books."""
    found = (
        no_double_booking(books, Changes.of(books)),
        bookings_kept(books),
        no_ownerless_booking(books),
        no_double_charge(books),
        no_excess_refund(books),
        money_matches(books),
        retries_change_nothing(books),
        cancelled_is_free(books),
        calendar_matches(books),
        answers_known(books),
    )
    return tuple(_as_far_as_seen(row, books) for row in found)


def _as_far_as_seen(row: InvariantResult, books: Books) -> InvariantResult:
    """Return a result as it is, but what holds by the answers alone as no pass where the target could not be read."""
    if row.outcome is not ObjectiveOutcome.PASS or books.seen is not None or row.name == "answers_known":
        return row
    if books.looked:
        because = f"the answers do not break it, but {books.unread}"
        return replace(row, outcome=ObjectiveOutcome.NOT_MEASURED, because=because)
    return replace(row, because=row.because or f"by the answers alone: {books.unread}")
