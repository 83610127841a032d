"""Hands planned sessions to free users, and counts what started late or not at all."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import gevent
from gevent.hub import Waiter

from loadgen.alarm import sleep_until
from loadgen.clock import RunClock
from loadgen.schedule import Arrival
from loadgen.starts import Starts


class _Place:
    """A free user: where it waits, and what it was given."""

    __slots__ = ("arrival", "waiter")

    def __init__(self) -> None:
        self.arrival: Arrival | None = None
        self.waiter: Any = Waiter()


class Dispatcher:
    """One queue for all. An arrival never waits for an answer; one that no free user took in time is dropped.

    Of the free users the one that became free last is next: of 10,000 places a few do nearly all the work, and what these need
    is still in the processor's caches. In turn, each session would begin with memory that nobody touched for seconds.
    """

    def __init__(self, schedule: Iterable[Arrival], clock: RunClock, starts: Starts, start_within_s: float) -> None:
        """Prepare; `starts` is told what becomes of each arrival."""
        self._schedule: Iterator[Arrival] = iter(schedule)
        self._number = -1
        self._clock = clock
        self._starts = starts
        self._start_within_s = start_within_s
        self._free: dict[_Place, None] = {}  # a stack that one may also leave from the middle
        self._waiting: deque[Arrival] = deque()

    def run(self) -> None:
        """Hand out arrivals as they fall due, until the schedule ends or the greenlet is killed."""
        while (arrival := next(self._schedule, None)) is not None:
            self._number = arrival.number
            due = self._clock.monotonic(arrival.at_s)
            if due > time.monotonic():
                sleep_until(due)
            self._starts.due(arrival.at_s)
            self._hand_out(arrival)

    def follow(self, schedule_after: Callable[[int], Iterable[Arrival]]) -> None:
        """Go on by another schedule, after the number of the latest arrival; one that is not due yet still comes."""
        self._schedule = iter(schedule_after(self._number))

    def take(self) -> Arrival:
        """Return the next arrival, waiting for it; those too late to start are dropped."""
        while True:
            arrival = self._waiting.popleft() if self._waiting else self._wait()
            late_s = time.monotonic() - self._clock.monotonic(arrival.at_s)
            if late_s <= self._start_within_s:
                self._starts.start(arrival.at_s, late_s)
                return arrival
            self._starts.drop(arrival.at_s)

    def drop_waiting(self) -> None:
        """Count everything still queued as dropped; the run is over."""
        while self._waiting:
            self._starts.drop(self._waiting.popleft().at_s)

    def _hand_out(self, arrival: Arrival) -> None:
        if not self._free:
            self._waiting.append(arrival)
            return
        place, _ = self._free.popitem()
        place.arrival = arrival
        gevent.get_hub().loop.run_callback(place.waiter.switch, arrival)

    def _wait(self) -> Arrival:
        place = _Place()
        self._free[place] = None
        try:
            arrival: Arrival = place.waiter.get()
        except BaseException:  # the user is stopped: nobody may be sent to it, and what it was given goes to another
            self._free.pop(place, None)
            if place.arrival is not None:
                self._hand_out(place.arrival)
            raise
        return arrival
