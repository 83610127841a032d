"""Slots: the times of a day, and the next one free."""

import datetime
from typing import Any

from sandbox.cells import MINUTES_PER_CELL, TIMES_OF_DAY, clock_time_of
from sandbox.forms import SlotsQuery
from sandbox.openings import check_day, days_from, free_cells, next_opening
from sandbox.operation import Access, Call, Operation
from sandbox.refusal import bad_request, not_found

BUSINESS_HOURS = {"start": "09:00", "end": "18:00"}


def slots(call: Call) -> dict[str, Any]:
    """Return the times of a day, of one barber or of any."""
    asked, shop = call.asked(SlotsQuery), call.shop
    day, barber_id = asked.appointment_date, asked.barber_id
    try:
        check_day(day, call.moment)
    except OverflowError as error:
        raise bad_request("Cannot book that day") from error
    if barber_id is not None and barber_id not in shop.barber_ids:
        raise not_found("Barber")
    free = free_cells(shop, day, barber_id)
    first = free.index(True) if True in free else None
    if first is None:
        following = next_opening(shop, days_from(day + datetime.timedelta(days=1), call.moment), barber_id)
        found = None if following is None else _opening(*following)
    else:
        found = _at(day, TIMES_OF_DAY[first])
    return {
        "date": day,
        "slots": [
            {"time": time, "available": free[place], "is_next_available": place == first}
            for place, time in enumerate(TIMES_OF_DAY)
        ],
        "next_available": found,
        "business_hours": BUSINESS_HOURS,
        "slot_duration_minutes": MINUTES_PER_CELL,
    }


def next_available(call: Call) -> dict[str, str]:
    """Return the next free time of anyone."""
    today = datetime.datetime.fromtimestamp(call.moment, datetime.UTC).date()
    found = next_opening(call.shop, days_from(today, call.moment), None)
    if found is None:
        raise not_found("An available slot")
    return _opening(*found)


def _opening(day: datetime.date, cell_of_day: int) -> dict[str, str]:
    return _at(day, clock_time_of(cell_of_day))


def _at(day: datetime.date, time: str) -> dict[str, str]:
    return {"date": day.isoformat(), "time": time, "datetime": f"{day.isoformat()}T{time}:00"}


OPERATIONS = (
    Operation("GET", "/api/v2/appointments/slots", slots, Access.ANYONE, query=SlotsQuery),
    Operation("GET", "/api/v2/appointments/slots/next-available", next_available, Access.ANYONE),
)
