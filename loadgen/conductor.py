"""Conducts one process's part of a run: when its users start, what is flushed each second, when it is over.

In a local run this process is all there is; in a distributed one each worker has a conductor, and the master collects.
"""

import gc
import itertools
import math
import random
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from gevent.event import Event as Signal

from loadgen.accounts import client_pool, staff_pool
from loadgen.alarm import sleep_until
from loadgen.dispatcher import DispatchCounts, Dispatcher
from loadgen.health import LoopLag, ProcessUse
from loadgen.recorder import sparse
from loadgen.schedule import arrivals, next_active_s, opening_spread_s, planned_users
from loadgen.visit import Surroundings
from records.generator import GeneratorSample
from records.journey import JourneyCount
from records.ledger import Entry
from records.window import Window
from scenarios.mix import Persona, Step
from scenarios.plan import Plan
from scenarios.scenario import Model

FLUSH_AFTER_S = 0.05  # after the end of a second, so that its last requests are in it
DRAIN_S = 15.0  # how long sessions under way at the end may go on; sessions of an unscaled plan are cut then
DRAIN_LOOK_S = 0.1  # how often it is looked whether all sessions have ended
STOP_DRAIN_S = 3.0  # the same where somebody asked for an end: a person is waiting
NUMBER_STRIDE = 1_000_000  # closed users number their sessions rank * stride + n, so that numbers never meet


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


@dataclass(frozen=True, slots=True)
class Start:
    """A session to be played: its number, when it is meant to start (monotonic clock, s), and who comes."""

    number: int
    intended_at: float
    persona: Persona


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
        self._stopped = Signal()
        self._drain_until = math.inf
        self._ranks = itertools.count()
        self._sessions: dict[int, int] = {}
        self._started = Signal()
        self._dispatcher: Dispatcher | None = None
        self._lag = LoopLag()
        self._use = ProcessUse()
        self._sequence = 0
        self._deliver: Callable[[Batch], None] = lambda batch: None
        self._greenlets: list[Any] = []
        self._second = 0
        self._resting = 0
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
        _spare_what_stays()
        self._greenlets = [gevent.spawn(self._lag.watch)]
        if self.plan.model is Model.OPEN:
            self._dispatcher = Dispatcher(
                arrivals(self.plan, worker, workers), self.around.clock, self.plan.start_within_s
            )
            self._greenlets.append(gevent.spawn(self._dispatcher.run))
        self._started.set()
        gevent.spawn(self._conduct)

    def share_accounts(self, worker: int, workers: int) -> None:
        """Keep only this worker's share of the accounts; before `go`."""
        self.around.clients = client_pool(self.around.target, worker, workers)
        self.around.staff = staff_pool(self.around.target, worker, workers)

    def start_by_hand(self) -> None:
        """Let users go on without a plan: no windows are delivered, the numbers of the web page are all there is."""
        self.around.clock.start_at_unix(time.time())
        self._started.set()

    def stop(self, drain_s: float = STOP_DRAIN_S) -> None:
        """Begin no more sessions; those under way may go on for `drain_s` (s), then the conductor's part is over."""
        self.stopping = True
        self._drain_until = min(self._drain_until, time.monotonic() + drain_s)
        self._stopped.set()

    def next_start(self, persona: Persona, rank: int) -> Start | None:
        """Return a user's next session, waiting for it. None: there are no more.

        In the open model a user takes whoever comes next; in the closed one it stays `persona`.
        """
        self._started.wait()
        if self._dispatcher is not None:
            arrival = self._dispatcher.take()
            return Start(arrival.number, self.around.clock.monotonic(arrival.at_s), arrival.persona)
        return self._next_closed(persona, rank * self.workers + self.worker)

    def _next_closed(self, persona: Persona, rank: int) -> Start | None:
        count = self._sessions.get(rank, 0)
        self._sessions[rank] = count + 1
        number = rank * NUMBER_STRIDE + count
        rng = random.Random(f"{self.around.seed}:pause:{number}")
        think = self.around.mix.think[Step.LOOK.value]
        wait_s = rng.lognormvariate(math.log(think.median), think.sigma) * self.around.time_scale
        if self.plan is not None:
            if count == 0:
                wait_s = rng.random() * opening_spread_s(self.plan)
            begin_s = next_active_s(self.plan, rank, max(0.0, self.around.clock.now()) + wait_s)
            if begin_s is None or self.stopping:
                self._resting += 1  # for good: no later stage wants this user
                return None
            wait_s = self._rest(begin_s, wait_s)
        intended_at = time.monotonic() + wait_s
        sleep_until(intended_at)
        return None if self.stopping else Start(number, intended_at, persona)

    def _rest(self, begin_s: float, pause_s: float) -> float:
        """Sleep while the plan wants fewer users; return the pause that is left, in s."""
        wait_s = begin_s - self.around.clock.now()
        if wait_s - pause_s > 0.01:
            self._resting += 1
            gevent.sleep(wait_s)
            self._resting -= 1
            wait_s = begin_s - self.around.clock.now()
        return wait_s

    def _conduct(self) -> None:
        assert self.plan is not None
        second = 0
        while second < self.plan.duration_s and not self._stopped.wait(self._left_s(second)):
            self._flush(second)
            second += 1
        self._drain(second)

    def _drain(self, second: int) -> None:
        """Let sessions under way end, within a limit."""
        self.stop(DRAIN_S)
        if self._dispatcher is not None:
            self._greenlets[1].kill()
            self._dispatcher.drop_waiting()
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
        self._flush(self._second, final=True)

    def _left_s(self, second: int) -> float:
        """Return how long it is until a second is over and its last requests are in, in s."""
        return max(0.0, second + 1 + FLUSH_AFTER_S - self.around.clock.now())

    def _flush(self, second: int, *, final: bool = False) -> None:
        windows, journeys, ledger = self.around.recorder.flush()
        batch = Batch(
            worker=self.name,
            sequence=self._sequence,
            windows=windows,
            journeys=journeys,
            ledger=ledger,
            generator=self._sample(second, final=final),
            requests_counted=self.around.recorder.requests_counted,
            final=final,
        )
        self._sequence += 1
        self._deliver(batch)

    def _sample(self, second: int, *, final: bool) -> GeneratorSample:
        dispatched = self._dispatched(second if not final else 2**31)
        counters = self.around.counters
        return GeneratorSample(
            second=second,
            worker=self.name,
            sequence=self._sequence,
            users=max(0, self.user_count() - self._resting),  # none is left when the last batch is made
            users_planned=self._users_planned(second),
            busy=self.busy,
            planned=dispatched.planned,
            started=dispatched.started,
            late=dispatched.late,
            dropped=dispatched.dropped,
            lateness_us=sparse(dispatched.lateness_us),
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

    def _dispatched(self, upto: int) -> DispatchCounts:
        if self._dispatcher is None:
            return DispatchCounts(0, 0, 0, 0, array("d"))
        return self._dispatcher.flush(upto)

    def _users_planned(self, second: int) -> int:
        """Return this process's share of the users that the plan wants at the end of a second, when they are counted."""
        assert self.plan is not None
        total = planned_users(self.plan, second + 1.0) if self.plan.model is Model.CLOSED else self.plan.places
        return len(range(self.worker, total, self.workers))


def conductor_of(environment: Any) -> Conductor:
    """Return the conductor of a Locust environment; the plugin has put it there before any user exists."""
    conductor = getattr(environment, "rushhour_conductor", None)
    assert isinstance(conductor, Conductor), "the locust file did not load loadgen.plugin"
    return conductor


def _spare_what_stays() -> None:
    """Take what is there before the run (modules, users) out of the garbage collector's rounds: one of them took 50 ms."""
    gc.collect()
    gc.freeze()
