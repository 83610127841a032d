"""No booking without an owner: a row of this run that has neither an account nor a guest, and that no customer was told of."""

import numpy as np

from analysis.audit.books import Books, Seen
from analysis.audit.outcome import Invariant, appointment_rows
from analysis.figures import counted
from analysis.verdict import InvariantResult
from records.columns import MISSING, Flags
from records.ledger import Write

OWNERLESS = Invariant("no_ownerless_booking", "No booking without an owner")
CLOCK_S = 5.0  # the target's clock writes down when a row was made; it may be so far from ours


def no_ownerless_booking(books: Books) -> InvariantResult:
    """Return whether every row that this run made belongs to somebody."""
    seen = books.seen
    if seen is None:
        return OWNERLESS.not_measured(books.unread)
    ours = _made_meanwhile(books, seen)
    if not ours.any():
        return OWNERLESS.not_measured("no row is known to be of this run")
    bare = ours & (seen.appointments.owner_id == MISSING) & (seen.appointments.guest != 1) & ~_explained(books, seen)
    if not _is_certain(books, seen):  # the API shows no guest: the row may be that of a guest who is not ours
        bare &= seen.appointments.guest == 0
    unsettled = _guests_without_answer(books)
    unnamed = int((bare & (seen.appointments.guest == MISSING)).sum())
    violations = int(bare.sum()) - min(unsettled, unnamed)  # so many of them may be guests who got no answer
    if violations <= 0:
        return OWNERLESS.held(int(ours.sum()))
    rows = np.flatnonzero(bare)
    named = rows[seen.appointments.guest[rows] == 0]
    shown = named[:1] if named.size else rows[: min(unsettled, unnamed) + 1]  # of these at least one is nobody's
    because = (
        f"{counted(violations, 'appointment')} with neither an account nor a guest, that nobody was told of: the first is appointment "
        f"{int(seen.appointments.id[shown[0]])}"
    )
    return OWNERLESS.broken(int(ours.sum()), violations, because, appointment_rows(seen, shown))


def _made_meanwhile(books: Books, seen: Seen) -> Flags:
    """Tell of each row whether it was made while the run went."""
    until_s = books.began_s + seen.end.from_s
    return (seen.created_s >= books.began_s + CLOCK_S) & (seen.created_s <= until_s - CLOCK_S) | _explained(books, seen)


def _explained(books: Books, seen: Seen) -> Flags:
    told = books.acknowledged & books.ledger.are(Write.BOOK)
    return np.isin(seen.appointments.id, books.ledger.appointment_id[told])


def _is_certain(books: Books, seen: Seen) -> bool:
    return books.exclusive and seen.end.complete


def _guests_without_answer(books: Books) -> int:
    return int((books.unknown & books.guest_wish).sum())
