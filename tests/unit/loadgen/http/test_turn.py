import socket
import time

import gevent
import gevent.socket

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


def test_one_killed_while_it_gives_way_is_not_woken_later() -> None:
    pairs = [socket.socketpair() for _ in range(2 * CROWD)]
    woken_s: list[float] = []

    def wait(reader: socket.socket) -> None:
        gevent.socket.wait_read(reader.fileno())
        try:
            let_others_read()
        except gevent.GreenletExit:
            begin_s = time.monotonic()
            gevent.sleep(0.01)
            woken_s.append(time.monotonic() - begin_s)

    def kill_the_first() -> None:
        gevent.socket.wait_read(pairs[0][1].fileno())
        gevent.killall(greenlets, block=False)

    greenlets = [gevent.spawn(wait, reader) for _, reader in pairs]
    killer = gevent.spawn(kill_the_first)
    gevent.sleep(0)
    for writer, _ in pairs:
        writer.send(b"x")
    gevent.joinall([*greenlets, killer], timeout=5)
    assert woken_s
    assert min(woken_s) >= 0.009
    for pair in pairs:
        for end in pair:
            end.close()
