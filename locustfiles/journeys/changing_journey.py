"""Changing one's mind: another time, or none at all."""

from loadgen.visit import Reply, Visit
from locustfiles.api.answers import Appointment, appointment_of
from locustfiles.api.shop_api import ShopApi
from locustfiles.journeys.booking_journey import Search
from locustfiles.journeys.second_try import with_second_try
from records.journey import Milestone
from records.ledger import Write
from records.window import Outcome
from scenarios.mix import Step


def reschedule(visit: Visit, api: ShopApi, appointment: Appointment) -> Appointment:
    """Return the appointment at its new time, or as it was where that did not work. A lost slot is not tried again."""
    visit.think(Step.LOOK)
    slot = Search(visit, api, appointment.barber_id).choose()
    if slot is None:
        return appointment

    def once() -> Reply:
        reply = api.reschedule(appointment.id, slot.day, slot.time)
        moved = appointment_of(reply.body) if reply.ok else None
        visit.enter(
            Write.RESCHEDULE,
            reply,
            appointment_id=appointment.id,
            barber_id=appointment.barber_id if moved is None else moved.barber_id,
            start_time=f"{slot.day.isoformat()}T{slot.time}:00" if moved is None else moved.start_time,
            duration_minutes=appointment.duration_minutes if moved is None else moved.duration_minutes,
        )
        return reply

    reply = with_second_try(visit, once)
    if reply.ok:
        visit.reach(Milestone.RESCHEDULED)
    elif reply.outcome is Outcome.REFUSED:
        visit.reach(Milestone.SLOT_LOST)
    return (appointment_of(reply.body) if reply.ok else None) or appointment


def cancel(visit: Visit, api: ShopApi, appointment: Appointment) -> None:
    """Cancel an appointment."""
    visit.think(Step.LOOK)

    def once() -> Reply:
        reply = api.cancel(appointment.id)
        visit.enter(
            Write.CANCEL,
            reply,
            appointment_id=appointment.id,
            barber_id=appointment.barber_id,
            start_time=appointment.start_time,
        )
        return reply

    if with_second_try(visit, once).ok:
        visit.reach(Milestone.CANCELLED)
