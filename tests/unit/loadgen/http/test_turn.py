import socket
import time

import gevent
import gevent.socket
import pytest

from loadgen.http import turn
from loadgen.http.turn import CROWD, let_others_read


def read_and_work(count: int) -> list[str]:
    """Let so many greenlets wait for a byte each, send all of them at once, and return who did what in order."""
    pairs = [socket.socketpair() for _ in range(count)]
    log: list[str] = []

    def wait(reader: socket.socket) -> None:
        gevent.socket.wait_read(reader.fileno())
        log.append("read")
        let_others_read()
        log.append("work")

    greenlets = [gevent.spawn(wait, reader) for _, reader in pairs]
    gevent.sleep(0)
    for writer, _ in pairs:
        writer.send(b"x")
    gevent.joinall(greenlets, timeout=5)
    for writer, reader in pairs:
        writer.close()
        reader.close()
    return log


def test_in_a_crowd_all_but_the_last_few_are_read_before_anybody_works() -> None:
    log = read_and_work(3 * CROWD)
    assert log.count("work") == 3 * CROWD
    assert log.index("work") >= 2 * CROWD - 1


def test_without_a_crowd_each_goes_on_at_once() -> None:
    assert read_and_work(3) == ["read", "work"] * 3


def test_one_killed_while_it_gives_way_is_not_woken_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "CROWD", 0)  # always give way
    slept_s: list[float] = []

    def give_way() -> None:
        try:
            let_others_read()
        except gevent.GreenletExit:
            begin_s = time.monotonic()
            gevent.sleep(0.02)
            slept_s.append(time.monotonic() - begin_s)

    killed = gevent.spawn(give_way)
    gevent.get_hub().loop.run_callback(killed.throw, gevent.GreenletExit)  # after it gave way, before its turn
    killed.join(timeout=5)
    assert len(slept_s) == 1
    assert slept_s[0] >= 0.019
