"""A connected stream, plain or TLS: send all, receive some, and say whether it is still open while idle."""

import errno
import os
import select
import socket
import ssl
from collections.abc import Callable
from time import monotonic
from typing import Any, Final, Protocol

import gevent
import gevent.monkey
import gevent.socket
import greenlet

from loadgen.http.deadline import DeadlinePassed
from loadgen.http.resolve import Address

RECEIVE_BYTES = 64 * 1024

_READ: Final = 1  # libev's EV_READ
_WRITE: Final = 2  # libev's EV_WRITE
_UNDER_WAY = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK})
_current = greenlet.getcurrent
# What the system has, whoever patched the process: poll() asks without waiting, a socket knows no event loop.
_poll: Callable[[], Any] = gevent.monkey.get_original("select", "poll")
_socket: Callable[[int, int], Any] = gevent.monkey.get_original("socket", "socket")


class Transport(Protocol):
    arrived_at: float
    """When the bytes came that `receive` returned last (`time.monotonic`)."""

    def send_all(self, data: bytes) -> None: ...

    def receive(self) -> bytes: ...

    def idle(self) -> bool:
        """Still open, with nothing to read. Asks poll(): select() knows no descriptor above 1023, and a read that finds
        nothing costs an exception."""
        ...

    def close(self) -> None: ...


class PlainTransport:
    """Waits on one watcher that is left running, and calls the raw socket: gevent's own wrappers cost a third of a request.

    A watcher started and stopped for each wait costs a system call each time. This one stays with the kernel while the
    connection lives. It is stopped only when something arrives that nobody waits for, or the loop would spin.

    First read, then think: when many answers arrive at once (a stall of the target ends), the loop itself reads and times all of
    them before the first user goes on with its own. If each user parsed, recorded and sent its next request at once, the last
    answer of 400 would be read, and timed, 60 ms after it came.
    """

    __slots__ = (
        "_arriving",
        "_late",
        "_poll",
        "_read",
        "_receive",
        "_run_callback",
        "_send",
        "_socket",
        "_switch",
        "_turn",
        "_waiting",
        "arrived_at",
    )  # fmt: skip

    def __init__(self, raw: Any) -> None:
        """Take over what `connect` returned."""
        self._socket = raw
        self._receive = raw.recv
        self._send = raw.send
        hub = gevent.get_hub()
        self._switch = hub.switch
        self._run_callback = hub.loop.run_callback
        self._waiting: greenlet.greenlet | None = None
        self._read: bytes | OSError | None = None  # what came, and nobody has taken yet
        self._turn: Any = None
        self._late = False
        self.arrived_at = 0.0
        descriptor = raw.fileno()
        self._arriving: Any = hub.loop.io(
            descriptor, _READ, ref=False
        )  # an idle connection must not keep the loop alive
        asked = _poll()
        asked.register(descriptor, select.POLLIN)
        self._poll: Callable[[int], list[Any]] = asked.poll

    def send_all(self, data: bytes) -> None:
        self._late = False
        try:
            sent = self._send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self._send_rest(memoryview(data)[sent:])

    def _send_rest(self, rest: memoryview) -> None:
        while rest:
            _wait_until_writable(self._socket)
            try:
                rest = rest[self._send(rest) :]
            except BlockingIOError:
                continue

    def receive(self) -> bytes:
        if self._read is None:
            self._wait()
        read, self._read = self._read, None
        if isinstance(read, OSError):
            raise read
        assert read is not None, "nothing else ends the wait"
        return read

    def _wait(self) -> None:
        """Return when the loop has read something. What came before the deadline counts, although its user had no turn yet."""
        if self._late:
            raise DeadlinePassed
        arriving = self._arriving
        if not arriving.active:
            arriving.start(self._arrive)
        self._waiting = _current()
        arriving.ref = True
        try:
            self._switch()
        except DeadlinePassed:
            if self._read is None:
                raise
            self._late = True
        finally:
            self._waiting = None
            arriving.ref = False
            if self._turn is not None:
                self._turn.stop()  # not left for later where something else was faster
                self._turn = None

    def _arrive(self) -> None:
        waiting = self._waiting
        if waiting is None:
            self._arriving.stop()
            return
        try:
            self._read = self._receive(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._read = error
        self.arrived_at = monotonic()
        self._waiting = None  # more of it stays with the kernel until it is asked for
        self._turn = self._run_callback(waiting.switch)

    def idle(self) -> bool:
        return not self._poll(0)

    def close(self) -> None:
        self._arriving.stop()
        self._arriving.close()
        self._socket.close()


class TlsTransport:
    __slots__ = ("_socket", "arrived_at")

    def __init__(self, connected: Any) -> None:
        self._socket = connected
        self.arrived_at = 0.0

    def send_all(self, data: bytes) -> None:
        self._socket.sendall(data)

    def receive(self) -> bytes:
        try:
            data: bytes = self._socket.recv(RECEIVE_BYTES)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        finally:
            self.arrived_at = monotonic()
        return data

    def idle(self) -> bool:
        # Readable bytes need not be an answer or an end: TLS 1.3 sends session tickets at any time. Ask TLS itself.
        self._socket.settimeout(0.0)
        try:
            self._socket.recv(1)
        except (ssl.SSLWantReadError, BlockingIOError):
            self._socket.settimeout(None)
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        self._socket.close()


def connect(addresses: tuple[Address, ...]) -> Any:
    """A connected socket, non-blocking and known to no event loop, at the first address that takes it; the last error
    when none does. gevent's own socket brings two watchers and a wrapper around each call: half of what a connection costs."""
    failed: OSError | None = None
    for family, address in addresses:
        stream = _socket(family, socket.SOCK_STREAM)
        try:
            stream.setblocking(False)
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _connect(stream, address)
        except OSError as error:
            stream.close()
            failed = error
        except BaseException:
            stream.close()
            raise
        else:
            return stream
    assert failed is not None, "a name resolves to one address at least"
    raise failed


def _connect(stream: Any, address: Any) -> None:
    code = stream.connect_ex(address)
    if code in _UNDER_WAY:  # to a near target it is done already
        _wait_until_writable(stream)
        code = stream.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


def _wait_until_writable(raw: Any) -> None:
    hub = gevent.get_hub()
    watcher = hub.loop.io(raw.fileno(), _WRITE)
    try:
        hub.wait(watcher)
    finally:
        watcher.close()


def cooperative(raw: Any) -> Any:
    """What `connect` returned as a gevent socket, for the tunnel and TLS."""
    return gevent.socket.socket(raw.family, raw.type, raw.proto, fileno=raw.detach())


def handshake(stream: Any, context: ssl.SSLContext, host: str) -> Any:
    """TLS over a connected socket; the name is sent and, if the context says so, verified."""
    try:
        secured: Any = context.wrap_socket(stream, server_hostname=host, do_handshake_on_connect=False)
    except BaseException:  # a name that TLS cannot carry
        stream.close()
        raise
    try:
        secured.do_handshake()
    except BaseException:  # gevent closes it after an OSError only, not when the deadline ends the wait
        secured.close()
        raise
    return secured
