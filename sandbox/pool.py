"""The connection pool: a number of places, given out in the order in which they were asked for."""

import asyncio
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
        self._line: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """Return how many stand in line."""
        return sum(not place.done() for place in self._line)

    async def take(self) -> None:
        """Take a place, or wait for one; raise UnhandledError after the limit."""
        if self.in_use < self.places:
            self.in_use += 1
            return
        loop = asyncio.get_running_loop()
        place: asyncio.Future[None] = loop.create_future()
        self._line.append(place)
        limit = loop.call_later(self._wait_limit_s, self._turn_away, place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self.give_back()  # it was handed over in the same moment
            raise
        finally:
            limit.cancel()

    def give_back(self) -> None:
        """Give a place to the next in line, or back to the pool."""
        while self._line:
            place = self._line.popleft()
            if not place.done():
                place.set_result(None)
                return
        self.in_use -= 1

    def _turn_away(self, place: "asyncio.Future[None]") -> None:
        if not place.done():
            self.timed_out += 1
            place.set_exception(UnhandledError("QueuePool limit reached, connection timed out"))
