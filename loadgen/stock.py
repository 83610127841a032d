"""What Locust itself is told: its request event, and its own statistics, which feed its web page and nothing else."""

import time
from array import array
from collections import Counter
from functools import lru_cache
from typing import Any

import gevent
import locust.stats
from locust.stats import StatsEntry

from loadgen.cardinality import BoundedNames
from loadgen.http import Exchange
from loadgen.recorder import MAX_ERROR_TEXTS, MAX_OPERATIONS, OTHER, OTHER_ERRORS
from loadgen.surroundings import Listener
from records.window import FAILED, Outcome

STOCK_MODULE = "locust.runners"  # where the listener is made that feeds the statistics
FOLD_EVERY_S = 0.25
"""How late Locust's statistics may be: its page asks every 2 s, its workers report every 3 s."""


class StockStatistics:
    """Locust's statistics, brought up to date four times a second.

    Locust adds every request to two entries, each time with a clock, a rounding and three tables: 5 us. Here a request is an
    append, and an entry is extended by many at once, as the master extends it by a worker's. The entries come out the same.
    """

    def __init__(self, environment: Any) -> None:
        """Take the place of `environment.stats.log_request`, whoever fires the event."""
        self._stats = environment.stats
        self._log_error = self._stats.log_error
        self._waiting: dict[tuple[str, str], _Waiting] = {}
        self._began_at = 0.0
        self._timer: Any = None
        self._stats.log_request = self.log_request
        self._stats.log_error = self.log_error
        environment.events.test_stop.add_listener(self.fold)
        environment.events.quitting.add_listener(self.fold)

    def log_request(self, method: str, name: str, response_time: float | None, content_length: int) -> None:
        """Note one request; `response_time` in ms, None where it has none."""
        waiting = self._waiting.get((name, method)) or self._begin(name, method)
        waiting.content_bytes += content_length
        if response_time is None:
            waiting.untimed += 1
        else:
            waiting.times_ms.append(response_time)

    def log_error(self, method: str, name: str, error: Any) -> None:
        """Pass a failure on at once, but after its request: there are never more failures than requests."""
        self.fold()
        self._log_error(method, name, error)

    def fold(self, **_: Any) -> None:
        """Bring Locust's entries up to date."""
        if self._timer is not None:
            self._timer.stop()
        all_waiting, self._waiting = self._waiting, {}
        for (name, method), waiting in all_waiting.items():
            part = waiting.as_entry(StatsEntry(self._stats, name, method), self._began_at)
            self._stats.total.extend(part)
            self._stats.entries[(name, method)].extend(part)

    def _begin(self, name: str, method: str) -> "_Waiting":
        if not self._waiting:
            self._began_at = now = time.time()
            # It fires when a quarter of a second of the wall clock ends, so that a batch lies within one second.
            self._timer = gevent.get_hub().loop.timer(FOLD_EVERY_S - now % FOLD_EVERY_S, ref=False)
            self._timer.start(self.fold)
        waiting = self._waiting[(name, method)] = _Waiting()
        return waiting


class _Waiting:
    """Requests of one name that the statistics do not hold yet."""

    __slots__ = ("content_bytes", "times_ms", "untimed")

    def __init__(self) -> None:
        self.times_ms = array("d")
        self.untimed = 0
        self.content_bytes = 0

    def as_entry(self, entry: Any, at: float) -> Any:
        """Return an empty entry filled with what its `log` would have made of these requests at the moment `at`."""
        times_ms = self.times_ms
        entry.start_time = entry.last_request_timestamp = at
        entry.num_requests = len(times_ms) + self.untimed
        entry.num_none_requests = self.untimed
        entry.num_reqs_per_sec[int(at)] = entry.num_requests
        entry.total_content_length = self.content_bytes
        if times_ms:
            entry.total_response_time = sum(times_ms)
            entry.min_response_time, entry.max_response_time = min(times_ms), max(times_ms)
            entry.response_times.update(Counter(map(locust.stats.bucket_response_time, times_ms)))
        return entry


def stock_listener(environment: Any) -> Listener:
    """Return a listener that fires Locust's request event for each request; its statistics are kept by StockStatistics.

    Where nobody but Locust's own statistics listens, and the request did not fail, they are told without the event.
    """
    tell = StockStatistics(environment).log_request
    event = environment.events.request
    fire, handlers = event.fire, event._handlers  # noqa: SLF001  # to be asked for by name it has no other
    names, texts = BoundedNames(MAX_OPERATIONS, OTHER), BoundedNames(MAX_ERROR_TEXTS, OTHER_ERRORS)

    def listen(operation: str, exchange: Exchange, outcome: Outcome, response_us: float) -> None:
        name = names.bounded(_path(operation))
        if len(handlers) == 1 and handlers[0].__module__ == STOCK_MODULE and outcome not in FAILED:
            tell(exchange.method, name, response_us / 1000, exchange.response_bytes)
            return
        fire(
            request_type=exchange.method,
            name=name,
            response_time=response_us / 1000,
            response_length=exchange.response_bytes,
            exception=RuntimeError(texts.bounded(exchange.failure_text or outcome.value))
            if outcome in FAILED
            else None,
            context={},
            start_time=None,
            url=None,
            response=None,
        )

    return listen


@lru_cache(maxsize=1_024)
def _path(operation: str) -> str:
    """Return the operation without its method, which Locust shows in a column of its own."""
    return operation.partition(" ")[2] or operation
