"""A wish: the slot, service and person of one booking; and asking the shop for it, once."""

from dataclasses import dataclass, replace
from datetime import date

from loadgen.visit import Reply, Visit
from locustfiles.api.answers import Appointment, appointment_of, guest_appointment_of
from locustfiles.api.shop_api import Guest, ShopApi
from records.ledger import Write
from scenarios.provoke import Provocation


@dataclass(frozen=True, slots=True)
class Slot:
    """A time someone wants, of a barber or of whoever is free."""

    day: date
    time: str
    barber_id: int | None

    @property
    def start_time(self) -> str:
        """Return the beginning as it is written where the shop told nothing."""
        return f"{self.day.isoformat()}T{self.time}:00"

    def of(self, barber_id: int | None) -> "Slot":
        """Return the same time of one barber."""
        return replace(self, barber_id=barber_id)


@dataclass(frozen=True, slots=True)
class Wish:
    """What someone asks the shop for; a guest without an account says who they are."""

    slot: Slot
    service: str
    guest: Guest | None = None


def ask_for(
    visit: Visit, api: ShopApi, wish: Wish, provoked: Provocation | None = None, repeat: int = 0
) -> tuple[Reply, Appointment | None]:
    """Ask once, and return the answer and the appointment in it. The ledger has what the shop told, or else the wish."""
    slot = wish.slot
    if wish.guest is None:
        reply = api.book(slot.day, slot.time, wish.service, slot.barber_id)
        appointment = appointment_of(reply.body) if reply.ok else None
    else:
        reply = api.book_as_guest(slot.day, slot.time, wish.service, wish.guest)
        appointment = guest_appointment_of(reply.body) if reply.ok else None
    reference = reply.body.get("booking_reference") if appointment is not None else None
    visit.enter(
        Write.BOOK,
        reply,
        appointment_id=None if appointment is None else appointment.id,
        barber_id=slot.barber_id if appointment is None else appointment.barber_id,
        start_time=slot.start_time if appointment is None else appointment.start_time,
        duration_minutes=None if appointment is None else appointment.duration_minutes,
        reference=None if reference is None else str(reference),
        owner_id=None if appointment is None else appointment.owner_id,
        service=wish.service,
        provoked=provoked,
        repeat=repeat,
    )
    return reply, appointment
