"""No chair is sold twice: by what the customers were told, and by what the target shows afterwards."""

import numpy as np

from analysis.audit.books import GONE, Books, Seen
from analysis.audit.changed import changed_by_others
from analysis.audit.outcome import Invariant, appointment_rows, entries, first_entries
from analysis.audit.overlap import Collisions, Holds, collisions
from analysis.audit.spans import Changes
from analysis.figures import counted, number
from analysis.verdict import InvariantResult
from records.columns import MISSING, Ints
from records.ledger import Write

DOUBLE_BOOKING = Invariant("no_double_booking", "No double booking")
DEFAULT_MINUTES = 1  # an appointment of unknown length: only the same start, or a start inside another, overlaps


def no_double_booking(books: Books, changes: Changes) -> InvariantResult:
    """Return whether two appointments of one barber overlap and were both held at some moment.

    Told: from the acknowledgement until the first cancellation or move of it that was sent and not refused. Shown: two rows that
    hold the chair now, one of them this run's.
    """
    told = _told(books, changes)
    by_ledger = collisions(told, books.slack_s)
    if by_ledger.first is not None:
        return _acknowledged_twice(books, by_ledger, told.index.size)
    shown = None if books.seen is None else _shown(books, books.seen)
    if shown is not None and books.seen is not None:
        by_rows = collisions(shown)
        checked = max(told.index.size, int(shown.ours.sum()))
        if by_rows.first is not None:
            return _held_twice(books, books.seen, by_rows, checked)
        if checked:
            return DOUBLE_BOOKING.held(checked)
    if told.index.size == 0:
        return DOUBLE_BOOKING.not_measured("no acknowledged booking is in the ledger")
    return DOUBLE_BOOKING.held(told.index.size)


def _told(books: Books, changes: Changes) -> Holds:
    """Return all certain holds: acknowledged bookings and moves with a barber and a time."""
    ledger = books.ledger
    mask = books.acknowledged & ledger.are(Write.BOOK, Write.RESCHEDULE) & ~np.isnan(books.start_s)
    mask &= (ledger.barber_id != MISSING) & (ledger.appointment_id != MISSING)
    index = np.flatnonzero(mask)
    until_s = changes.until_s(books, index)
    until_s[changed_by_others(books, ledger.appointment_id[index])] = -np.inf
    return Holds(
        index=index,
        chair=ledger.barber_id[index] * 2 + books.has_zone[index],  # times with and without a zone never compare
        begin_s=books.start_s[index],
        finish_s=books.start_s[index] + 60 * _minutes(ledger.duration_minutes[index]),
        since_s=ledger.answered_s[index],
        until_s=until_s,
        appointment=ledger.appointment_id[index],
        ours=np.ones(index.size, dtype=np.bool_),
    )


def _shown(books: Books, seen: Seen) -> Holds:
    """Return the rows that hold a chair, in the order of their ids; what changed between two readings is left out."""
    rows = seen.appointments
    active = ~rows.status.are(*GONE) & (rows.steady != 0) & (rows.barber_id != MISSING) & ~np.isnan(seen.start_s)
    index = np.flatnonzero(active)
    ledger = books.ledger
    mine = books.acknowledged & ledger.are(Write.BOOK, Write.RESCHEDULE)
    return Holds(
        index=index,
        chair=rows.barber_id[index],
        begin_s=seen.start_s[index],
        finish_s=seen.start_s[index] + 60 * _minutes(rows.duration_minutes[index]),
        since_s=rows.id[index].astype(np.float64),
        until_s=np.full(index.size, np.inf),
        appointment=rows.id[index],
        ours=np.isin(rows.id[index], ledger.appointment_id[mine]),
    )


def _minutes(minutes: Ints) -> Ints:
    return np.where(minutes > 0, minutes, DEFAULT_MINUTES)


def _acknowledged_twice(books: Books, found: Collisions, checked: int) -> InvariantResult:
    assert found.first is not None
    first, second = (books.ledger[index] for index in found.first)
    because = (
        f"{counted(found.count, 'booking')} acknowledged for a chair that somebody else held: the first at {number(found.at_s)} s, "
        f"barber {first.barber_id}, {first.start_time} (appointments {first.appointment_id} and {second.appointment_id})"
    )
    witness = entries(books, found.first)
    if books.seen is not None:
        ids = np.array([first.appointment_id, second.appointment_id], dtype=np.int64)
        rows = books.seen.appointment(ids)
        witness += appointment_rows(books.seen, rows[rows >= 0])
    return DOUBLE_BOOKING.broken(checked, found.count, because, witness)


def _held_twice(books: Books, seen: Seen, found: Collisions, checked: int) -> InvariantResult:
    assert found.first is not None
    rows = seen.appointments
    ids = [int(rows.id[row]) for row in found.first]
    because = (
        f"{counted(found.count, 'appointment')} in a chair that another one holds as well: barber {int(rows.barber_id[found.first[0]])}, "
        f"{rows.start_time.at(found.first[0])} and {rows.start_time.at(found.first[1])} (appointments {ids[0]} and {ids[1]}), "
        "as the target shows it"
    )
    made = np.flatnonzero(books.acknowledged & books.ledger.are(Write.BOOK, Write.RESCHEDULE))
    witness = entries(books, first_entries(books, made, books.ledger.appointment_id, ids))
    return DOUBLE_BOOKING.broken(checked, found.count, because, witness + appointment_rows(seen, found.first))
