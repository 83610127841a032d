"""The connection pool: a number of places, given out in the order in which they were asked for.

A place is held from one modelled instant to another. Timers fire a little late, later on a busy machine; the next in line
holds the place from the instant at which it was due to be free, so that lateness does not add up to lost capacity.
"""

import asyncio
import time
from collections import deque

from sandbox.refusal import UnhandledError

PLACES = 28
WAIT_LIMIT_S = 30.0
"""How long SQLAlchemy's QueuePool lets a request wait before it raises."""


class Pool:
    """Places for requests; who finds none waits in line."""

    def __init__(self, places: int, wait_limit_s: float = WAIT_LIMIT_S) -> None:
        self.places = places
        self.in_use = 0
        self.timed_out = 0
        self._wait_limit_s = wait_limit_s
        self._line: deque[asyncio.Future[float]] = deque()

    @property
    def waiting(self) -> int:
        """Return how many stand in line."""
        return sum(not place.done() for place in self._line)

    async def take(self) -> float:
        """Take a place, or wait for one; return since when it is held, in s of the monotonic clock.

        Raise UnhandledError where the wait is longer than the limit.
        """
        asked_at = time.monotonic()
        if self.in_use < self.places:
            self.in_use += 1
            return asked_at
        loop = asyncio.get_running_loop()
        place: asyncio.Future[float] = loop.create_future()
        self._line.append(place)
        limit = loop.call_later(self._wait_limit_s, self._turn_away, place)
        try:
            return max(asked_at, await place)
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self.give_back(place.result())  # it was handed over in the same moment
            raise
        finally:
            limit.cancel()

    def give_back(self, free_at: float) -> None:
        """Give a place to the next in line, or back to the pool; it was due to be free at an instant."""
        while self._line:
            place = self._line.popleft()
            if not place.done():
                place.set_result(free_at)
                return
        self.in_use -= 1

    def _turn_away(self, place: "asyncio.Future[float]") -> None:
        if not place.done():
            self.timed_out += 1
            place.set_exception(UnhandledError("QueuePool limit reached, connection timed out"))
