"""One connection: opened, timed, used for one exchange after another, closed."""

import ssl
from collections.abc import Callable
from time import monotonic
from typing import Any

import gevent

from loadgen.http.deadline import Deadline
from loadgen.http.exchange import Exchange
from loadgen.http.failure import RequestError, Step, closed_without_response, from_os_error
from loadgen.http.origin import Origin
from loadgen.http.proxy import Proxy, of_proxy
from loadgen.http.reader import ResponseReader
from loadgen.http.resolve import Resolver
from loadgen.http.transport import PlainTransport, TlsTransport, Transport, connect, cooperative, handshake

# Looked up once: a member of an enum costs 0.2 us at each use in Python 3.11.
_SEND, _BODY, _FIRST_BYTE = Step.SEND, Step.BODY, Step.FIRST_BYTE

CONTINUE_WAIT_S = 1.0
"""How long a request with `Expect: 100-continue` waits for leave before it sends its body all the same."""


class _NoLeaveYet(BaseException):
    """The server said nothing to `Expect: 100-continue` in time."""


class Connection:
    """Belongs to one greenlet at a time. `step` says how far the attempt under way has come."""

    __slots__ = ("_max_header_bytes", "_proxy", "_step", "_transport", "deadline", "idle", "origin", "reader")

    def __init__(self, origin: Origin, max_header_bytes: int, max_body_bytes: int, proxy: Proxy | None = None) -> None:
        self.origin = origin
        self._proxy = proxy
        self._max_header_bytes = max_header_bytes
        self.deadline = Deadline()
        self.reader = ResponseReader(max_header_bytes, max_body_bytes)
        self._transport: Transport | None = None
        self._step = Step.RESOLVE
        self.idle: Callable[[], bool]
        """Open and silent; asked before each reuse."""

    def open(self, exchange: Exchange, resolver: Resolver, context: ssl.SSLContext | None) -> None:
        """Resolves, connects and, with a context, shakes hands. OSError or RequestError.

        `connect_us` counts the name as well, and the tunnel through a proxy."""
        begun_at = monotonic()
        stream = self._connect(resolver) if self._proxy is None else self._connect_by(self._proxy, resolver)
        connected_at = monotonic()
        exchange.connect_us = int((connected_at - begun_at) * 1e6)
        if context is None:
            self._transport = PlainTransport(stream)
        else:
            self._step = Step.HANDSHAKE
            self._transport = TlsTransport(handshake(stream, context, self.origin.host))
            exchange.tls_us = int((monotonic() - connected_at) * 1e6)
        self.idle = self._transport.idle

    def _connect(self, resolver: Resolver) -> Any:
        addresses = resolver.addresses(self.origin.host, self.origin.port)
        self._step = Step.CONNECT
        stream = connect(addresses)
        return cooperative(stream) if self.origin.secure else stream

    def _connect_by(self, proxy: Proxy, resolver: Resolver) -> Any:
        self._step = Step.PROXY
        try:
            stream = connect(resolver.addresses(proxy.origin.host, proxy.origin.port))
        except OSError as error:
            raise of_proxy(from_os_error(error, Step.CONNECT)) from error
        if not self.origin.secure:
            return stream
        self._step = Step.TUNNEL
        stream = cooperative(stream)
        try:
            proxy.open_tunnel(stream, self.origin, self._max_header_bytes)
        except BaseException:
            stream.close()
            raise
        return stream

    def step(self, exchange: Exchange) -> Step:
        if exchange.first_byte_us is not None:
            return _BODY
        if exchange.send_us is not None:
            return _FIRST_BYTE
        return self._step

    def perform(self, exchange: Exchange, request: bytes) -> None:
        """One attempt on the open connection: `reader` then holds the response. OSError or RequestError."""
        transport = self._transport
        assert transport is not None, "open() comes first"
        reader = self.reader
        reader.start(head_only=exchange.method == "HEAD")
        self._step = _SEND
        exchange.started_at = started_at = monotonic()
        try:
            transport.send_all(request)
        except (BrokenPipeError, ConnectionResetError) as error:
            self._answer_before_reset(exchange, error)
            return
        sent_at = monotonic()
        exchange.send_us = int((sent_at - started_at) * 1e6)
        data = transport.receive()
        first_at = ended_at = transport.arrived_at
        if not data:
            raise closed_without_response()
        exchange.first_byte_us = int((first_at - sent_at) * 1e6)
        while not reader.feed(data):
            data = transport.receive()
            ended_at = transport.arrived_at
            if not data:
                reader.eof()
                break
        exchange.body_us = int((ended_at - first_at) * 1e6)
        exchange.ended_at = ended_at

    def perform_expecting(self, exchange: Exchange, head: bytes, body: bytes) -> None:
        """As `perform`, for `Expect: 100-continue`: the body follows the server's leave, or a second's silence."""
        transport = self._transport
        assert transport is not None, "open() comes first"
        reader = self.reader
        reader.start(head_only=False)
        self._step = _SEND
        exchange.started_at = started_at = monotonic()
        exchange.request_bytes = len(head)
        transport.send_all(head)
        answered = self._await_leave(exchange, transport, started_at)
        if not answered:
            transport.send_all(body)
            exchange.request_bytes += len(body)
        sent_at = monotonic()
        exchange.send_us = int((sent_at - started_at) * 1e6)
        while not answered:
            data = transport.receive()
            if exchange.first_byte_us is None:
                exchange.first_byte_us = int((transport.arrived_at - sent_at) * 1e6)
            if not data:
                reader.eof()
                break
            answered = reader.feed(data)
        exchange.ended_at = transport.arrived_at
        if exchange.first_byte_us is not None:
            exchange.body_us = int((exchange.ended_at - sent_at) * 1e6) - exchange.first_byte_us

    def _await_leave(self, exchange: Exchange, transport: Transport, started_at: float) -> bool:
        """True when a final response came instead: the body stays here, and the connection cannot go on."""
        reader = self.reader
        try:
            with gevent.Timeout(CONTINUE_WAIT_S, _NoLeaveYet()):
                while not reader.interim:
                    data = transport.receive()
                    if not data:
                        reader.eof()
                    if reader.complete or reader.feed(data):
                        exchange.first_byte_us = int((transport.arrived_at - started_at) * 1e6)
                        reader.keep_alive = False
                        return True
        except _NoLeaveYet:
            pass
        return False

    def _answer_before_reset(self, exchange: Exchange, error: OSError) -> None:
        """A server may answer (413, 401) and close before it has read a large body; what it said counts."""
        transport, reader = self._transport, self.reader
        assert transport is not None, "a send failed on it"
        sent_at = monotonic()
        try:
            while not reader.complete:
                data = transport.receive()
                if not data:
                    reader.eof()
                elif reader.feed(data):
                    break
        except (OSError, RequestError):
            raise error from None
        exchange.ended_at = transport.arrived_at
        exchange.send_us = int((sent_at - exchange.started_at) * 1e6)
        exchange.first_byte_us = 0
        exchange.body_us = int((exchange.ended_at - sent_at) * 1e6)
        reader.keep_alive = False

    def close(self) -> None:
        self.deadline.close()
        self.reader.release()
        if self._transport is not None:
            self._transport.close()
            self._transport = None
            del self.idle
