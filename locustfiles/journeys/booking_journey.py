"""Booking: look at a day, choose a slot, book it; whoever loses a slot looks again and chooses another."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from loadgen.visit import Reply, Visit
from locustfiles.api.answers import Appointment
from locustfiles.api.shop_api import Guest, ShopApi
from locustfiles.journeys.pressing import ONCE, Manner, manner_of, press
from locustfiles.journeys.rival import ask_for_it_again
from locustfiles.journeys.search import Search
from locustfiles.journeys.wish import Slot, Wish, ask_for
from records.journey import Milestone
from records.window import Outcome
from scenarios.provoke import Provocation

CLIENT_TRIES = 3  # bookings a client tries before leaving
GUEST_TRIES = 2  # after two lost slots the shop wants a CAPTCHA of a guest's address


class Seeking(Protocol):
    """How someone comes to a slot: by a search over days, or at a hot chair."""

    def browse(self) -> None:
        """Look around before there is a choice."""

    def choose(self) -> Slot | None:
        """Return the slot chosen, None where there is none to be had."""

    def fill_form(self) -> None:
        """Let the time pass that lies between choosing and booking."""

    def lose(self, slot: Slot) -> None:
        """Strike out a slot that another customer has."""


@dataclass(frozen=True, slots=True)
class Order:
    """What someone wants booked. Where it `counts`, the funnel counts them, and the slots may put them off."""

    service: str
    tries: int = CLIENT_TRIES
    counts: bool = True
    guest: Guest | None = None
    provoked: Provocation | None = None


def book(visit: Visit, api: ShopApi, order: Order, barber_id: int | None = None) -> Appointment | None:
    """Return the appointment booked with a barber, or anyone; None where the person left without one."""
    return book_by(visit, api, order, Search(visit, api, barber_id))


def book_by(visit: Visit, api: ShopApi, order: Order, seeking: Seeking) -> Appointment | None:
    """Return the appointment booked; None where the person left without one (the milestone says why)."""
    reach: Callable[[Milestone], None] = visit.reach if order.counts else _uncounted
    reach(Milestone.BEGUN)
    if order.counts:
        seeking.browse()
    for number in range(order.tries):
        slot = seeking.choose()
        if slot is None:
            break
        if number == 0:
            if order.counts and visit.chance(visit.mix.branches.abandons_at_slots):
                visit.reach(Milestone.ABANDONED)
                return None
            reach(Milestone.SLOT_CHOSEN)
        seeking.fill_form()
        reply, appointment = _book(visit, api, order, slot)
        if reply.ok:
            reach(Milestone.BOOKED)
            return appointment
        if reply.outcome is not Outcome.REFUSED:
            break
        visit.reach(Milestone.SLOT_LOST)
        seeking.lose(slot)
        if number + 1 < order.tries and not visit.chance(visit.mix.branches.tries_again_after_lost_slot):
            break
    visit.reach(Milestone.GAVE_UP)
    return None


def _book(visit: Visit, api: ShopApi, order: Order, slot: Slot) -> tuple[Reply, Appointment | None]:
    """Return the answer that counts and the appointment in it. Bookings have no idempotency key: a second try is a second wish."""
    manner = ONCE if order.guest is not None else manner_of(visit, Provocation.DOUBLE_CLICK)
    appointments: list[Appointment] = []

    def once(_: str | None, repeat: int) -> Reply:
        wish = Wish(slot, order.service, order.guest)
        reply, appointment = ask_for(visit, api, wish, _provoked(manner, order), repeat)
        if appointment is not None:
            appointments.append(appointment)
        return reply

    pressed = press(visit, manner, once)
    appointment = appointments[0] if appointments else None
    if appointment is not None and appointment.barber_id is not None and visit.provocation(Provocation.REPEAT):
        ask_for_it_again(visit, api, Wish(slot.of(appointment.barber_id), order.service))
    return pressed.reply, appointment


def _provoked(manner: Manner, order: Order) -> Provocation | None:
    """Return what a booking is entered as: by how it was pressed for, else by what it was for."""
    return manner.provocation or order.provoked


def _uncounted(_: Milestone) -> None:
    """Count nothing: this booking is not what the person came for."""
