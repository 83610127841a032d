"""Appointments of the run that somebody else changed: where a target is not the run's alone, a barber may cancel one."""

import numpy as np

from analysis.audit.books import CANCELLED, Books
from records.columns import Flags, Ints
from records.ledger import Write


def changed_by_others(books: Books, ids: Ints) -> Flags:
    """Tell of each appointment whether the target shows a state that no write of the run explains; always False where none else wrote."""
    if books.exclusive or books.seen is None or ids.size == 0:
        return np.zeros(ids.size, dtype=np.bool_)
    seen, ledger = books.seen, books.ledger
    row = seen.appointment(ids)
    shown = row >= 0
    alive = books.acknowledged | books.unknown
    cancelled_by_us = np.isin(ids, ledger.appointment_id[ledger.are(Write.CANCEL) & alive])
    is_cancelled = np.append(seen.appointments.status.are(*CANCELLED), False)[row]  # -1, not seen, is the last
    elsewhere = shown & ~is_cancelled & ~_is_where_we_put_it(books, ids, row)
    found: Flags = (is_cancelled & ~cancelled_by_us) | elsewhere
    return found


def _is_where_we_put_it(books: Books, ids: Ints, row: Ints) -> Flags:
    """Tell of each appointment whether it is at a time that some write of the run gave it; True where such a time is not known."""
    assert books.seen is not None
    ledger = books.ledger
    placed = np.flatnonzero((books.acknowledged | books.unknown) & ledger.are(Write.BOOK, Write.RESCHEDULE))
    known, rank = np.unique(ledger.appointment_id[placed], return_inverse=True)
    where = np.append(books.seen.start_s, np.nan)[books.seen.appointment(known)[rank]]
    fits = np.isnan(books.start_s[placed]) | np.isnan(where) | (books.start_s[placed] == where)
    fits_any = np.bincount(rank, weights=fits, minlength=known.size) > 0
    place = np.minimum(np.searchsorted(known, ids), max(0, known.size - 1))
    return fits_any[place] if known.size else np.ones(ids.size, dtype=np.bool_)
