"""One deadline per request at almost no cost: the timer is left running from request to request.

`gevent.Timeout` starts and stops a timer for each use. Here a request only writes its deadline down. The timer, armed at
most once per timeout, looks whether the deadline of the moment has passed and, if not, is armed anew for it.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any

import gevent
import greenlet

_NEVER = float("inf")
_GRAIN_S = 0.000_5  # the loop's clock may lag ours by less; not worth another round


class DeadlinePassed(BaseException):
    """Thrown into the waiting greenlet. Not an Exception, so that nothing on the way takes it for a socket error."""


class Deadline:
    __slots__ = ("_fires_at", "_loop", "_timer", "expires_at", "waiting")

    def __init__(self) -> None:
        self._loop: Any = gevent.get_hub().loop
        self._timer: Any = None
        self._fires_at = _NEVER
        self.waiting: greenlet.greenlet | None = None
        self.expires_at = _NEVER

    def begin(self, expires_at: float, _current: Callable[[], greenlet.greenlet] = greenlet.getcurrent) -> None:
        """Until `waiting` is set to None the current greenlet gets DeadlinePassed at `expires_at` (`time.monotonic`)."""
        self.expires_at = expires_at
        self.waiting = _current()
        if expires_at < self._fires_at:
            self._arm()

    def close(self) -> None:
        self.waiting = None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._fires_at = _NEVER

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._fires_at = self.expires_at
        # ref=False: an idle connection must not keep the loop from ending.
        self._timer = self._loop.timer(max(0.0, self.expires_at - monotonic()), ref=False)
        self._timer.start(self._fire, update=True)

    def _fire(self) -> None:
        self._timer = None
        self._fires_at = _NEVER
        waiting = self.waiting
        if waiting is None:
            return
        if monotonic() < self.expires_at - _GRAIN_S:
            self._arm()
            return
        self.waiting = None
        waiting.throw(DeadlinePassed())
