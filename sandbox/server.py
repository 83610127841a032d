"""The server: uvicorn on a socket of our own, the ready line, and a clean end."""

import asyncio
import gc
import logging
import os
import random
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp

from sandbox.options import OptionError
from sandbox.plants import STALL_EVERY_S, STALL_S
from sandbox.refusal import UnhandledError

BACKLOG = 4096
PARENT_EVERY_S = 0.5
GRACE_S = 1
"""How long requests in flight may take to end when the sandbox is stopped."""
MAX_UNSEEN_OBJECTS = 1_000_000
"""More objects than before by so many, some 100 MB, and the garbage collector looks after all."""
FREE_PORTS = range(20_000, 32_768)
"""Below the range outgoing connections take theirs from."""


class ShopServer(uvicorn.Server):
    """uvicorn that says when it listens, and leaves signals to us."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Stop at SIGTERM and SIGINT, with exit code 0."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self._stop)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self._listening()

    def _stop(self) -> None:
        self.should_exit = True


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a bound socket; raise OptionError where the port is taken. 0 looks for a free port below 32768."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    tries = [port] if port else random.sample(FREE_PORTS, 200)
    for number in tries:
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, number))
            bound.listen(BACKLOG)
        except OSError as error:
            bound.close()
            if port:
                raise OptionError(f"--port {port} on {host}: {error.strerror or error}") from error
            if isinstance(error, socket.gaierror):
                raise OptionError(f"--host {host}: {error.strerror}") from error
        else:
            return bound
    raise OptionError(f"--port 0 on {host}: none of {len(tries)} ports tried is free; name one")


def serve(
    application: ASGIApp,
    listener: socket.socket,
    listening: Callable[[], None],
    *,
    stalls: bool,
    keep_alive_s: float,
    parent: int | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, or until the process `parent`, which started this one, is gone."""
    _raise_descriptor_limit()
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=keep_alive_s,  # type: ignore[arg-type]  # a timer takes any number
        timeout_graceful_shutdown=GRACE_S,
    )
    server = ShopServer(config, listening)
    logging.getLogger("uvicorn.error").addFilter(_WorthSaying(server))

    async def run() -> None:
        beside = [asyncio.create_task(_stall())] if stalls else []
        if parent is not None:
            beside.append(asyncio.create_task(_end_with(parent, server)))
        await server.serve(sockets=[listener])
        for task in beside:
            task.cancel()

    _settle()
    loop_factory = config.get_loop_factory()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(run())


def _settle() -> None:
    """Leave what is loaded out of collections, and collect in need only.

    With 10,000 connections even the youngest generation's collection took 30 ms, once a second, and found nothing: a request
    leaves no cycles, counting references frees it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(MAX_UNSEEN_OBJECTS, 10, 10)


async def _stall() -> None:
    """Answer nobody for a while, again and again: the whole process stands still, as it would in a blocking call."""
    while True:
        await asyncio.sleep(STALL_EVERY_S - STALL_S)
        time.sleep(STALL_S)


async def _end_with(parent: int, server: ShopServer) -> None:
    """End when the parent is another process than it was: nobody else would ever stop this one."""
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_EVERY_S)
    server.should_exit = True


class _WorthSaying(logging.Filter):
    """Leaves out of the log what was done on purpose: connections dropped, and requests cut off by the end."""

    def __init__(self, server: ShopServer) -> None:
        super().__init__()
        self._server = server

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is worth saying."""
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, UnhandledError) and not self._server.should_exit


def _raise_descriptor_limit() -> None:
    """Have as many connections as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def warn(line: str) -> None:
    """Say something that is no result."""
    print(f"sandbox: {line}", file=sys.stderr, flush=True)
