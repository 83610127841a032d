import socket
import struct
from collections.abc import Callable, Iterator
from time import monotonic

import gevent
import pytest

from loadgen.http.deadline import DeadlinePassed
from loadgen.http.transport import PlainTransport, connect

CROWD = 48  # within one look of libev, which sees 64 events


class Pairs:
    """Makes transports with the other end of their connections, and closes all."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0), backlog=2 * CROWD)
        self._made: list[tuple[PlainTransport, socket.socket]] = []

    def new(self) -> tuple[PlainTransport, socket.socket]:
        """Return a transport and the other end of its connection."""
        transport = PlainTransport(connect(((socket.AF_INET, self.server.getsockname()),)))
        self._made.append((transport, self.server.accept()[0]))
        return self._made[-1]

    def close(self) -> None:
        """Close all."""
        for transport, peer in self._made:
            transport.close()
            peer.close()
        self.server.close()


@pytest.fixture
def pairs() -> Iterator[Pairs]:
    made = Pairs()
    yield made
    made.close()


def waiting(transport: PlainTransport) -> "gevent.Greenlet[[], bytes]":
    greenlet = gevent.spawn(transport.receive)
    gevent.sleep(0.01)
    return greenlet


def busy_for(seconds: float) -> None:
    """Hold the loop."""
    until = monotonic() + seconds
    while monotonic() < until:
        pass


def before_its_turn(transport: PlainTransport, do: Callable[[], object]) -> None:
    """Call `do` after the loop has read for a transport, before the one who waits has its turn."""
    run_callback = gevent.get_hub().loop.run_callback

    def both(turn: Callable[[], object]) -> object:
        run_callback(do)
        return run_callback(turn)

    transport._run_callback = both


def test_answers_that_come_together_are_all_read_before_anybody_goes_on(pairs: Pairs) -> None:
    made = [pairs.new() for _ in range(CROWD)]
    unread: list[int] = []

    def go_on(transport: PlainTransport) -> None:
        transport.receive()
        unread.append(sum(one.arrived_at == 0.0 for one, _ in made))

    users = [gevent.spawn(go_on, transport) for transport, _ in made]
    gevent.sleep(0.01)
    for _, peer in made:
        peer.send(b"x")
    gevent.joinall(users, timeout=5)
    assert unread == [0] * CROWD


def test_the_moment_of_arrival_is_that_of_the_read_whatever_comes_before_the_turn(pairs: Pairs) -> None:
    transport, peer = pairs.new()
    user = waiting(transport)
    before_its_turn(transport, lambda: busy_for(0.05))
    peer.send(b"x")
    sent_at = monotonic()
    assert user.get(timeout=5) == b"x"
    assert transport.arrived_at - sent_at < 0.05 <= monotonic() - sent_at


def test_one_killed_before_its_turn_is_not_woken_later(pairs: Pairs) -> None:
    transport, peer = pairs.new()
    later: list[str] = []

    def receive() -> None:
        try:
            transport.receive()
        except gevent.GreenletExit:
            with gevent.Timeout(0.05, False):
                gevent.get_hub().switch()  # whoever wakes us now is wrong
                later.append("woken")

    user = gevent.spawn(receive)
    gevent.sleep(0.01)
    before_its_turn(transport, lambda: user.throw(gevent.GreenletExit))
    peer.send(b"x")
    user.join(5)
    assert later == []


def test_what_came_before_the_deadline_counts_and_then_the_time_is_over(pairs: Pairs) -> None:
    transport, peer = pairs.new()

    def receive() -> tuple[bytes, bool]:
        first = transport.receive()
        try:
            transport.receive()
        except DeadlinePassed:
            return first, True
        return first, False

    user = gevent.spawn(receive)
    gevent.sleep(0.01)
    before_its_turn(transport, lambda: user.throw(DeadlinePassed()))
    peer.send(b"half")
    assert user.get(timeout=5) == (b"half", True)


def test_a_request_after_a_late_one_has_its_own_time(pairs: Pairs) -> None:
    transport, peer = pairs.new()
    user = waiting(transport)
    before_its_turn(transport, lambda: user.throw(DeadlinePassed()))
    peer.send(b"whole")
    assert user.get(timeout=5) == b"whole"
    transport.send_all(b"next")
    peer.send(b"answer")
    assert waiting(transport).get(timeout=5) == b"answer"


def test_a_deadline_with_nothing_there_is_passed_on(pairs: Pairs) -> None:
    transport, _peer = pairs.new()

    def receive() -> str:
        try:
            transport.receive()
        except DeadlinePassed:
            return "passed"
        return "received"

    user = gevent.spawn(receive)
    gevent.sleep(0.01)
    gevent.get_hub().loop.run_callback(user.throw, DeadlinePassed())
    assert user.get(timeout=5) == "passed"


def test_what_an_interrupted_wait_had_read_is_there_for_the_next(pairs: Pairs) -> None:
    class Interruption(BaseException):
        pass

    transport, peer = pairs.new()

    def receive() -> bytes:
        try:
            return transport.receive()
        except Interruption:
            return b"interrupted, then " + transport.receive()

    user = gevent.spawn(receive)
    gevent.sleep(0.01)
    before_its_turn(transport, lambda: user.throw(Interruption()))
    peer.send(b"answer")
    assert user.get(timeout=5) == b"interrupted, then answer"


def test_a_reset_is_raised_where_somebody_waits(pairs: Pairs) -> None:
    transport, peer = pairs.new()
    user = waiting(transport)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    with pytest.raises(ConnectionResetError):
        user.get(timeout=5)


def test_nobody_listens_at_the_first_address_but_at_the_second(pairs: Pairs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = gone.getsockname()
    raw = connect(((socket.AF_INET, nobody), (socket.AF_INET, pairs.server.getsockname())))
    assert raw.getpeername() == pairs.server.getsockname()
    raw.close()
    with pytest.raises(ConnectionRefusedError):
        connect(((socket.AF_INET, nobody),))
