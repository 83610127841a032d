"""The calendar view is the bookings: what a barber's schedule shows against the appointments in the chair."""

from datetime import date, timedelta

import numpy as np

from analysis.audit.books import GONE, Books, Seen
from analysis.audit.groups import first_of_each
from analysis.audit.moments import local_seconds_of, seconds_of
from analysis.audit.outcome import Invariant, appointment_rows, entries
from analysis.figures import counted
from analysis.verdict import InvariantResult
from records.columns import MISSING, Flags, Ints
from records.ledger import Write
from records.readback import RowKind

CALENDAR = Invariant("calendar_matches", "The calendar shows the bookings")
DAY_S = 86_400.0


def calendar_matches(books: Books) -> InvariantResult:
    """Return whether each barber's schedule holds the run's appointments, at their times, and none that is cancelled."""
    seen = books.seen
    if seen is None:
        return CALENDAR.not_measured(books.unread)
    if not seen.end.calendars or seen.end.first_day is None or seen.end.last_day is None:
        return CALENDAR.not_measured(books.unread or "no barber's schedule was read")
    expected = _expected(books, seen)
    if not len(seen.schedule):
        why = (
            "the schedules show no appointments at all"
            if expected.size
            else "no appointment of the run is in the days of the schedules"
        )
        return CALENDAR.not_measured(why)
    entry = first_of_each(seen.schedule.id)
    steady = seen.schedule.steady[entry] != 0
    row = seen.appointment(seen.schedule.id[entry])
    both = steady & (row >= 0)
    active = ~np.append(seen.appointments.status.are(*GONE), True)[row]
    moved = both & active & _at_another_time(books, seen, entry, row)
    ghosts = both & ~active & _steady(seen, row) & ~seen.schedule.status.are(*GONE)[entry]
    missing = expected[~np.isin(seen.appointments.id[expected], seen.schedule.id)]
    checked = int(np.unique(np.append(seen.appointments.id[expected], seen.schedule.id[entry[both]])).size)
    kinds = [
        (missing, "not in the schedule"),
        (row[ghosts], "in the schedule, though cancelled"),
        (row[moved & _steady(seen, row)], "at another time in the schedule"),
    ]
    if not any(rows.size for rows, _ in kinds):
        return CALENDAR.held(checked)
    return _broken(books, seen, kinds, checked)


def _at_another_time(books: Books, seen: Seen, entry: Ints, row: Ints) -> Flags:
    """Tell of each entry whether its time is another than the appointment's, read as UTC and as the shop's own clock."""
    if books.zone is None:
        return np.zeros(entry.size, dtype=np.bool_)
    there_s = np.append(seen.start_s, np.nan)[row]
    as_utc_s = seconds_of(seen.schedule.start_time)[entry]
    as_local_s = local_seconds_of(seen.schedule.start_time, books.zone)[entry]
    found: Flags = (np.abs(as_utc_s - there_s) > 0) & (np.abs(as_local_s - there_s) > 0)
    return found


def _steady(seen: Seen, row: Ints) -> Flags:
    return np.append(seen.appointments.steady != 0, False)[row]


def _expected(books: Books, seen: Seen) -> Ints:
    """Return the rows of the run that hold a chair on days that were read, a day from each end: the days are the shop's, the times UTC."""
    assert seen.end.first_day is not None
    assert seen.end.last_day is not None
    first, last = date.fromisoformat(seen.end.first_day), date.fromisoformat(seen.end.last_day)
    from_s = _day_s(first + timedelta(days=1))
    to_s = _day_s(last)
    rows = seen.appointments
    ours = np.isin(
        rows.id, books.ledger.appointment_id[books.ledger.are(Write.BOOK, Write.RESCHEDULE) & books.acknowledged]
    )
    wanted = ours & ~rows.status.are(*GONE) & (rows.steady != 0) & (rows.barber_id != MISSING)
    wanted &= np.isin(rows.barber_id, np.array(seen.end.calendars, dtype=np.int64))
    return np.flatnonzero(wanted & (seen.start_s >= from_s) & (seen.start_s < to_s))


def _day_s(day: date) -> float:
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY_S


def _broken(books: Books, seen: Seen, kinds: list[tuple[Ints, str]], checked: int) -> InvariantResult:
    told = [f"{counted(rows.size, 'appointment')} {words}" for rows, words in kinds if rows.size]
    row = next(int(rows[0]) for rows, _ in kinds if rows.size)
    number = int(seen.appointments.id[row])
    because = f"{'; '.join(told)}: the first is appointment {number} of barber {int(seen.appointments.barber_id[row])}"
    about = np.flatnonzero(
        (books.ledger.appointment_id == number) & books.ledger.are(Write.BOOK, Write.RESCHEDULE, Write.CANCEL)
    )
    shown = np.flatnonzero(seen.schedule.id == number)[:1]
    witness = entries(books, about[books.acknowledged[about]][-1:]) + appointment_rows(seen, [row])
    witness += [seen.schedule.record(RowKind.SCHEDULE, int(place)) for place in shown]
    return CALENDAR.broken(checked, sum(int(rows.size) for rows, _ in kinds), because, witness)
