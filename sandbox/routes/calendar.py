"""Calendar: the older of the two sets of calendar routes; the prefix is doubled as in the real system."""

import datetime
from typing import Any

from sandbox.cells import cell_from, moment_of, start_of
from sandbox.forms import Span, TimeSpan
from sandbox.operation import Access, Call, Operation
from sandbox.refusal import bad_request
from sandbox.routes.appointments import appointment_for
from sandbox.store.appointments import Appointment
from sandbox.store.users import User

NOT_CONNECTED = "Google Calendar not connected"
CALENDAR_ID = "primary"


def connected(call: Call) -> User:
    """Return the user, whose Google Calendar is connected; raise a 400 where it is not."""
    if not call.user.google_connected:
        raise bad_request(NOT_CONNECTED)
    return call.user


def status(call: Call) -> dict[str, Any]:
    """Tell whether a calendar is connected."""
    if not call.user.google_connected:
        return {"connected": False, "valid": False, "calendar_count": None, "selected_calendar_id": None}
    return {"connected": True, "valid": True, "calendar_count": 1, "selected_calendar_id": CALENDAR_ID}


def calendars(call: Call) -> dict[str, Any]:
    """Return the calendars."""
    return {"calendars": [_calendar(connected(call))]}


def sync_status(call: Call) -> dict[str, Any]:
    """Tell how much is in Google."""
    user = connected(call)
    found, total = call.shop.store.appointments.page(user_id=None, barber_id=user.id, status=None, skip=0, limit=100)
    synced = sum(each.google_event_id is not None for each in found)
    last = call.shop.store.calendars.syncs_of(user.id, 1)
    return {
        "connected": True,
        "total_appointments": total,
        "synced_appointments": synced,
        "last_sync": last[0][3] if last else None,
    }


def sync_appointments(call: Call) -> dict[str, Any]:
    """Write some days' appointments to Google."""
    user = connected(call)
    synced = write_span(call, user, call.form(Span))
    return {"message": f"Synced {synced} appointments", "results": {"success": synced, "failed": 0, "errors": []}}


def sync_appointment(call: Call) -> dict[str, Any]:
    """Write one appointment to Google."""
    user, found = connected(call), appointment_for(call, call.number)
    call.shop.store.appointments.write_to_google(user.id, found.first_cell, found.first_cell + 1)
    return {"message": "Appointment synced", "google_event_id": f"evt{found.id}"}


def free_busy(call: Call) -> dict[str, Any]:
    """Return when the barber is busy."""
    user, asked = connected(call), call.asked(Span)
    return {
        "start_time": asked.start_date.isoformat(),
        "end_time": asked.end_date.isoformat(),
        "calendar_id": CALENDAR_ID,
        "busy_periods": [
            {"start": start_of(each.first_cell), "end": end_of(each)} for each in in_span(call, user, asked)
        ],
    }


def availability(call: Call) -> dict[str, Any]:
    """Tell whether the barber is free all the time."""
    user, asked = connected(call), call.asked(TimeSpan)
    span = Span(start_date=asked.start_time, end_date=asked.end_time)
    return {
        "available": not in_span(call, user, span),
        "start_time": asked.start_time.isoformat(),
        "end_time": asked.end_time.isoformat(),
    }


def check_conflicts(call: Call) -> dict[str, Any]:
    """Tell whether something else is in the calendar at the time of an appointment."""
    user, found = connected(call), appointment_for(call, call.number)
    nearby = call.shop.store.appointments.of_barber(user.id, found.first_cell, found.first_cell + 1)
    conflicts = [each.id for each in nearby if each.id != found.id]
    return {"appointment_id": found.id, "has_conflicts": bool(conflicts), "conflicts": conflicts}


def validate(call: Call) -> dict[str, Any]:
    """Try the connection."""
    works = call.user.google_connected
    return {
        "connected": works,
        "valid_credentials": works,
        "can_list_calendars": works,
        "can_create_events": works,
        "selected_calendar": _calendar(call.user) if works else None,
        "errors": [] if works else [NOT_CONNECTED],
    }


def write_span(call: Call, user: User, span: Span) -> int:
    """Write a barber's appointments of a span to Google; return how many were not there yet."""
    store = call.shop.store
    with store.database.transaction():
        synced = store.appointments.write_to_google(user.id, *_cells(span))
        store.calendars.note_sync(user.id, "to_google", synced, moment_of(call.moment))
    return synced


def in_span(call: Call, user: User, span: Span) -> list[Appointment]:
    """Return a barber's appointments that begin in a span."""
    return call.shop.store.appointments.of_barber(user.id, *_cells(span))


def end_of(appointment: Appointment) -> str:
    """Return when an appointment ends, as ISO 8601."""
    begin = datetime.datetime.fromisoformat(start_of(appointment.first_cell))
    return (begin + datetime.timedelta(minutes=appointment.duration_minutes)).isoformat()


def _cells(span: Span) -> tuple[int, int]:
    return cell_from(span.start_date), cell_from(span.end_date)


def _calendar(user: User) -> dict[str, Any]:
    return {"id": CALENDAR_ID, "summary": user.email, "primary": True, "accessRole": "owner", "timeZone": "UTC"}


PREFIX = "/api/v2/api/calendar"
OPERATIONS = (
    Operation("GET", f"{PREFIX}/status", status),
    Operation("GET", f"{PREFIX}/list", calendars),
    Operation("GET", f"{PREFIX}/sync-status", sync_status),
    Operation("POST", f"{PREFIX}/sync-appointments", sync_appointments, body=Span),
    Operation("POST", f"{PREFIX}/bulk-sync", sync_appointments, body=Span),
    Operation("POST", f"{PREFIX}/sync-appointment/{{id:int}}", sync_appointment, Access.STAFF),
    Operation("GET", f"{PREFIX}/free-busy", free_busy, query=Span),
    Operation("GET", f"{PREFIX}/availability", availability, query=TimeSpan),
    Operation("POST", f"{PREFIX}/check-conflicts/{{id:int}}", check_conflicts, Access.STAFF),
    Operation("POST", f"{PREFIX}/validate", validate),
)
