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
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

from sandbox.app import application
from sandbox.doorman import Doorman, Loads
from sandbox.options import OptionError
from sandbox.plants import Plant
from sandbox.refusal import UnhandledError
from sandbox.shop import Shop
from sandbox.stalls import Stalls

BACKLOG = 4096
PARENT_EVERY_S = 0.5
GRACE_S = 1
"""How long requests in flight may take to end when the sandbox is stopped."""
MAX_UNSEEN_OBJECTS = 1_000_000
"""More objects than before by so many, some 100 MB, and the garbage collector looks after all."""
FREE_PORTS = range(20_000, 32_768)
"""Below the range outgoing connections take theirs from."""


class ShopServer(uvicorn.Server):
    """uvicorn that says when it listens, and leaves signals to us. `door` is shared with other processes, or None."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None], door: Doorman | None = None) -> None:
        super().__init__(config)
        self._listening = listening
        self._door = door

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Stop at SIGTERM and SIGINT, with exit code 0."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self._stop)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        if self._door is None:
            await super().startup(sockets)
        else:
            await self.lifespan.startup()
            self.servers = []
            self._door.open(self._protocol, self.server_state.connections)
            self.started = True
        self._listening()

    async def on_tick(self, counter: int) -> bool:
        """Tell the others how many connections there are."""
        if self._door is not None:
            self._door.tell()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody in any more, and end."""
        if self._door is not None:
            self._door.close()
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        kind: Any = self.config.http_protocol_class
        made: asyncio.Protocol = kind(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        return made

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
    shop: Shop,
    listener: socket.socket,
    listening: Callable[[], None],
    *,
    parent: int | None = None,
    loads: Loads | None = None,
    beside: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT, or until the process `parent`, which started this one, is gone.

    With `loads` the listening socket is shared with other processes. `beside` is called in the event loop at the start.
    """
    _raise_descriptor_limit()
    config = uvicorn.Config(
        application(shop),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=shop.options.keep_alive_s,  # type: ignore[arg-type]  # a timer takes any number
        timeout_graceful_shutdown=GRACE_S,
    )
    door = None if loads is None else Doorman(listener, loads)
    server = ShopServer(config, listening, door)
    logging.getLogger("uvicorn.error").addFilter(_WorthSaying(server))

    async def run() -> None:
        beside()
        stalls, loop = Stalls(shop.switches), asyncio.get_running_loop()
        if Plant.CRASH in shop.options.plants and loads is None:
            loop.call_later(shop.options.crash_after_s, shop.control.turn, Plant.CRASH, True)
        watching = None if parent is None else loop.create_task(_end_with(parent, server))
        await server.serve(sockets=[listener] if loads is None else None)
        stalls.end()
        if watching is not None:
            watching.cancel()

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
