"""The doorman: lets connections in where several processes share one listening socket.

All of them wait at the same queue of the kernel, so that nobody who was queued is lost with a process that is killed. Who
wakes first would take whoever stands there, at low load nearly always the same process; so the one with the fewest
connections has the first word, and the others come forward after a moment, when it is busy or dead.
"""

import asyncio
import mmap
import socket
from collections.abc import Callable, Collection

PATIENCE_S = 0.003
"""How long the fuller processes leave a connection to the emptiest."""
DEAD = 2**62
"""More connections than any: a dead process has no word."""


class Loads:
    """The number of connections of each process, in memory that all of them share; made before they are forked."""

    def __init__(self, count: int) -> None:
        self._shared = memoryview(mmap.mmap(-1, 8 * count)).cast("q")
        self._number = 0
        for number in range(count):
            self._shared[number] = DEAD

    def become(self, number: int) -> None:
        """Be the process of a number from now on."""
        self._number = number
        self._shared[number] = 0

    def bury(self, number: int) -> None:
        """Note that a process is dead."""
        self._shared[number] = DEAD

    def tell(self, connections: int) -> None:
        """Tell the others how many connections this process has."""
        self._shared[self._number] = connections

    def is_fuller(self, connections: int) -> bool:
        """Tell whether this process has more connections than another one."""
        others = (count for number, count in enumerate(self._shared) if number != self._number)
        return connections > min(others, default=DEAD)


class Doorman:
    """Lets in one connection at a time."""

    def __init__(self, listener: socket.socket, loads: Loads) -> None:
        self._listener = listener
        self._loads = loads
        self._entering: set[asyncio.Task[object]] = set()
        self._connections: Collection[object] = ()
        self._protocol: Callable[[], asyncio.Protocol] | None = None
        self._insists_until = 0.0
        self._coming: asyncio.TimerHandle | None = None

    def open(self, protocol: Callable[[], asyncio.Protocol], connections: Collection[object]) -> None:
        """Let in from now on; `connections` are those that are open."""
        self._protocol, self._connections = protocol, connections
        self._listener.setblocking(False)
        asyncio.get_running_loop().add_reader(self._listener.fileno(), self._somebody_there)

    def close(self) -> None:
        """Let nobody in any more."""
        asyncio.get_running_loop().remove_reader(self._listener.fileno())
        if self._coming is not None:
            self._coming.cancel()

    def tell(self) -> None:
        """Tell the others how many are in."""
        self._loads.tell(self._inside())

    def _inside(self) -> int:
        return len(self._connections) + len(self._entering)

    def _somebody_there(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() >= self._insists_until and self._loads.is_fuller(self._inside()):
            loop.remove_reader(self._listener.fileno())
            self._coming = loop.call_later(PATIENCE_S, self._come_forward)
            return
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another process was faster
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # head and body of an answer are two writes
        assert self._protocol is not None
        entering = loop.create_task(loop.connect_accepted_socket(self._protocol, connection))
        self._entering.add(entering)
        entering.add_done_callback(self._entering.discard)
        self.tell()

    def _come_forward(self) -> None:
        loop = asyncio.get_running_loop()
        self._insists_until = loop.time() + PATIENCE_S
        loop.add_reader(self._listener.fileno(), self._somebody_there)
