"""Hands planned sessions to free users, and counts what started late or not at all."""

import time
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gevent.queue import Queue

from loadgen.alarm import sleep_until
from loadgen.clock import RunClock
from loadgen.health import LATE_US
from loadgen.schedule import Arrival


@dataclass(frozen=True, slots=True)
class DispatchCounts:
    """Sessions due, started, started late and dropped; lateness of the starts in us."""

    planned: int
    started: int
    late: int
    dropped: int
    lateness_us: "array[float]"


class Dispatcher:
    """One queue for all. An arrival never waits for an answer; one that no free user took in time is dropped."""

    def __init__(self, schedule: Iterable[Arrival], clock: RunClock, start_within_s: float) -> None:
        self._schedule = schedule
        self._clock = clock
        self._start_within_s = start_within_s
        self._queue: Queue = Queue()
        self._planned: Counter[int] = Counter()
        self._started: Counter[int] = Counter()
        self._late: Counter[int] = Counter()
        self._dropped: Counter[int] = Counter()
        self._lateness_us: dict[int, array[float]] = {}
        self.exhausted = False

    def run(self) -> None:
        """Hand out arrivals as they fall due, until the schedule ends or the greenlet is killed."""
        for arrival in self._schedule:
            due = self._clock.monotonic(arrival.at_s)
            if due > time.monotonic():
                sleep_until(due)
            self._planned[int(arrival.at_s)] += 1
            self._queue.put(arrival)
        self.exhausted = True

    def take(self) -> Arrival:
        """Return the next arrival, waiting for it; those too late to start are dropped."""
        while True:
            arrival: Arrival = self._queue.get()
            late_s = time.monotonic() - self._clock.monotonic(arrival.at_s)
            if late_s > self._start_within_s:
                self._dropped[int(arrival.at_s)] += 1
                continue
            self._count_start(int(arrival.at_s), late_s * 1e6)
            return arrival

    def _count_start(self, second: int, late_us: float) -> None:
        self._started[second] += 1
        self._late[second] += late_us > LATE_US
        self._lateness_us.setdefault(second, array("d")).append(max(0.0, late_us))

    def drop_waiting(self) -> None:
        """Count everything still queued as dropped; the run is over."""
        while not self._queue.empty():
            self._dropped[int(self._queue.get().at_s)] += 1

    def flush(self, upto: int) -> DispatchCounts:
        """Return what was not yet returned of the seconds up to and with `upto`, added up, and forget it."""
        seconds = [second for second in set(self._planned) | set(self._started) | set(self._dropped) if second <= upto]
        lateness_us = array("d")
        for second in seconds:
            lateness_us.extend(self._lateness_us.pop(second, array("d")))
        return DispatchCounts(
            planned=sum(self._planned.pop(second, 0) for second in seconds),
            started=sum(self._started.pop(second, 0) for second in seconds),
            late=sum(self._late.pop(second, 0) for second in seconds),
            dropped=sum(self._dropped.pop(second, 0) for second in seconds),
            lateness_us=lateness_us,
        )
