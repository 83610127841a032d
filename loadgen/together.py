"""Together: several things done at the same moment, each in a greenlet of its own, and all of them waited for."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import gevent
from gevent import GreenletExit

Brought = TypeVar("Brought")

MOST_AT_ONCE = 16  # a person with more fingers than this is a load test of its own, and belongs into the rate


def together(calls: Sequence[Callable[[], Brought]]) -> list[Brought]:
    """Return what the calls brought, in their order; an exception of one of them is raised when all have ended.

    Where the caller is killed meanwhile the calls are killed too, each ends as it would alone (a request in flight is
    recorded as aborted), and the caller's end goes on after that: nothing of a volley outlives its session.
    """
    assert 1 <= len(calls) <= MOST_AT_ONCE
    greenlets = [gevent.spawn(call) for call in calls]
    try:
        gevent.joinall(greenlets)
    except BaseException:
        gevent.killall(greenlets)
        raise
    return [_brought(greenlet.get()) for greenlet in greenlets]


def _brought(value: Brought | GreenletExit) -> Brought:
    """Return a call's value; gevent gives the end of a killed greenlet as its value instead of raising it."""
    if isinstance(value, GreenletExit):
        raise value
    return value
