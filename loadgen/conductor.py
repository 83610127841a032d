"""Conducts one process's part of a run: when its users start, what is flushed each second, when it is over.

In a local run this process is all there is; in a distributed one each worker has a conductor, and the master collects.
"""

import itertools
import logging
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from gevent.event import Event as Signal

from loadgen.accounts import client_pool, staff_pool
from loadgen.alarm import sleep_until
from loadgen.collector import settle
from loadgen.dispatcher import Dispatcher
from loadgen.health import LoopLag, ProcessUse
from loadgen.population import Population, Start
from loadgen.recorder import sparse
from loadgen.schedule import arrivals, planned_users
from loadgen.starts import Starts
from loadgen.visit import Surroundings
from records.generator import GeneratorSample
from records.journey import JourneyCount
from records.ledger import Entry
from records.window import Window
from scenarios.mix import Persona, Step
from scenarios.plan import Plan
from scenarios.scenario import Model

logger = logging.getLogger("rushhour")
FLUSH_AFTER_S = 0.05  # after the end of a second, so that its last requests are in it
BREATH_S = 0.002  # between parts of a flush; sleep(0) would not look for answers and moments that are due
DRAIN_S = 15.0  # how long sessions under way at the end may go on; sessions of an unscaled plan are cut then
DRAIN_LOOK_S = 0.1  # how often it is looked whether all sessions have ended
STOP_DRAIN_S = 3.0  # the same where somebody asked for an end: a person is waiting


@dataclass(frozen=True, slots=True)
class Batch:
    """What one process saw since its last batch. `sequence` counts from 0 without gaps; `final` marks the last."""

    worker: str
    sequence: int
    windows: list[Window]
    journeys: list[JourneyCount]
    ledger: list[Entry]
    generator: GeneratorSample
    requests_counted: int
    final: bool = False


class Conductor:
    """The part of a run that happens in this process."""

    def __init__(self, plan: Plan | None, around: Surroundings, name: str = "local") -> None:
        """Prepare; nothing happens before `go`. Without a plan (a locust file started by hand) users simply go on and on."""
        self.plan = plan
        self.around = around
        self.name = name
        self.busy = 0
        self.workers = 1
        self.worker = 0
        self.stopping = False
        self.failure = ""  # why this part ended before its time, in words
        self._stopped = Signal()
        self._drain_until = math.inf
        self._ranks = itertools.count()
        self._by_hand = itertools.count()
        self._starts = Starts()
        self._started = Signal()
        self._dispatcher: Dispatcher | None = None
        self._population: Population | None = None
        self._lag = LoopLag()
        self._use = ProcessUse()
        self._sequence = 0
        self._deliver: Callable[[Batch], None] = lambda batch: None
        self._greenlets: list[Any] = []
        self._second = 0
        self.user_count: Callable[[], int] = lambda: 0
        self.over = Signal()
        if plan is not None:
            around.recorder.keep_edges(plan.objectives.latency_limits_us)

    def new_rank(self) -> int:
        """Return a number for a new user of this process, from 0."""
        return next(self._ranks)

    def go(
        self,
        start_unix_s: float,
        worker: int,
        workers: int,
        deliver: Callable[[Batch], None],
        now_unix_s: float | None = None,
    ) -> None:
        """Start the run at a moment of this machine's wall clock; `deliver` gets a batch each second, the last one final."""
        assert self.plan is not None
        self.worker, self.workers, self._deliver = worker, workers, deliver
        self.around.clock.start_at_unix(start_unix_s, now_unix_s)
        settle()
        self._greenlets = [gevent.spawn(self._guarded, self._lag.watch)]
        if self.plan.model is Model.OPEN:
            self._dispatcher = Dispatcher(
                arrivals(self.plan, worker, workers), self.around.clock, self._starts, self.plan.start_within_s
            )
            self._greenlets.append(gevent.spawn(self._guarded, self._dispatcher.run))
        else:
            self._population = Population(self.plan, self.around, self._starts)
        self._started.set()
        gevent.spawn(self._guarded, self._conduct)

    def share_accounts(self, worker: int, workers: int) -> None:
        """Keep only this worker's share of the accounts; before `go`."""
        self.around.clients = client_pool(self.around.target, worker, workers)
        self.around.staff = staff_pool(self.around.target, worker, workers)

    def start_by_hand(self) -> None:
        """Let users go on without a plan: no windows are delivered, the numbers of the web page are all there is."""
        self.around.clock.start_at_unix(time.time())
        self._started.set()

    def change_plan(self, plan: Plan) -> None:
        """Go on by another plan of the open model that is the same up to now and a little beyond."""
        self.plan = plan
        if self._dispatcher is not None:
            self._dispatcher.follow(lambda number: arrivals(plan, self.worker, self.workers, after=number))

    def stop(self, drain_s: float = STOP_DRAIN_S) -> None:
        """Begin no more sessions; those under way may go on for `drain_s` (s), then the conductor's part is over."""
        self.stopping = True
        self._drain_until = min(self._drain_until, time.monotonic() + drain_s)
        self._stopped.set()

    def next_start(self, persona: Persona, rank: int) -> Start | None:
        """Return a user's next session, waiting for it. None: there are no more.

        A user takes whoever comes next; only without a plan it stays `persona`.
        """
        self._started.wait()
        if self._dispatcher is not None:
            arrival = self._dispatcher.take()
            return Start(arrival.number, self.around.clock.monotonic(arrival.at_s), arrival.persona)
        if self._population is not None:
            return self._population.next_start(rank * self.workers + self.worker)
        return self._next_by_hand(persona)

    def _next_by_hand(self, persona: Persona) -> Start:
        number = next(self._by_hand)
        rng = random.Random(f"{self.around.seed}:pause:{number}")
        intended_at = time.monotonic() + self.around.mix.think[Step.LOOK.value].draw_s(rng) * self.around.time_scale
        sleep_until(intended_at)
        return Start(number, intended_at, persona)

    def _guarded(self, part: Callable[[], None]) -> None:
        """Carry out a part of the run; where it cannot go on (a full disk, a defect of ours) this process's part is over."""
        try:
            part()
        except Exception as error:
            logger.exception("the load generator cannot go on")
            self.failure = self.failure or f"the load generator cannot go on: {type(error).__name__}: {error}"
            self.stop(0.0)
            self.over.set()

    def _conduct(self) -> None:
        assert self.plan is not None
        second = 0
        while second < self.plan.duration_s and not self._stopped.wait(self._left_s(second)):
            self._flush(second)
            second += 1
        self._drain(second)

    def _drain(self, second: int) -> None:
        """Let sessions under way end, within a limit."""
        assert self.plan is not None
        self.stop(DRAIN_S)
        if self._dispatcher is not None:
            self._greenlets[1].kill()
            self._dispatcher.drop_waiting()
        if self._population is not None:
            self._population.stopping = True
            self._population.drop_waiting(min(self.around.clock.now(), self.plan.duration_s))
        while self.busy and time.monotonic() < self._drain_until:
            gevent.sleep(min(DRAIN_LOOK_S, self._left_s(second)))
            if self._left_s(second) <= 0:
                self._flush(second)
                second += 1
        self._second = second
        self.over.set()

    def finish(self) -> None:
        """Deliver what is left, after the users were stopped (their killed requests are in it)."""
        gevent.killall(self._greenlets)
        self._guarded(lambda: self._flush(self._second, final=True))

    def _left_s(self, second: int) -> float:
        """Return how long it is until a second is over and its last requests are in, in s."""
        return max(0.0, second + 1 + FLUSH_AFTER_S - self.around.clock.now())

    def _flush(self, second: int, *, final: bool = False) -> None:
        counted = self.around.recorder.requests_counted  # as of now: others run while the windows are folded
        windows, journeys, ledger = self.around.recorder.flush(let_others_run)
        batch = Batch(
            worker=self.name,
            sequence=self._sequence,
            windows=windows,
            journeys=journeys,
            ledger=ledger,
            generator=self._sample(second, final=final),
            requests_counted=counted,
            final=final,
        )
        self._sequence += 1
        let_others_run()
        self._deliver(batch)

    def _sample(self, second: int, *, final: bool) -> GeneratorSample:
        starts = self._starts.flush(second if not final else 2**31)
        counters = self.around.counters
        resting = 0 if self._population is None else self._population.resting
        return GeneratorSample(
            second=second,
            worker=self.name,
            sequence=self._sequence,
            users=max(0, self.user_count() - resting),  # none is left when the last batch is made
            users_planned=self._users_planned(second),
            busy=self.busy,
            planned=starts.planned,
            started=starts.started,
            late=starts.late,
            dropped=starts.dropped,
            lateness_us=sparse(starts.lateness_us),
            loop_lag_us=[] if final else sparse(self._lag.take()),  # at the end users are killed: that is not the run
            cpu_ratio=0.0 if final else round(self._use.cpu_ratio(), 4),
            rss_bytes=self._use.rss_bytes(),
            descriptors=self._use.descriptors(),
            descriptor_limit=self._use.descriptor_limit,
            connections_opened=counters.opened,
            connections_reused=counters.reused,
            connections_stale=counters.stale,
            accounts_used_up=self.around.clients.used_up + self.around.staff.used_up,
            user_errors=self.around.user_errors,
        )

    def _users_planned(self, second: int) -> int:
        """Return this process's share of the users that the plan wants at the end of a second, when they are counted."""
        assert self.plan is not None
        total = planned_users(self.plan, second + 1.0) if self.plan.model is Model.CLOSED else self.plan.places
        return len(range(self.worker, total, self.workers))


def let_others_run() -> None:
    """Give way between parts of a flush: who waits for an answer or a moment comes first."""
    gevent.sleep(BREATH_S)


def conductor_of(environment: Any) -> Conductor:
    """Return the conductor of a Locust environment; the plugin has put it there before any user exists."""
    conductor = getattr(environment, "rushhour_conductor", None)
    assert isinstance(conductor, Conductor), "the locust file did not load loadgen.plugin"
    return conductor
