"""A search: one person looking at days until there is a time to their mind."""

from dataclasses import dataclass, field
from datetime import date
from functools import partial

from loadgen.visit import Reply, Visit
from locustfiles.api.answers import free_times_of, offers_no_times_of
from locustfiles.api.shop_api import ShopApi
from locustfiles.journeys.choices import pick_day, pick_time
from locustfiles.journeys.second_try import with_second_try
from locustfiles.journeys.wish import Slot
from scenarios.mix import Step

MAX_LOOKS = 4  # answers without a free time that a person bears before leaving
MAX_BROWSES = 3  # days that a person looks at out of curiosity before choosing one


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

    def fill_form(self) -> None:
        """Take the time that the form needs, once the slot is chosen."""
        self.visit.think(Step.FILL_FORM)

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
