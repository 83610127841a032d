"""Booking: look at a day, choose a slot, book it; whoever loses a slot looks again and chooses another."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from loadgen.visit import Reply, Visit
from locustfiles.api.answers import Appointment, appointment_of, free_times_of, guest_appointment_of, offers_no_times_of
from locustfiles.api.shop_api import Guest, ShopApi
from locustfiles.journeys.choices import pick_day, pick_time
from locustfiles.journeys.second_try import with_second_try
from records.journey import Milestone
from records.ledger import Write
from records.window import Outcome
from scenarios.mix import Step

MAX_LOOKS = 4  # answers without a free time that a person bears before leaving
MAX_BROWSES = 3  # days that a person looks at out of curiosity before choosing one
CLIENT_TRIES = 3  # bookings a client tries before leaving
GUEST_TRIES = 2  # after two lost slots the shop wants a CAPTCHA of a guest's address


@dataclass(frozen=True, slots=True)
class Slot:
    """A time someone wants, of a barber or of whoever is free."""

    day: date
    time: str
    barber_id: int | None


@dataclass(slots=True)
class Search:
    """One person looking for a free time."""

    visit: Visit
    api: ShopApi
    barber_id: int | None = None
    day: date | None = None
    _by_barber: bool = True
    _seen: set[date] = field(default_factory=set)
    _lost: set[tuple[date, str]] = field(default_factory=set)

    def browse(self) -> None:
        """Look at some days out of curiosity, as people do before they settle on one."""
        for _ in range(MAX_BROWSES):
            if not self.visit.chance(self.visit.mix.branches.looks_at_another_day):
                return
            day = self._another_day()
            if day is None or not self._look(day).ok:
                return
            self.visit.think(Step.CHOOSE_SLOT)

    def choose(self) -> Slot | None:
        """Return the slot chosen; None where the shop has none to this person's mind, or does not answer."""
        for _ in range(MAX_LOOKS):
            day = self._day_to_look_at()
            if day is None:
                return None
            reply = with_second_try(self.visit, partial(self._look, day))
            if not reply.ok:
                return None
            self.visit.think(Step.CHOOSE_SLOT)
            times = [clock_time for clock_time in free_times_of(reply.body) if (day, clock_time) not in self._lost]
            if times:
                return Slot(day, pick_time(self.visit.rng, times, self.visit.mix.popularity), self.barber_id)
            self._look_elsewhere(day, shows_no_times=offers_no_times_of(reply.body))
        return None

    def lose(self, slot: Slot) -> None:
        """Strike out a slot that another customer has."""
        self._lost.add((slot.day, slot.time))

    def _day_to_look_at(self) -> date | None:
        """Return the day at hand, or another; where a barber is full on all of them, anyone will do."""
        self.day = self.day or self._another_day()
        if self.day is None and self.barber_id is not None and self._by_barber:
            self.barber_id = None
            self._seen.clear()
            self.day = self._another_day()
        return self.day

    def _another_day(self) -> date | None:
        return pick_day(self.visit.rng, self.visit.today, self.visit.mix.popularity, frozenset(self._seen))

    def _look(self, day: date) -> Reply:
        return self.api.slots(day, self.barber_id if self._by_barber else None)

    def _look_elsewhere(self, day: date, *, shows_no_times: bool) -> None:
        """Go on to another day. A barber's day without any times is first looked at without the barber.

        The real shop answers so to every look by barber, on every day: there people find the times of the whole shop,
        and ask for their barber when they book.
        """
        if self.barber_id is not None and self._by_barber and shows_no_times:
            self._by_barber = False
            return
        self._seen.add(day)
        self.day = None


@dataclass(frozen=True, slots=True)
class Order:
    """What someone wants booked. Where it `counts`, the funnel counts them, and the slots may put them off."""

    service: str
    tries: int = CLIENT_TRIES
    counts: bool = True
    guest: Guest | None = None


def book(visit: Visit, api: ShopApi, order: Order, barber_id: int | None = None) -> Appointment | None:
    """Return the appointment booked; None where the person left without one (the milestone says why)."""
    search = Search(visit, api, barber_id)
    reach: Callable[[Milestone], None] = visit.reach if order.counts else _uncounted
    reach(Milestone.BEGUN)
    if order.counts:
        search.browse()
    for number in range(order.tries):
        slot = search.choose()
        if slot is None:
            break
        if number == 0:
            if order.counts and visit.chance(visit.mix.branches.abandons_at_slots):
                visit.reach(Milestone.ABANDONED)
                return None
            reach(Milestone.SLOT_CHOSEN)
        visit.think(Step.FILL_FORM)
        reply, appointment = _book(visit, api, order, slot)
        if reply.ok:
            reach(Milestone.BOOKED)
            return appointment
        if reply.outcome is not Outcome.REFUSED:
            break
        visit.reach(Milestone.SLOT_LOST)
        search.lose(slot)
        if number + 1 < order.tries and not visit.chance(visit.mix.branches.tries_again_after_lost_slot):
            break
    visit.reach(Milestone.GAVE_UP)
    return None


def _book(visit: Visit, api: ShopApi, order: Order, slot: Slot) -> tuple[Reply, Appointment | None]:
    """Return the last answer and the appointment in it. Bookings have no idempotency key: a second try is a second wish."""
    appointment: Appointment | None = None

    def once() -> Reply:
        nonlocal appointment
        if order.guest is None:
            reply = api.book(slot.day, slot.time, order.service, slot.barber_id)
            appointment = appointment_of(reply.body) if reply.ok else None
        else:
            reply = api.book_as_guest(slot.day, slot.time, order.service, order.guest)
            appointment = guest_appointment_of(reply.body) if reply.ok else None
        enter_booking(visit, reply, slot, appointment, order.service)
        return reply

    return with_second_try(visit, once), appointment


def enter_booking(
    visit: Visit, reply: Reply, slot: Slot, appointment: Appointment | None, service: str | None = None
) -> None:
    """Put a booking into the ledger: as the shop told it, or, where it told nothing, as it was wished for."""
    if appointment is None:
        start = f"{slot.day.isoformat()}T{slot.time}:00"
        visit.enter(Write.BOOK, reply, barber_id=slot.barber_id, start_time=start, service=service)
        return
    reference = reply.body.get("booking_reference")
    visit.enter(
        Write.BOOK,
        reply,
        appointment_id=appointment.id,
        barber_id=appointment.barber_id,
        start_time=appointment.start_time,
        duration_minutes=appointment.duration_minutes,
        reference=None if reference is None else str(reference),
        owner_id=appointment.owner_id,
        service=service,
    )


def _uncounted(_: Milestone) -> None:
    """Count nothing: this booking is not what the person came for."""
