"""What of the target the audit has to read: the barbers, days and appointments that the run's ledger touches."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from records.columns import MISSING
from records.ledger import Answer, Write
from records.ledger_columns import Ledger

MOST_DAYS = 90  # of a schedule in one request; the shop books 30 days ahead


@dataclass(frozen=True, slots=True)
class Scope:
    """`appointments`: acknowledged ones, by id, with the client who wrote. `everyone`: some barber is not known, all must be asked."""

    barbers: tuple[int, ...]
    everyone: bool
    appointments: dict[int, str]
    first_day: date | None
    last_day: date | None

    @property
    def is_empty(self) -> bool:
        """Tell whether the run wrote nothing that could be read back."""
        return not self.appointments and not self.barbers and not self.everyone


def scope_of(ledger: Ledger) -> Scope:
    """Return what a ledger touches; refused writes touch nothing."""
    alive = ~ledger.told(Answer.REFUSED)
    about = alive & ledger.are(Write.BOOK, Write.RESCHEDULE, Write.CANCEL, Write.INTENT, Write.CONFIRM)
    named = about & (ledger.barber_id != MISSING)
    placed = np.unique(ledger.appointment_id[named])
    nameless = about & ~np.isin(ledger.appointment_id, placed[placed != MISSING]) & (ledger.barber_id == MISSING)
    told = np.flatnonzero(ledger.told(Answer.ACKNOWLEDGED) & about & (ledger.appointment_id != MISSING))
    ids, first = np.unique(ledger.appointment_id[told], return_index=True)
    clients = {int(number): ledger.client.at(int(told[place])) or "" for number, place in zip(ids, first, strict=True)}
    first_day, last_day = _days(ledger, about)
    return Scope(
        barbers=tuple(int(number) for number in np.unique(ledger.barber_id[named])),
        everyone=bool(nameless.any()),
        appointments=clients,
        first_day=first_day,
        last_day=last_day,
    )


def _days(ledger: Ledger, about: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[date | None, date | None]:
    """Return the days of the appointments, one more at each end: the shop's days are not UTC's."""
    codes = np.unique(ledger.start_time.codes[about])
    days = []
    for code in codes[codes != MISSING].tolist():
        try:
            days.append(date.fromisoformat(ledger.start_time.words[code][:10]))
        except ValueError:
            continue
    if not days:
        return None, None
    first, last = min(days) - timedelta(days=1), max(days) + timedelta(days=1)
    return first, min(last, first + timedelta(days=MOST_DAYS - 1))
