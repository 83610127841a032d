"""A server whose every latency is known: it answers after one fixed time, and stands still for a while at known moments.

    .venv/bin/python -m benchmarks.stall_server --port 21000 [--service 0.05] [--stall 2] [--every 20]

A stall is a real one: the process sleeps in its loop, as in a blocking call or a pause of its memory management. Nobody is
accepted, read or answered; the kernel keeps what comes. It says one JSON object a line on standard output: first
`{"listening": port}`, then each stall when it is over, `{"begin_s", "end_s"}` by `time.monotonic`, which on Linux is one clock for
all processes. Every path and method gets the same answer, which passes for `/health` and for a sign-in.

Who came in a stall counts as read at its end. A bare loop over select() wakes within microseconds, where epoll rounds up to the next
millisecond, and takes in 400 connections within milliseconds, where asyncio needs 60: both would be latencies that nobody planned.
"""

import argparse
import contextlib
import json
import os
import select
import socket
import time
from collections import deque
from dataclasses import dataclass

import httptools

BODY = b'{"status":"healthy","access_token":"none"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
BACKLOG = 4096  # more than arrive in any stall: a refused connection would be another measurement
CONNECTIONS_MAX = 1000  # select() knows no descriptor above 1,023; those beyond wait in the backlog
READ_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Manner:
    """How the server behaves: its answers take `service_s`; it stands still for `stall_s` in every `every_s`."""

    service_s: float = 0.05
    stall_s: float = 2.0
    every_s: float = 20.0


class _Connection:
    """One client; `asked` counts requests that are read and not yet taken on."""

    def __init__(self, accepted: socket.socket) -> None:
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = accepted
        self.asked = 0
        self._parser = httptools.HttpRequestParser(self)

    def on_message_complete(self) -> None:
        self.asked += 1

    def read(self) -> bool:
        """Take in what came; False when the client is gone."""
        try:
            data = self.socket.recv(READ_BYTES)
        except OSError:
            return False
        if data:
            self._parser.feed_data(data)
        return bool(data)


class Server:
    """Answers in the order of arrival, which with one service time is the order in which answers fall due."""

    def __init__(self, port: int, manner: Manner) -> None:
        self._manner = manner
        self._listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
        self._listener.setblocking(False)
        self._connections: dict[int, _Connection] = {}
        self._due: deque[tuple[float, _Connection]] = deque()

    def serve(self) -> None:
        """Serve for ever."""
        stall_at_s = time.monotonic() + self._manner.every_s / 2
        while True:
            now_s = time.monotonic()
            if now_s >= stall_at_s:
                stall_at_s += self._manner.every_s
                self._stall()
                continue
            self._answer(now_s)
            next_s = min(self._due[0][0], stall_at_s) if self._due else stall_at_s
            for descriptor in self._readable(next_s - time.monotonic()):
                self._take_in(descriptor, time.monotonic())

    def _stall(self) -> None:
        begin_s = time.monotonic()
        time.sleep(self._manner.stall_s)
        end_s = time.monotonic()
        for _ in range(2):  # connections, then what they sent
            for descriptor in self._readable(0.0):
                self._take_in(descriptor, end_s)
        say({"begin_s": begin_s, "end_s": end_s})

    def _readable(self, within_s: float) -> list[int]:
        return select.select([self._listener.fileno(), *self._connections], [], [], max(0.0, within_s))[0]

    def _answer(self, now_s: float) -> None:
        while self._due and self._due[0][0] <= now_s:
            _, connection = self._due.popleft()
            with contextlib.suppress(OSError):  # it did not wait
                connection.socket.send(ANSWER)

    def _take_in(self, descriptor: int, at_s: float) -> None:
        if descriptor not in self._connections:
            self._accept()
            return
        connection = self._connections[descriptor]
        if not connection.read():
            del self._connections[descriptor]
            connection.socket.close()
        for _ in range(connection.asked):
            self._due.append((at_s + self._manner.service_s, connection))
        connection.asked = 0

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while len(self._connections) < CONNECTIONS_MAX:
                accepted, _ = self._listener.accept()
                accepted.setblocking(False)
                self._connections[accepted.fileno()] = _Connection(accepted)


def say(words: dict[str, float]) -> None:
    """Print a line for whoever started this."""
    print(json.dumps(words), flush=True)


def main() -> None:
    """Read the command line and serve until killed, on the last core where there are several."""
    usual = Manner()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--service", type=float, default=usual.service_s, help="seconds an answer takes")
    parser.add_argument("--stall", type=float, default=usual.stall_s, help="seconds of a stall")
    parser.add_argument("--every", type=float, default=usual.every_s, help="seconds from one stall to the next")
    given = parser.parse_args()
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    server = Server(given.port, Manner(given.service, given.stall, given.every))
    say({"listening": given.port})
    with contextlib.suppress(KeyboardInterrupt):
        server.serve()


if __name__ == "__main__":
    main()
