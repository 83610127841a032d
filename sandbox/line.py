"""The line: no more than so many requests pass in a second, one after the other in the order in which they came."""

import time
from collections.abc import Callable

from sandbox.refusal import UnhandledError

LONGEST_WAIT_S = 30.0
"""As long as the pool lets a request wait."""


class Line:
    """Gives each request the moment at which it may pass: a server of fixed speed, without any burst."""

    def __init__(self, rate_per_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._gap_s = 1.0 / rate_per_s
        self._now = now
        self._next = 0.0

    def wait_s(self) -> float:
        """Return how long the next request has to wait, in s; raise UnhandledError where that is too long."""
        now = self._now()
        passes = max(now, self._next)
        if passes - now > LONGEST_WAIT_S:
            raise UnhandledError("waited in line for too long")
        self._next = passes + self._gap_s
        return passes - now
