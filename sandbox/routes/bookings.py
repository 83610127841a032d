"""Bookings: appointments made by clients and by guests."""

import datetime
from typing import Any

from sandbox.cells import moment_of
from sandbox.deliveries import EMAIL, SMS
from sandbox.forms import Booking, GuestBooking
from sandbox.openings import free_barber, taken_by, wished_cell
from sandbox.operation import Access, Call, Operation
from sandbox.plants import Plant
from sandbox.refusal import Refusal, bad_request, not_found
from sandbox.routes.appointments import shown
from sandbox.store.appointments import Appointment, Guest, SlotTakenError

REFERENCE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def book(call: Call) -> dict[str, Any]:
    """Book for the client who is signed in."""
    form = call.form(Booking)
    wish = _Wish(form.date, form.time, form.service, form.notes)
    return shown(_booked(call, wish, barber_id=form.barber_id, user_id=call.user.id))


def book_as_guest(call: Call) -> dict[str, Any]:
    """Book for someone without an account."""
    form, limiter = call.form(GuestBooking), call.shop.limiter
    if limiter is not None:
        limiter.admit_guest(call.address, form.captcha_token)
    info = form.guest_info
    letters = "".join(call.shop.references.choices(REFERENCE_LETTERS, k=8))
    guest = Guest(f"{info.first_name} {info.last_name}", info.email, info.phone, f"BB-{letters}")
    try:
        made = _booked(call, _Wish(form.date, form.time, form.service, form.notes), guest=guest)
    except Refusal:
        if limiter is not None:
            limiter.note_guest_failure(call.address)
        raise
    return {
        "id": made.id,
        "date": form.date,
        "time": form.time,
        "service": made.service_name,
        "guest_name": made.guest_name,
        "guest_email": made.guest_email,
        "guest_phone": made.guest_phone,
        "notes": made.notes,
        "status": made.status,
        "created_at": made.created_at,
        "booking_reference": made.reference,
    }


class _Wish:
    """What someone would like."""

    __slots__ = ("day", "notes", "service", "time")

    def __init__(self, day: datetime.date, time: str, service: str, notes: str | None) -> None:
        self.day, self.time, self.service, self.notes = day, time, service, notes


def _booked(
    call: Call, wish: _Wish, *, barber_id: int | None = None, user_id: int | None = None, guest: Guest | None = None
) -> Appointment:
    """Return the appointment made; raise a 400 where the slot is lost."""
    shop = call.shop
    service = shop.store.services.by_name(wish.service)
    if service is None:
        names = ", ".join(each.name for each in shop.store.services.all)
        raise bad_request(f"Invalid service '{wish.service}'. Must be one of: {names}")
    if barber_id is not None and barber_id not in shop.barber_ids:
        raise not_found("Barber")
    cell = wished_cell(wish.day, wish.time, call.moment)
    whose = barber_id
    if whose is None:
        whose = call.seen("barber", lambda: free_barber(shop, cell, service.duration_minutes))
    if whose is None:
        raise taken_by(False, wish.day, wish.time)
    try:
        number = shop.store.appointments.book(
            barber_id=whose,
            service=service,
            first_cell=cell,
            created_at=moment_of(call.moment),
            user_id=user_id,
            guest=guest,
            notes=wish.notes,
            unguarded=call.unguarded or shop.has(Plant.DOUBLE_BOOKING),
        )
    except SlotTakenError as error:
        raise taken_by(True, wish.day, wish.time) from error
    call.messages = (EMAIL, SMS)
    call.made = number
    made = shop.store.appointments.by_id(number)
    assert made is not None
    return made


OPERATIONS = (
    Operation("POST", "/api/v2/appointments/", book, body=Booking, writes=True, race=Plant.DOUBLE_BOOKING_RACE),
    Operation(
        "POST",
        "/api/v2/appointments/guest",
        book_as_guest,
        Access.ANYONE,
        body=GuestBooking,
        writes=True,
        race=Plant.DOUBLE_BOOKING_RACE,
    ),
)
