"""Changing one's mind: another time, or none at all."""

from functools import partial

from loadgen.visit import Reply, Visit
from locustfiles.api.answers import Appointment, appointment_of
from locustfiles.api.shop_api import ShopApi
from locustfiles.journeys.pressing import ONCE, press
from locustfiles.journeys.rival import rival_of
from locustfiles.journeys.search import Search
from locustfiles.journeys.second_try import with_second_try
from locustfiles.journeys.wish import Slot, Wish
from records.journey import Milestone
from records.ledger import Write
from records.window import Outcome
from scenarios.mix import Step
from scenarios.provoke import Provocation

RIVALS_SERVICE = "Haircut"  # half an hour: it needs the wanted slot and no more


def reschedule(visit: Visit, api: ShopApi, appointment: Appointment) -> Appointment:
    """Return the appointment at its new time, or as it was where that did not work. A lost slot is not tried again."""
    visit.think(Step.LOOK)
    slot = Search(visit, api, appointment.barber_id).choose()
    if slot is None:
        return appointment
    pressed = press(visit, ONCE, lambda _, repeat: _move(visit, api, appointment, slot, repeat=repeat))
    return _moved(visit, pressed.reply, appointment)


def reschedule_in_a_race(visit: Visit, api: ShopApi, appointment: Appointment) -> Appointment:
    """As `reschedule`, to a slot that another customer books at the same moment: one of them may have it."""
    visit.think(Step.LOOK)
    rival = rival_of(visit)
    slot = Search(visit, api, appointment.barber_id).choose()
    if slot is None or rival is None:
        return appointment
    wish = Wish(slot.of(appointment.barber_id), RIVALS_SERVICE)
    reply, _ = visit.together(
        [
            partial(_move, visit, api, appointment, slot, Provocation.RESCHEDULE_RACE),
            partial(rival.ask_for, wish, Provocation.RESCHEDULE_RACE),
        ]
    )
    return _moved(visit, reply, appointment)


def _move(
    visit: Visit,
    api: ShopApi,
    appointment: Appointment,
    slot: Slot,
    provoked: Provocation | None = None,
    repeat: int = 0,
) -> Reply:
    """Ask once for an appointment to be moved."""
    reply = api.reschedule(appointment.id, slot.day, slot.time)
    moved = appointment_of(reply.body) if reply.ok else None
    visit.enter(
        Write.RESCHEDULE,
        reply,
        appointment_id=appointment.id,
        barber_id=appointment.barber_id if moved is None else moved.barber_id,
        start_time=slot.start_time if moved is None else moved.start_time,
        duration_minutes=appointment.duration_minutes if moved is None else moved.duration_minutes,
        provoked=provoked,
        repeat=repeat,
    )
    return reply


def _moved(visit: Visit, reply: Reply, appointment: Appointment) -> Appointment:
    """Return the appointment as it is after an answer, and count what became of the move."""
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
