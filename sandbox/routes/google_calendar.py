"""Google Calendar: the newer of the two sets of calendar routes."""

import datetime
from typing import Any

import orjson

from sandbox.cells import moment_of, start_of
from sandbox.forms import CalendarSettings, LogQuery, Span
from sandbox.operation import Call, Operation
from sandbox.routes.calendar import CALENDAR_ID, connected, end_of, in_span, write_span

SYNC_DAYS = 30


def connect(call: Call) -> dict[str, str]:
    """Return where to give leave; the sandbox has no such page."""
    return {"authorization_url": "https://accounts.google.example/o/oauth2/auth?state=sandbox", "state": "sandbox"}


def status(call: Call) -> dict[str, Any]:
    """Tell whether a calendar is connected."""
    user = call.user
    last = call.shop.store.calendars.syncs_of(user.id, 1)
    works = user.google_connected
    return {
        "connected": works,
        "status": "connected" if works else "not_connected",
        "message": "Google Calendar connected" if works else "Google Calendar not connected",
        "google_email": user.email if works else None,
        "last_sync_date": last[0][3] if last else None,
        "calendar_id": CALENDAR_ID if works else None,
    }


def settings(call: Call) -> dict[str, Any]:
    """Return what the barber wants of the calendar."""
    kept = call.shop.store.calendars.settings_of(connected(call).id)
    return CalendarSettings().model_dump() if kept is None else dict(orjson.loads(kept))


def change_settings(call: Call) -> dict[str, Any]:
    """Change what the barber wants of the calendar."""
    wanted = call.form(CalendarSettings).model_dump()
    call.shop.store.calendars.keep_settings(connected(call).id, orjson.dumps(wanted))
    return {"message": "Settings updated", "settings": wanted}


def events(call: Call) -> list[dict[str, Any]]:
    """Return what is in the calendar."""
    user, asked = connected(call), call.asked(Span)
    return [
        {
            "id": each.google_event_id or f"evt{each.id}",
            "summary": each.service_name,
            "description": each.notes,
            "start": start_of(each.first_cell),
            "end": end_of(each),
            "attendees": [] if each.guest_email is None else [each.guest_email],
        }
        for each in in_span(call, user, asked)
    ]


def sync(call: Call) -> dict[str, Any]:
    """Exchange changes both ways: the appointments of the next 30 days."""
    user = connected(call)
    now = datetime.datetime.fromtimestamp(call.moment, datetime.UTC)
    span = Span(start_date=now, end_date=now + datetime.timedelta(days=SYNC_DAYS))
    synced = write_span(call, user, span)
    message = f"Synced {synced} appointments at {moment_of(call.moment)}"
    return {"success": True, "message": message, "synced_count": synced, "failed_count": 0, "errors": []}


def sync_logs(call: Call) -> dict[str, Any]:
    """Return the last syncs."""
    asked = call.asked(LogQuery)
    rows = call.shop.store.calendars.syncs_of(connected(call).id, asked.limit, asked.offset)
    names = ("id", "direction", "synced_count", "created_at")
    return {"logs": [dict(zip(names, row, strict=True)) for row in rows], "limit": asked.limit, "offset": asked.offset}


PREFIX = "/api/v2/api/google-calendar"
OPERATIONS = (
    Operation("GET", f"{PREFIX}/connect", connect),
    Operation("GET", f"{PREFIX}/status", status),
    Operation("GET", f"{PREFIX}/settings", settings),
    Operation("PUT", f"{PREFIX}/settings", change_settings, body=CalendarSettings),
    Operation("GET", f"{PREFIX}/events", events, query=Span),
    Operation("POST", f"{PREFIX}/sync", sync),
    Operation("GET", f"{PREFIX}/sync-logs", sync_logs, query=LogQuery),
)
