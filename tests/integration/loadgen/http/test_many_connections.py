"""Keep-alive above descriptor 1023, where select() ends and stock Locust reconnects for every request."""

import os
import resource
from collections.abc import Iterator
from typing import Any

import gevent
import gevent.pool
import pytest

from loadgen.http import ConnectionCounters, Exchange, HttpSession

pytestmark = pytest.mark.integration

USERS = 60


@pytest.fixture
def occupied() -> Iterator[int]:
    """Takes the descriptors up to 1,100; what is opened afterwards lies above."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4_096:
        pytest.skip(f"hard limit of {hard} descriptors; this needs 4096")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4_096), hard))
    base = os.open(os.devnull, os.O_RDONLY)
    held = [base]
    while held[-1] < 1_100:
        held.append(os.dup(base))
    yield held[-1]
    for descriptor in held:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_connections_above_1023_are_kept(occupied: int, serve: Any) -> None:
    server = serve()
    counters = ConnectionCounters()
    seen: list[Exchange] = []
    sessions = [HttpSession(server.url, counters=counters, observer=seen.append) for _ in range(USERS)]

    def user(session: HttpSession) -> None:
        for _ in range(5):
            session.get("/")
            gevent.sleep(0.01)

    gevent.joinall([gevent.spawn(user, session) for session in sessions], timeout=60)
    assert occupied > 1_023
    assert [e.failure for e in seen] == [None] * (5 * USERS)
    assert (server.connections, counters.opened, counters.reused, counters.stale) == (USERS, USERS, 4 * USERS, 0)
    for session in sessions:
        session.close()


def test_out_of_descriptors_is_the_generators_failure(serve: Any, visit: Any) -> None:
    server = serve()
    watched = visit(server.url)
    gevent.get_hub()  # its own descriptors, before there are none
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    next_free = os.dup(0)
    os.close(next_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_free, hard))
    held = []
    try:
        while True:
            held.append(os.dup(1))  # holes below the limit
    except OSError:
        pass
    try:
        watched.session.get("/")
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    [exchange] = watched.seen
    assert (exchange.failure, exchange.failure_text) == ("generator", "out of file descriptors on the load generator")
