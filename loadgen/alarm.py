"""Sleeping until a moment, to about a tenth of a millisecond.

The event loop's own timers end at the next whole millisecond of epoll_wait(): a median of 0.8 ms late, and every latency that
counts from an intended start would be longer by as much. A timerfd is exact, and the loop can wait for it like for a socket.
Elsewhere than on Linux the loop's timers do.
"""

import ctypes
import heapq
import itertools
import math
import os
import sys
import time
from functools import cache

import gevent
from gevent.hub import Waiter

HAS_TIMERFD = sys.platform == "linux"
CLOCK_MONOTONIC = 1  # time.h; the clock of time.monotonic()
TFD_TIMER_ABSTIME = 1  # sys/timerfd.h


class _Moment(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Setting(ctypes.Structure):
    _fields_ = (("interval", _Moment), ("value", _Moment))


def sleep_until(moment_s: float) -> None:
    """Return at `moment_s` (`time.monotonic`); where it is past, after everybody else who is due."""
    if HAS_TIMERFD:
        shared_alarm().sleep_until(moment_s)
    else:
        gevent.sleep(max(0.0, moment_s - time.monotonic()))


@cache
def shared_alarm() -> "Alarm":
    """Return the alarm of this process, made when first needed: after Locust has forked its workers."""
    return Alarm()


class Alarm:
    """Wakes any number of greenlets of one event loop, with one descriptor."""

    def __init__(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._settime = libc.timerfd_settime
        self._setting = _Setting()
        self._setting_at = ctypes.byref(self._setting)
        self._descriptor = libc.timerfd_create(CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._watcher = gevent.get_hub().loop.io(self._descriptor, 1)
        self._sleepers: list[tuple[float, int, Waiter]] = []
        self._numbers = itertools.count()  # of two with the same moment the first comes first
        self._set_to = math.inf

    def sleep_until(self, moment_s: float) -> None:
        """Return at `moment_s` (`time.monotonic`)."""
        waiter = Waiter()
        heapq.heappush(self._sleepers, (moment_s, next(self._numbers), waiter))
        if moment_s < self._set_to:
            self._set(moment_s)
        if not self._watcher.active:
            self._watcher.start(self._ring)
        waiter.get()  # one that is killed here stays in the heap until its moment; nobody hears it then

    def _ring(self) -> None:
        self._set_to = math.inf  # what has expired need not be read: setting it anew takes that back
        now_s, due = time.monotonic(), []
        while self._sleepers and self._sleepers[0][0] <= now_s:
            due.append(heapq.heappop(self._sleepers)[2])
        for waiter in due:  # whoever sleeps again meanwhile waits for the next ring
            waiter.switch(None)
        if not self._sleepers:
            self._watcher.stop()  # or it would keep the loop from ending
        elif self._sleepers[0][0] < self._set_to:
            self._set(self._sleepers[0][0])

    def _set(self, moment_s: float) -> None:
        self._set_to = moment_s
        seconds = max(0, math.floor(moment_s))
        nanoseconds = max(1, int((moment_s - seconds) * 1e9))  # 0 would switch it off
        value = self._setting.value
        value.seconds, value.nanoseconds = seconds, nanoseconds
        if self._settime(self._descriptor, TFD_TIMER_ABSTIME, self._setting_at, None) < 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime")
