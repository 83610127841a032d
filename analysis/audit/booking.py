"""Every acknowledged booking is there, in the state and at the time that was acknowledged, and belongs to who made it."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from analysis.audit.books import CANCELLED, UNPAID, Books, Seen
from analysis.audit.outcome import Invariant, appointment_rows, entries
from analysis.figures import counted
from analysis.verdict import InvariantResult
from records.columns import MISSING, Flags, Floats, Ints
from records.ledger import Write
from records.readback import RowKind

BOOKINGS_KEPT = Invariant("bookings_kept", "Every acknowledged booking is kept")


class Fault(IntEnum):
    """What is wrong with an acknowledged appointment; the first that applies is told."""

    NONE = 0
    LOST = 1
    STILL_THERE = 2
    WHERE_IT_WAS = 3
    CANCELLED_BY_NOBODY = 4
    ELSEWHERE = 5
    NOT_PAID = 6
    ANOTHERS = 7


WORDS = {
    Fault.LOST: "acknowledged, but the target does not know it",
    Fault.STILL_THERE: "acknowledged as cancelled, but not cancelled",
    Fault.WHERE_IT_WAS: "acknowledged as moved, but still where it was before",
    Fault.CANCELLED_BY_NOBODY: "acknowledged and cancelled by nobody, but cancelled",
    Fault.ELSEWHERE: "acknowledged, but at a time that nobody gave it",
    Fault.NOT_PAID: "acknowledged as paid, but still waiting for payment",
    Fault.ANOTHERS: "acknowledged to one account, but another one's",
}


@dataclass(frozen=True, slots=True)
class _Touched:
    """Appointments that an acknowledged write made or changed: `ids` (m,), sorted; `row` in what was read back, -1 if not seen.

    `rank` (n,) is the place in `ids` of each write's appointment, -1 where it has none of them.
    """

    ids: Ints
    rank: Ints
    row: Ints

    def any_of(self, mask: Flags) -> Flags:
        """Tell of each appointment whether a write in the mask is about it."""
        found = np.zeros(self.ids.size, dtype=np.bool_)
        found[self.rank[mask & (self.rank >= 0)]] = True
        return found

    def least(self, values: Floats, mask: Flags) -> Floats:
        """Return for each appointment the least value of the writes in the mask about it, infinity where there is none."""
        found = np.full(self.ids.size, np.inf)
        chosen = np.flatnonzero(mask & (self.rank >= 0))
        np.minimum.at(found, self.rank[chosen], values[chosen])
        return found

    def greatest(self, values: Floats, mask: Flags) -> Floats:
        """Return the greatest value, minus infinity where there is none."""
        return -self.least(-values, mask)


def bookings_kept(books: Books) -> InvariantResult:
    """Return whether what was acknowledged is what the target shows."""
    seen = books.seen
    if seen is None:
        return BOOKINGS_KEPT.not_measured(books.unread)
    touched = _touched(books, seen)
    if touched.ids.size == 0:
        return BOOKINGS_KEPT.not_measured("no acknowledged booking is in the ledger")
    lost = np.isin(touched.ids, seen.absent) & (touched.row < 0)
    checked = int(((touched.row >= 0) | lost).sum())
    missing = touched.ids.size - checked
    unseen = (
        f"{counted(missing, 'appointment')} of {touched.ids.size:,} could not be seen ({books.unread or 'not shown'})"
    )
    if checked == 0:
        return BOOKINGS_KEPT.not_measured(unseen)
    fault = _faults(books, seen, touched, lost)
    if fault.any():
        return _broken(books, seen, touched, fault, checked)
    if missing:
        return BOOKINGS_KEPT.not_measured(f"{checked:,} are as acknowledged, but {unseen}", checked)
    return BOOKINGS_KEPT.held(checked)


def _touched(books: Books, seen: Seen) -> _Touched:
    ledger = books.ledger
    made = books.acknowledged & ledger.are(Write.BOOK, Write.RESCHEDULE, Write.CANCEL)
    ids = np.unique(ledger.appointment_id[made & (ledger.appointment_id != MISSING)])
    if ids.size == 0:
        return _Touched(ids, np.full(len(ledger), -1), ids)
    place = np.minimum(np.searchsorted(ids, ledger.appointment_id), ids.size - 1)
    rank = np.where(ids[place] == ledger.appointment_id, place, -1)
    return _Touched(ids, rank, seen.appointment(ids))


def _faults(books: Books, seen: Seen, touched: _Touched, lost: Flags) -> Ints:
    """Return the fault of each appointment."""
    ledger, alive = books.ledger, books.acknowledged | books.unknown
    cancels, moves = ledger.are(Write.CANCEL), ledger.are(Write.RESCHEDULE)
    there = (
        (touched.row >= 0) & (seen.appointments.steady[touched.row] != 0) if len(seen.appointments) else lost & False
    )
    is_cancelled = there & _row_flags(seen.appointments.status.are(*CANCELLED), touched.row)
    maybe_cancelled = touched.any_of(cancels & alive)
    fault = np.zeros(touched.ids.size, dtype=np.int64)

    def note(kind: Fault, where: Flags) -> None:
        fault[where & (fault == Fault.NONE)] = kind

    note(Fault.LOST, lost)
    note(Fault.STILL_THERE, there & ~is_cancelled & _certainly_cancelled(books, touched))
    time_known, fits, was_before = _times(books, seen, touched)
    settled = there & ~is_cancelled & ~maybe_cancelled & time_known & ~fits
    note(Fault.WHERE_IT_WAS, settled & was_before)
    if books.exclusive:
        note(Fault.CANCELLED_BY_NOBODY, is_cancelled & ~maybe_cancelled)
        note(Fault.ELSEWHERE, settled)
    unpaid = there & _row_flags(seen.appointments.status.are(*UNPAID), touched.row)
    note(Fault.NOT_PAID, unpaid & ~maybe_cancelled & _certainly_paid(books, touched, moves & alive))
    note(Fault.ANOTHERS, there & _anothers(books, seen, touched))
    return fault


def _row_flags(flags: Flags, row: Ints) -> Flags:
    return np.append(flags, False)[row]  # -1, not seen, is the last


def _certainly_cancelled(books: Books, touched: _Touched) -> Flags:
    """Tell of each appointment whether a cancellation was acknowledged and no move can have come after it."""
    ledger = books.ledger
    cancelled_s = touched.least(ledger.sent_s, books.acknowledged & ledger.are(Write.CANCEL))
    moves = ledger.are(Write.RESCHEDULE)
    moved_s = touched.greatest(ledger.answered_s, moves & books.acknowledged)
    return np.isfinite(cancelled_s) & (moved_s <= cancelled_s - books.slack_s) & ~touched.any_of(moves & books.unknown)


def _certainly_paid(books: Books, touched: _Touched, moves: Flags) -> Flags:
    """Tell of each appointment whether a payment was acknowledged that nothing afterwards can have undone."""
    ledger = books.ledger
    confirms = books.acknowledged & ledger.are(Write.CONFIRM)
    refunds = (books.acknowledged | books.unknown) & ledger.are(Write.REFUND)
    given_back = np.isin(ledger.payment_id, ledger.payment_id[refunds & (ledger.payment_id != MISSING)])
    return touched.any_of(confirms) & ~touched.any_of(confirms & given_back) & ~touched.any_of(moves)


def _times(books: Books, seen: Seen, touched: _Touched) -> tuple[Flags, Flags, Flags]:
    """Return of each appointment whether its time is known, whether the row fits it, whether the row is where it was before.

    The time is that of any write that no acknowledged move certainly came after; a move without an answer may hold as well.
    """
    ledger = books.ledger
    moves = ledger.are(Write.RESCHEDULE)
    gives = (books.acknowledged & ledger.are(Write.BOOK, Write.RESCHEDULE)) | (books.unknown & moves)
    gives &= touched.rank >= 0
    last_move_s = touched.greatest(ledger.sent_s, books.acknowledged & moves)
    over = books.acknowledged & (ledger.answered_s <= last_move_s[touched.rank] - books.slack_s)
    now = gives & ~over
    row_s = np.append(seen.start_s, np.nan)[touched.row]
    row_barber = np.append(seen.appointments.barber_id, MISSING)[touched.row]
    same_barber = (ledger.barber_id == MISSING) | (ledger.barber_id == row_barber[touched.rank])
    same = gives & (books.start_s == row_s[touched.rank]) & same_barber
    known = touched.any_of(now) & ~touched.any_of(now & np.isnan(books.start_s)) & ~np.isnan(row_s)
    return known, touched.any_of(same & now), touched.any_of(same & over & gives)


def _anothers(books: Books, seen: Seen, touched: _Touched) -> Flags:
    ledger = books.ledger
    booked = books.acknowledged & ledger.are(Write.BOOK) & (ledger.owner_id != MISSING)
    owner = np.append(seen.appointments.owner_id, MISSING)[touched.row]
    differs = booked & (owner[touched.rank] != MISSING) & (owner[touched.rank] != ledger.owner_id)
    return touched.any_of(differs)


def _broken(books: Books, seen: Seen, touched: _Touched, fault: Ints, checked: int) -> InvariantResult:
    counts = {kind: int((fault == kind).sum()) for kind in Fault if kind is not Fault.NONE}
    worst = next(kind for kind, count in counts.items() if count)
    place = int(np.flatnonzero(fault == worst)[0])
    told = [f"{counted(count, 'appointment')} {WORDS[kind]}" for kind, count in counts.items() if count]
    because = f"{'; '.join(told)}: the first is appointment {int(touched.ids[place])}"
    witness = entries(books, _requests(books, touched, place, worst))
    row = int(touched.row[place])
    if row >= 0:
        witness += appointment_rows(seen, [row])
    else:
        witness.append({"row": RowKind.ABSENT.value, "id": int(touched.ids[place])})
    return BOOKINGS_KEPT.broken(checked, int((fault > 0).sum()), because, witness)


def _requests(books: Books, touched: _Touched, place: int, worst: Fault) -> list[int]:
    """Return the writes that were acknowledged and say otherwise than the row: the booking, and the last of those that matter."""
    ledger = books.ledger
    mine = np.flatnonzero(books.acknowledged & (touched.rank == place))
    last = {Fault.STILL_THERE: Write.CANCEL, Fault.WHERE_IT_WAS: Write.RESCHEDULE, Fault.NOT_PAID: Write.CONFIRM}.get(
        worst
    )
    booked = [int(index) for index in mine[ledger.are(Write.BOOK)[mine]][:1]]
    after = [] if last is None else [int(index) for index in mine[ledger.are(last)[mine]][-1:]]
    return booked + after or [int(mine[0])]
