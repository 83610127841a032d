"""A server that answers every request with the same 500 bytes of JSON: `python -m benchmarks.answering_server PORT`.

uvloop and httptools, pinned to the last core, so that the client under measurement has the first one to itself.
"""

import asyncio
import contextlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httptools
import uvloop

from rushhour.load import free_port

ROOT = Path(__file__).resolve().parents[1]
BODY = json.dumps({"slots": [{"id": n, "start": "2026-03-02T09:00:00Z", "free": True} for n in range(5)]}).encode()
ANSWER = (
    b"HTTP/1.1 200 OK\r\nDate: Mon, 02 Mar 2026 09:00:00 GMT\r\nServer: bench\r\nContent-Type: application/json\r\n"
    b"Cache-Control: no-store\r\nX-Request-Id: 0123456789abcdef\r\nContent-Length: %d\r\n\r\n" % len(BODY)
) + BODY


def pin(core: int) -> None:
    """Keep this process on one core, where the system allows it."""
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setaffinity(0, {core})


def raise_descriptor_limit() -> int:
    """Raise the soft limit of open descriptors to the hard one and return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Answerer(asyncio.Protocol):
    """One connection. `opened` counts those of all; `GET /connections` tells it."""

    opened = 0

    def connection_made(self, transport: Any) -> None:
        Answerer.opened += 1
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)
        self.asked_for_count = False

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.asked_for_count = url == b"/connections"

    def on_message_complete(self) -> None:
        if self.asked_for_count:
            count = b"%d" % Answerer.opened
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(count), count))
        else:
            self.transport.write(ANSWER)


@contextlib.contextmanager
def answering_server() -> Iterator[int]:
    """Run a server in a process of its own and give its port."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.answering_server", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Answerer, "127.0.0.1", port, backlog=4_096)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    pin((os.cpu_count() or 1) - 1)
    raise_descriptor_limit()
    uvloop.run(_serve(int(sys.argv[1])))
