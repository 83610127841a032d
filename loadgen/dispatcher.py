"""Hands planned sessions to free users, and counts what started late or not at all."""

import time
from collections.abc import Iterable

from gevent.queue import Queue

from loadgen.alarm import sleep_until
from loadgen.clock import RunClock
from loadgen.schedule import Arrival
from loadgen.starts import Starts


class Dispatcher:
    """One queue for all. An arrival never waits for an answer; one that no free user took in time is dropped."""

    def __init__(self, schedule: Iterable[Arrival], clock: RunClock, starts: Starts, start_within_s: float) -> None:
        """Prepare; `starts` is told what becomes of each arrival."""
        self._schedule = schedule
        self._clock = clock
        self._starts = starts
        self._start_within_s = start_within_s
        self._queue: Queue = Queue()

    def run(self) -> None:
        """Hand out arrivals as they fall due, until the schedule ends or the greenlet is killed."""
        for arrival in self._schedule:
            due = self._clock.monotonic(arrival.at_s)
            if due > time.monotonic():
                sleep_until(due)
            self._starts.due(arrival.at_s)
            self._queue.put(arrival)

    def take(self) -> Arrival:
        """Return the next arrival, waiting for it; those too late to start are dropped."""
        while True:
            arrival: Arrival = self._queue.get()
            late_s = time.monotonic() - self._clock.monotonic(arrival.at_s)
            if late_s <= self._start_within_s:
                self._starts.start(arrival.at_s, late_s)
                return arrival
            self._starts.drop(arrival.at_s)

    def drop_waiting(self) -> None:
        """Count everything still queued as dropped; the run is over."""
        while not self._queue.empty():
            self._starts.drop(self._queue.get().at_s)
