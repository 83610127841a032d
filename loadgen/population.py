"""The closed model: users that come again and again, after a think time or by pacing.

Without pacing a user's next session is meant to start when the pause after the last one ends. With pacing it is meant to start
at a moment of the user's own grid, `pacing x (phase + n)`, whatever the last one took: the phases are spread evenly over the
users (multiples of the golden ratio; Weyl's equidistribution), so that N users are due N / pacing times a second. A session
still under way when the next is due makes that one late: it starts as soon as the user is free, one at a time and no more than
were due, and counts from when it was due; one that comes later than `start_within_s` is dropped.
"""

import math
import random
from dataclasses import dataclass

from loadgen.alarm import sleep_until
from loadgen.schedule import coming_in_s, next_active_s, planned_users
from loadgen.starts import Starts
from loadgen.surroundings import Surroundings
from scenarios.mix import Persona, Step
from scenarios.plan import Plan, persona_shares

NUMBER_STRIDE = 1_000_000  # users number their sessions rank * stride + n, so that numbers never meet
GOLDEN_RATIO = (math.sqrt(5) - 1) / 2
RESTS_FROM_S = 0.01  # a user that waits longer than its pause is one that the plan does not want yet


@dataclass(frozen=True, slots=True)
class Start:
    """A session to be played: its number, when it is meant to start (monotonic clock, s), and who comes."""

    number: int
    intended_at: float
    persona: Persona


class Population:
    """The closed users of one process. `resting` counts those that the plan does not want at the moment."""

    def __init__(self, plan: Plan, around: Surroundings, starts: Starts) -> None:
        """Prepare; `starts` is told what becomes of each session."""
        self._plan = plan
        self._around = around
        self._starts = starts
        self._sessions: dict[int, int] = {}
        self._due_s: dict[int, float] = {}  # by rank: when a user under way is meant to start again
        shares = persona_shares(plan)
        self._personas, self._shares = list(shares), list(shares.values())
        self.resting = 0
        self.stopping = False

    def next_start(self, rank: int) -> Start | None:
        """Return the next session of user `rank` (of all workers'), waiting for it; None: there are no more.

        Each session is another person's, so that who comes follows the mix's shares of sessions.
        """
        count = self._sessions.get(rank, 0)
        self._sessions[rank] = count + 1
        number = rank * NUMBER_STRIDE + count
        rng = random.Random(f"{self._around.seed}:pause:{number}")
        at_s = self._paced_s(rank) if self._plan.pacing_s is not None else self._after_pause_s(rank, count, rng)
        if at_s is None or self.stopping:
            return None
        (persona,) = rng.choices(self._personas, self._shares)
        return Start(number, self._around.clock.monotonic(at_s), persona)

    def drop_waiting(self, end_s: float) -> None:
        """Count the sessions that were due before `end_s` and found their users in an earlier one as dropped; the run is over."""
        for rank, due_s in self._due_s.items():
            upcoming = self._wanted_on_grid(rank, due_s)
            while upcoming is not None and upcoming < end_s:
                self._starts.due(upcoming)
                self._starts.drop(upcoming)
                upcoming = self._wanted_on_grid(rank, upcoming + self._pacing_s)
        self._due_s.clear()

    # After a pause.

    def _after_pause_s(self, rank: int, count: int, rng: random.Random) -> float | None:
        """Wait for the next start by think time and return it; None where no later stage wants this user."""
        pause_s = 0.0
        if count:
            pause_s = self._around.mix.think[Step.LOOK.value].draw_s(rng) * self._around.time_scale
        ready_s = max(0.0, self._around.clock.now()) + pause_s
        wanted_s = next_active_s(self._plan, rank, ready_s)
        if wanted_s is None:
            self._stay_until(rank, ready_s)
            self.resting += 1  # for good
            return None
        rests = wanted_s - ready_s > RESTS_FROM_S
        if rests:
            self._rest_until(wanted_s)
        comes_in = rests or count == 0
        at_s = wanted_s + (rng.random() * coming_in_s(self._plan, rank, wanted_s) if comes_in else 0.0)
        self._sleep_until(at_s)
        if not self.stopping:
            self._starts.due(at_s)
            self._starts.start(at_s, self._around.clock.now() - at_s)
        return at_s

    # By pacing.

    @property
    def _pacing_s(self) -> float:
        assert self._plan.pacing_s is not None
        return self._plan.pacing_s

    def _paced_s(self, rank: int) -> float | None:
        """Wait for the next start of the user's grid and return it; those too late to start are dropped."""
        due_s = self._wanted_on_grid(rank, self._due_s.pop(rank, 0.0))
        while due_s is not None:
            if due_s - self._around.clock.now() > self._pacing_s + RESTS_FROM_S:
                self._rest_until(due_s - self._pacing_s)
            self._sleep_until(due_s)
            if self.stopping:
                return None
            self._starts.due(due_s)
            late_s = self._around.clock.now() - due_s
            if late_s <= self._plan.start_within_s:
                self._starts.start(due_s, late_s)
                self._due_s[rank] = due_s + self._pacing_s
                return due_s
            self._starts.drop(due_s)
            due_s = self._wanted_on_grid(rank, due_s + self._pacing_s)
        self.resting += 1  # for good
        return None

    def _wanted_on_grid(self, rank: int, from_s: float) -> float | None:
        """Return the first moment of the user's grid from `from_s` on at which the plan wants it, or None."""
        phase_s = rank * GOLDEN_RATIO % 1.0 * self._pacing_s
        moment: float | None = from_s
        while moment is not None:
            on_grid_s = phase_s + math.ceil((moment - phase_s) / self._pacing_s - 1e-9) * self._pacing_s
            moment = next_active_s(self._plan, rank, on_grid_s)
            if moment is not None and moment - on_grid_s < 1e-9:
                return on_grid_s
        return None

    def _stay_until(self, rank: int, second: float) -> None:
        """Who is wanted to the last and thinks is there, although its next session would begin after the run."""
        end_s = self._plan.duration_s
        if planned_users(self._plan, math.nextafter(end_s, 0.0)) > rank:
            self._sleep_until(min(second, end_s))

    def _rest_until(self, second: float) -> None:
        self.resting += 1
        self._sleep_until(second)
        self.resting -= 1

    def _sleep_until(self, second: float) -> None:
        if second > self._around.clock.now():
            sleep_until(self._around.clock.monotonic(second))
