"""Appointments: looked at, moved, cancelled; and a barber's own days."""

import datetime
from typing import Any

from sandbox.cells import day_of, first_cell_of, start_of
from sandbox.deliveries import EMAIL, SMS
from sandbox.forms import AppointmentsQuery, Days, Reschedule
from sandbox.openings import taken_by, wished_cell
from sandbox.operation import Call, Operation
from sandbox.plants import Plant
from sandbox.refusal import bad_request, not_allowed, not_found
from sandbox.store.appointments import CANCELLED, Appointment, SlotTakenError
from sandbox.store.users import BARBER, CLIENT, User

LONGEST_SCHEDULE_DAYS = 92


def appointments(call: Call) -> dict[str, Any]:
    """Return one's own appointments, the newest first: a barber's are those in the chair, the admin's are all."""
    asked, user = call.asked(AppointmentsQuery), call.user
    found, total = call.shop.store.appointments.page(
        user_id=user.id if user.role == CLIENT else None,
        barber_id=user.id if user.role == BARBER else None,
        status=asked.status,
        skip=asked.skip,
        limit=asked.limit,
    )
    return {"appointments": [shown(appointment) for appointment in found], "total": total}


def appointment(call: Call) -> dict[str, Any]:
    """Return one appointment."""
    return shown(appointment_for(call, call.number))


def cancel(call: Call) -> dict[str, Any]:
    """Cancel; the chair is free again at once."""
    found = appointment_for(call, call.number, for_update=True)
    if found.status == CANCELLED:
        raise bad_request("Appointment is already cancelled")
    call.shop.store.appointments.cancel(found.id)
    call.messages = (EMAIL, SMS)
    return shown(appointment_for(call, found.id))


def reschedule(call: Call) -> dict[str, Any]:
    """Move to another time with the same barber."""
    form, found = call.form(Reschedule), appointment_for(call, call.number, for_update=True)
    if found.status == CANCELLED:
        raise bad_request("Cannot reschedule a cancelled appointment")
    cell = wished_cell(form.date, form.time, call.moment)
    try:
        unguarded = call.unguarded or call.shop.has(Plant.DOUBLE_BOOKING)
        call.shop.store.appointments.reschedule(found, cell, unguarded=unguarded)
    except SlotTakenError as error:
        raise taken_by(True, form.date, form.time) from error
    call.messages = (EMAIL, SMS)
    return shown(appointment_for(call, found.id))


def schedule(call: Call) -> dict[str, Any]:
    """Return a barber's days: the hours, and what is in them."""
    asked, barber_id = call.asked(Days), call.number
    if barber_id not in call.shop.barber_ids:
        raise not_found("Barber")
    if not call.user.is_staff:
        raise not_allowed("Only barbers and admins may see a schedule")
    days = (asked.end_date - asked.start_date).days + 1
    if not 1 <= days <= LONGEST_SCHEDULE_DAYS:
        raise bad_request(f"start_date to end_date must be 1 to {LONGEST_SCHEDULE_DAYS} days")
    first = first_cell_of(asked.start_date)
    found = call.shop.store.appointments.of_barber(barber_id, first, first_cell_of(asked.end_date) + 48)
    by_day: dict[datetime.date, list[dict[str, Any]]] = {}
    for each in found:
        by_day.setdefault(day_of(each.first_cell), []).append(shown(each))
    every_day = [asked.start_date + datetime.timedelta(days=number) for number in range(days)]
    return {
        "barber_id": barber_id,
        "start_date": asked.start_date,
        "end_date": asked.end_date,
        "schedule": {
            day.isoformat(): {"start": "09:00", "end": "18:00", "appointments": by_day.get(day, [])}
            for day in every_day
        },
    }


def appointment_for(call: Call, number: int, *, for_update: bool = False) -> Appointment:
    """Return an appointment that the user may see; raise a 404 where there is none."""
    found = call.shop.store.appointments.by_id(number, for_update=for_update)
    if found is None or not _may_see(call.user, found):
        raise not_found("Appointment")
    return found


def shown(appointment: Appointment) -> dict[str, Any]:
    """Return an appointment as the API shows it."""
    return {
        "id": appointment.id,
        "user_id": appointment.user_id,
        "barber_id": appointment.barber_id,
        "client_id": appointment.user_id,
        "service_id": appointment.service_id,
        "service_name": appointment.service_name,
        "start_time": start_of(appointment.first_cell),
        "duration_minutes": appointment.duration_minutes,
        "price": appointment.price_cents / 100,
        "status": appointment.status,
        "notes": appointment.notes,
        "recurring_pattern_id": None,
        "google_event_id": appointment.google_event_id,
        "created_at": appointment.created_at,
    }


def _may_see(user: User, appointment: Appointment) -> bool:
    return user.is_staff or appointment.user_id == user.id


OPERATIONS = (
    Operation("GET", "/api/v2/appointments/", appointments, query=AppointmentsQuery),
    Operation("GET", "/api/v2/appointments/{id:int}", appointment),
    Operation("PUT", "/api/v2/appointments/{id:int}/cancel", cancel, writes=True),
    Operation(
        "POST",
        "/api/v2/appointments/{id:int}/reschedule",
        reschedule,
        body=Reschedule,
        writes=True,
        race=Plant.DOUBLE_BOOKING_RACE,
    ),
    Operation("GET", "/api/v2/barber-availability/schedule/{id:int}", schedule, query=Days),
)
