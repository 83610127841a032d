"""Writes without a known answer, settled by what the target shows: happened, did not happen, cannot tell. They break nothing.

A write *happened* where what it asked for is so: of two tries with one key, or two cancellations, both did.
"""

from dataclasses import dataclass

import numpy as np

from analysis.audit.books import CANCELLED, CAPTURED, Books, Seen
from analysis.audit.outcome import Invariant
from analysis.figures import counted
from analysis.verdict import InvariantResult
from records.columns import MISSING, Ints
from records.ledger import Write

ANSWERS_KNOWN = Invariant("answers_known", "Every write is known to have happened or not")


@dataclass(slots=True)
class _Tally:
    """How many writes turned out how."""

    happened: int = 0
    not_happened: int = 0
    open: int = 0

    def add(self, happened: int = 0, not_happened: int = 0, undecided: int = 0) -> None:
        self.happened += happened
        self.not_happened += not_happened
        self.open += undecided


def answers_known(books: Books) -> InvariantResult:
    """Return what became of the writes without an answer."""
    total = len(books.ledger)
    if total == 0:
        return ANSWERS_KNOWN.not_measured("no write is in the ledger")
    unknown = int(books.unknown.sum())
    if unknown == 0:
        return ANSWERS_KNOWN.held(total)
    if books.seen is None:
        because = f"{counted(unknown, 'write')} had no known answer and may or may not have happened: {books.unread}"
        return ANSWERS_KNOWN.not_measured(because, total)
    tally = _settled(books, books.seen)
    tally.open += unknown - tally.happened - tally.not_happened - tally.open
    told = (
        f"{counted(unknown, 'write')} had no known answer: {tally.happened:,} happened, {tally.not_happened:,} did not"
    )
    if tally.open:
        return ANSWERS_KNOWN.not_measured(f"{told}, of {tally.open:,} nobody can tell", total)
    return ANSWERS_KNOWN.held(total, told)


def _settled(books: Books, seen: Seen) -> _Tally:
    tally = _Tally()
    _bookings(books, seen, tally)
    _cancellations(books, seen, tally)
    _moves(books, seen, tally)
    _intents(books, seen, tally)
    _confirmations(books, seen, tally)
    _refunds(books, seen, tally)
    return tally


def _bookings(books: Books, seen: Seen, tally: _Tally) -> None:
    """Match wishes without an answer with rows that nobody was told of: same time, same barber where one was named, same owner where known."""
    ledger, rows = books.ledger, seen.appointments
    wishes = np.flatnonzero(books.unknown & ledger.are(Write.BOOK) & ~np.isnan(books.start_s))
    told = ledger.appointment_id[books.acknowledged & ledger.are(Write.BOOK)]
    strangers = np.flatnonzero(~np.isin(rows.id, told) & np.isin(seen.start_s, books.start_s[wishes]))
    free: dict[float, list[int]] = {}
    for row in strangers.tolist():
        free.setdefault(float(seen.start_s[row]), []).append(row)
    owners = _owners(books)
    read = np.isin(ledger.barber_id[wishes], np.array(seen.end.barbers, dtype=np.int64))
    for wish, barber_was_read in zip(wishes.tolist(), read.tolist(), strict=True):
        barber, owner = int(ledger.barber_id[wish]), owners.get(int(ledger.client.codes[wish]))
        candidates = free.get(float(books.start_s[wish]), [])
        fitting = [
            row
            for row in candidates
            if barber in {MISSING, int(rows.barber_id[row])} and owner in {None, int(rows.owner_id[row])}
        ]
        if fitting and (owner is not None or books.exclusive):
            candidates.remove(fitting[0])
            tally.add(happened=1)
        elif not fitting and (barber_was_read or (barber == MISSING and seen.end.everyone)):
            tally.add(not_happened=1)


def _owners(books: Books) -> dict[int, int]:
    """Return the account of each client, as acknowledged bookings told it."""
    ledger = books.ledger
    known = np.flatnonzero(books.acknowledged & ledger.are(Write.BOOK) & (ledger.owner_id != MISSING))
    return dict(zip(ledger.client.codes[known].tolist(), ledger.owner_id[known].tolist(), strict=True))


def _cancellations(books: Books, seen: Seen, tally: _Tally) -> None:
    index = _unknown(books, Write.CANCEL, books.ledger.appointment_id)
    row = seen.appointment(books.ledger.appointment_id[index])
    cancelled = np.append(seen.appointments.status.are(*CANCELLED), False)[row]
    tally.add(int(cancelled.sum()), int((~cancelled & (row >= 0)).sum()))


def _moves(books: Books, seen: Seen, tally: _Tally) -> None:
    """Settle an appointment's one move without an answer, where no other move may have gone the same way or come after."""
    ledger = books.ledger
    moves = ledger.are(Write.RESCHEDULE) & (ledger.appointment_id != MISSING)
    index = _unknown(books, Write.RESCHEDULE, ledger.appointment_id)
    ids, count = np.unique(ledger.appointment_id[moves & (books.acknowledged | books.unknown)], return_counts=True)
    alone = np.isin(ledger.appointment_id[index], ids[count == 1])
    row = seen.appointment(ledger.appointment_id[index])
    there = (row >= 0) & alone & ~np.isnan(books.start_s[index])
    moved = books.start_s[index] == np.append(seen.start_s, np.nan)[row]
    tally.add(int((there & moved).sum()), int((there & ~moved).sum()))


def _intents(books: Books, seen: Seen, tally: _Tally) -> None:
    """Settle payments begun: the target shows one of that appointment, or none although it shows others that are only begun."""
    ledger, rows = books.ledger, seen.payments
    index = _unknown(books, Write.INTENT, ledger.appointment_id)
    appointment = ledger.appointment_id[index]
    begun = np.isin(appointment, rows.appointment_id)
    barber = np.append(seen.appointments.barber_id, MISSING)[seen.appointment(appointment)]
    read = np.isin(barber, np.array(seen.end.payers, dtype=np.int64)) & bool(rows.status.are("pending").any())
    tally.add(int(begun.sum()), int((~begun & read).sum()))


def _confirmations(books: Books, seen: Seen, tally: _Tally) -> None:
    index = _unknown(books, Write.CONFIRM, books.ledger.payment_id)
    row = seen.payment(books.ledger.payment_id[index])
    captured = np.append(seen.payments.status.are(*CAPTURED), False)[row]
    tally.add(int(captured.sum()), int((~captured & (row >= 0)).sum()))


def _refunds(books: Books, seen: Seen, tally: _Tally) -> None:
    """Settle a payment's one refund without an answer by what was given back beside the acknowledged ones."""
    ledger = books.ledger
    refunds = ledger.are(Write.REFUND) & (ledger.payment_id != MISSING) & (ledger.amount_cents != MISSING)
    ids, count = np.unique(ledger.payment_id[refunds & (books.acknowledged | books.unknown)], return_counts=True)
    index = np.flatnonzero(refunds & books.unknown & np.isin(ledger.payment_id, ids[count == 1]))
    row = seen.payment(ledger.payment_id[index])
    back = np.append(seen.payments.refunded_cents, MISSING)[row]
    tally.add(int((back == ledger.amount_cents[index]).sum()), int((back == 0).sum()))


def _unknown(books: Books, write: Write, ids: Ints) -> Ints:
    """Return the writes of a kind without an answer, about a known appointment or payment."""
    return np.flatnonzero(books.unknown & books.ledger.are(write) & (ids != MISSING))
