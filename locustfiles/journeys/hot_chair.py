"""The hot chair: a newly opened day, where chairs open one after another and many want the same few half hours.

At each full second of the run one more chair opens: a barber's whole day, a month ahead, with nothing sold yet. Whoever waits
for it has filled in the form before, and presses the button at that very moment, as all the others do. Which chair opens when
follows from the second alone, so that the customers of all workers press for the same one without knowing of each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from loadgen.visit import Visit
from locustfiles.api.answers import free_times_of, offers_no_times_of
from locustfiles.api.shop_api import ShopApi
from locustfiles.journeys.search import MAX_BROWSES
from locustfiles.journeys.second_try import with_second_try
from locustfiles.journeys.wish import Slot
from scenarios.mix import Step

HOT_TIMES = ("17:00", "12:00", "16:30", "11:00")  # all that a hot customer takes, the most wanted first
EXPONENT = 1.0  # of Zipf's law over them: shares of 48, 24, 16 and 12 %
LAST_DAY = 29  # days ahead; the shop takes 30, and its date may be a day behind
LEAD_S = 0.5  # from the look at the chair to its opening at least: the look's answer is there in time


@dataclass(frozen=True, slots=True)
class Chair:
    """One barber's one day."""

    barber_id: int
    day: date


def chair_of(second: int, barber_ids: Sequence[int], today: date) -> Chair:
    """Return the chair that opens at a second: one barber after another on the last day, then on the day before, and so on."""
    turn, place = divmod(second, len(barber_ids))
    return Chair(barber_ids[place], today + timedelta(days=LAST_DAY - turn % LAST_DAY))


@dataclass(slots=True)
class HotChair:
    """One person waiting for a chair to open (a `Seeking`). Those who lose look again, and press at once."""

    visit: Visit
    api: ShopApi
    barber_ids: Sequence[int]
    _opens_at: int = 0
    _chair: Chair | None = None
    _lost: set[str] = field(default_factory=set)

    def browse(self) -> None:
        """Watch other chairs open, as people do while they wait for their own."""
        for _ in range(MAX_BROWSES):
            if not self.visit.chance(self.visit.mix.branches.looks_at_another_day):
                return
            chair = self._coming_chair()
            if not self.api.slots(chair.day, chair.barber_id).ok:
                return
            self.visit.think(Step.CHOOSE_SLOT)

    def choose(self) -> Slot | None:
        """Look at the chair that opens next and choose a half hour of it; None where all that is wanted is taken."""
        chair = self._chair or self._next_chair()
        reply = with_second_try(self.visit, lambda: self.api.slots(chair.day, chair.barber_id))
        if not reply.ok:
            return None
        free = HOT_TIMES if offers_no_times_of(reply.body) else free_times_of(reply.body)
        times = [time for time in HOT_TIMES if time in free and time not in self._lost]
        if not times:
            return None
        weights = [(HOT_TIMES.index(time) + 1) ** -EXPONENT for time in times]
        return Slot(chair.day, self.visit.rng.choices(times, weights=weights)[0], chair.barber_id)

    def fill_form(self) -> None:
        """Wait for the opening; the form has been filled in before. Later tries come after it, and wait for nothing."""
        if not self._lost:
            self.visit.wait_for_second(self._opens_at)

    def lose(self, slot: Slot) -> None:
        """Strike out a half hour that another customer has."""
        self._lost.add(slot.time)

    def _next_chair(self) -> Chair:
        self.visit.think(Step.FILL_FORM)
        self._chair = self._coming_chair()
        return self._chair

    def _coming_chair(self) -> Chair:
        self._opens_at = self.visit.coming_second(LEAD_S)
        return chair_of(self._opens_at, self.barber_ids, self.visit.today)
