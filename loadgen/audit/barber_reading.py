"""One barber's books as the shop shows them: appointments, schedule, payments; read twice where they contradict each other.

The pages of a list, and the lists themselves, are read one after the other, and somebody may write meanwhile. So what looks wrong is
read once more, and only what stays the same is `steady`: nothing else is ever held against the target.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from loadgen.audit.scope import Scope
from loadgen.audit.shop_reader import ShopReader, UnreadableError
from loadgen.audit.shown import appointment_row, payment_row, schedule_rows
from records.readback import Row

FREE = frozenset({"cancelled", "canceled", "no_show", "deleted"})
READINGS = 3  # of a list that changes while its pages are read


@dataclass(slots=True)
class BarberReading:
    """What one barber's account showed. Each of the three parts may be missing; `problems` says why."""

    barber_id: int
    rows: list[Row] = field(default_factory=list)
    appointments_read: bool = False
    payments_read: bool = False
    schedule_read: bool = False
    problems: list[str] = field(default_factory=list)


def read_barber(reader: ShopReader, barber_id: int, scope: Scope, now_s: Callable[[], float]) -> BarberReading:
    """Return a barber's books; a part that cannot be read is a problem, not an exception. BudgetSpentError goes through."""
    reading = BarberReading(barber_id)
    try:
        reader.sign_in()
    except UnreadableError as error:
        reading.problems.append(str(error))
        return reading
    _appointments_and_schedule(reader, reading, scope, now_s)
    try:
        reading.rows += _payments(reader, barber_id, now_s)
        reading.payments_read = True
    except UnreadableError as error:
        reading.problems.append(str(error))
    return reading


def _appointments_and_schedule(
    reader: ShopReader, reading: BarberReading, scope: Scope, now_s: Callable[[], float]
) -> None:
    try:
        appointments = _appointments(reader, reading.barber_id, now_s)
    except UnreadableError as error:
        reading.problems.append(str(error))
        return
    reading.appointments_read = True
    schedule = _schedule(reader, reading, scope, now_s)
    if _contradicts(appointments, schedule, scope):
        try:
            again = _appointments(reader, reading.barber_id, now_s)
        except UnreadableError as error:
            reading.problems.append(str(error))
            again = {}
        schedule_again = _schedule(reader, reading, scope, now_s)
        appointments = _steady(appointments, again)
        schedule = _steady(schedule, schedule_again)
    reading.rows += [*appointments.values(), *schedule.values()]


def _appointments(reader: ShopReader, barber_id: int, now_s: Callable[[], float]) -> dict[int, Row]:
    """Return all appointments by id, read again while their number changes; raise UnreadableError where it does not settle."""
    for _ in range(READINGS):
        found: dict[int, Row] = {}
        totals: set[int] = set()
        for items, total in reader.pages("/appointments/", "appointments"):
            at_s = round(now_s(), 3)
            rows = [appointment_row(item, at_s) for item in items]
            found |= {row.id: row for row in rows if row is not None}
            totals |= set() if total is None else {total}
        if totals <= {len(found)}:
            return {number: row for number, row in found.items() if row.barber_id in {None, barber_id}}
    raise UnreadableError(f"GET /appointments/: {len(found):,} appointments where {max(totals):,} are told")


def _schedule(reader: ShopReader, reading: BarberReading, scope: Scope, now_s: Callable[[], float]) -> dict[int, Row]:
    if scope.first_day is None or scope.last_day is None:
        return {}
    path = f"/barber-availability/schedule/{reading.barber_id}"
    days = {"start_date": scope.first_day.isoformat(), "end_date": scope.last_day.isoformat()}
    try:
        rows = schedule_rows(reader.get(path, days), reading.barber_id, round(now_s(), 3))
    except UnreadableError as error:
        reading.problems.append(str(error).replace(str(reading.barber_id), "{id}"))
        return {}
    if rows is None:
        reading.problems.append("GET /barber-availability/schedule/{id}: no days in the answer")
        return {}
    reading.schedule_read = True
    return {row.id: row for row in rows}


def _payments(reader: ShopReader, barber_id: int, now_s: Callable[[], float]) -> list[Row]:
    found: dict[int, Row] = {}
    for items, _ in reader.pages("/payments/history", "payments", page_size="page_size"):
        at_s = round(now_s(), 3)
        rows = [payment_row(item, barber_id, at_s) for item in items]
        found |= {row.id: row for row in rows if row is not None}
    return list(found.values())


def _contradicts(appointments: dict[int, Row], schedule: dict[int, Row], scope: Scope) -> bool:
    """Tell whether anything could be held against the target: two in one chair, or a schedule with other appointments in it."""
    active = sorted(
        (row for row in appointments.values() if row.start_time and row.status not in FREE),
        key=lambda row: (row.start_time or "", row.id),
    )
    for row, following in pairwise(active):
        if _finish(row) > (following.start_time or ""):
            return True
    if not schedule:
        return False
    starts = {row.id: row.start_time for row in active}
    first, last = str(scope.first_day), str(scope.last_day)
    inside = {number for number, start in starts.items() if first < (start or "")[:10] < last}
    return not inside <= schedule.keys() or any(starts.get(row.id) != row.start_time for row in schedule.values())


def _finish(row: Row) -> str:
    """Return when an appointment ends, in the form of its start."""
    assert row.start_time is not None
    try:
        begin = datetime.fromisoformat(row.start_time)
    except ValueError:
        return row.start_time
    return (begin + timedelta(minutes=row.duration_minutes or 1)).isoformat()


def _steady(before: dict[int, Row], after: dict[int, Row]) -> dict[int, Row]:
    """Return the later reading, with what differs from the earlier one marked, and what is no longer there."""
    found = {
        number: row if _same(row, before.get(number)) else row._replace(steady=False) for number, row in after.items()
    }
    gone = {number: row._replace(steady=False) for number, row in before.items() if number not in after}
    return found | gone


def _same(row: Row, other: Row | None) -> bool:
    return other is not None and row == other._replace(read_s=row.read_s)
