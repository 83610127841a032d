"""The HTTP client of one virtual user: one request is one attempt, and one exchange for the observer."""

import base64
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import Any, Final

from loadgen.http.body import Data, decode_body, encode_body
from loadgen.http.connection import Connection
from loadgen.http.cookies import CookieJar
from loadgen.http.deadline import DeadlinePassed
from loadgen.http.exchange import ConnectionCounters, Exchange
from loadgen.http.failure import FailureClass, RequestError, deadline_passed, from_os_error
from loadgen.http.headers import CREDENTIALS, Headers, SessionHeaders, header_lines
from loadgen.http.origin import Origin, credentials_of, origin_of, target_of, with_params
from loadgen.http.proxy import Proxies, Proxy, refusal
from loadgen.http.reader import ResponseReader, check_transfer_coding
from loadgen.http.redirect import REDIRECTS, Hop, next_hop, too_many
from loadgen.http.resolve import Resolver, shared_resolver
from loadgen.http.response import CaughtResponse, Response
from loadgen.http.tls import tls_context
from loadgen.http.transport import RECEIVE_BYTES

ORIGINS_MAX: Final = 4
"""Idle connections kept per user, one an origin: its own and a few it was sent to."""
DEFAULT_HEADERS: Final = {"User-Agent": "rushhour", "Accept": "*/*", "Accept-Encoding": "gzip, deflate, br"}

REDIRECT: Final = " (redirect)"
"""Ends the name of every hop after the first."""
_ALWAYS_SIZED = frozenset({"POST", "PUT", "PATCH"})  # RFC 9110 section 8.6: these say Content-Length: 0


@dataclass(frozen=True, slots=True)
class _Call:
    """What a redirect needs to know of the request before it."""

    method: str
    origin: Origin
    target: str
    body: bytes
    type_line: bytes
    headers: Mapping[str, str] | None


@lru_cache(maxsize=64)
def _base_of(base_url: str) -> tuple[Origin, str, tuple[str, str] | None]:
    """Origin, path, user and password. Kept: every person of a run begins with the same URL, and taking it apart costs as
    much as a request."""
    base_path = target_of(base_url).partition("?")[0].rstrip("/")
    return origin_of(base_url), base_path, credentials_of(base_url)


class HttpSession:
    """Keeps one idle connection per origin, cookies, and headers. A request that fails does not raise: it returns a
    Response with status_code 0 and `error`. ValueError and TypeError are for a caller's own mistakes, before any send.

    `proxies` (default: none, whatever the environment says) are `Proxies.of_environment()`.
    `observer` gets every exchange exactly once. Greenlets may share a session: each request in flight has a connection
    of its own, and one of them is kept.
    """

    def __init__(  # noqa: PLR0913  # the calling habits of FastHttpUser
        self,
        base_url: str,
        *,
        timeout_s: float = 30.0,
        verify_tls: bool = True,
        headers: Mapping[str, str] | None = None,
        max_header_bytes: int = 64 * 1024,
        max_body_bytes: int = 8 * 2**20,
        max_redirects: int = 5,
        observer: Callable[[Exchange], None] | None = None,
        counters: ConnectionCounters | None = None,
        ca_file: str | None = None,
        resolver: Resolver = shared_resolver,
        proxies: Proxies | None = None,
    ) -> None:
        self._origin, self._base_path, userinfo = _base_of(base_url)
        self.base_url = self._origin.base + self._base_path
        self.timeout_s = timeout_s
        self.max_redirects = max_redirects
        self.observer = observer
        self.counters = counters if counters is not None else ConnectionCounters()
        self.cookies = CookieJar()
        self.headers = SessionHeaders({**DEFAULT_HEADERS, **(headers or {})})
        if userinfo is not None and "authorization" not in self.headers:
            self.headers["Authorization"] = basic_auth(*userinfo)
        self._limits = (max_header_bytes, max_body_bytes)
        self._tls = (verify_tls, ca_file)
        self._resolver = resolver
        self._proxies = proxies
        self._idle: dict[Origin, Connection] = {}
        self._name: str | None = None
        self._caught: CaughtResponse | None = None

    def request(  # noqa: PLR0913  # as above
        self,
        method: str,
        path: str,
        *,
        name: str | None = None,
        json: object = None,
        data: Data = None,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
        allow_redirects: bool = True,
        catch_response: bool = False,
        intended_at: float | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Response:
        """One attempt, and one more for each redirect followed, all within `timeout_s`.

        `path` is relative to the base URL, or a whole URL. `name` is the statistic's; give one to every path with an id.
        `intended_at` is when an open model wanted it sent (`time.monotonic`); default: now.
        """
        begun_at = monotonic()
        if self._caught is not None:
            self._release_caught()
        if auth is not None:
            headers = {**(headers or {}), "Authorization": basic_auth(*auth)}
        origin, target = self._origin, path
        if params is not None or self._base_path or path[:1] != "/":
            origin, target = self._place(path, params)
        body, type_line = (b"", b"") if json is None and data is None else encode_body(json, data)
        head = self._head(method, origin, target, body, type_line, headers)
        expires_at = begun_at + (self.timeout_s if timeout_s is None else timeout_s)
        kind = CaughtResponse if catch_response else Response
        exchange = Exchange(
            name or self._name or path, method, origin.base + target, begun_at if intended_at is None else intended_at
        )
        response = self._attempt(exchange, origin, target, head, body, expires_at, kind)
        if response.status_code in REDIRECTS and allow_redirects:
            call = _Call(method, origin, target, body, type_line, headers)
            return self._follow(call, exchange, response, expires_at)
        if catch_response:
            self._settle(response, exchange)
        elif self.observer is not None:
            self.observer(exchange)
        return response

    def get(self, path: str, **options: Any) -> Response:
        return self.request("GET", path, **options)

    def post(self, path: str, data: Data = None, json: object = None, **options: Any) -> Response:
        return self.request("POST", path, data=data, json=json, **options)

    def put(self, path: str, data: Data = None, json: object = None, **options: Any) -> Response:
        return self.request("PUT", path, data=data, json=json, **options)

    def patch(self, path: str, data: Data = None, json: object = None, **options: Any) -> Response:
        return self.request("PATCH", path, data=data, json=json, **options)

    def delete(self, path: str, **options: Any) -> Response:
        return self.request("DELETE", path, **options)

    def head(self, path: str, **options: Any) -> Response:
        return self.request("HEAD", path, **options)

    def options(self, path: str, **options: Any) -> Response:
        return self.request("OPTIONS", path, **options)

    @contextmanager
    def rename_request(self, name: str) -> Iterator[None]:
        """Requests in the block go by this name, unless they bring one."""
        before, self._name = self._name, name
        try:
            yield
        finally:
            self._name = before

    def close(self) -> None:
        """Reports what is still held and closes the idle connections. The session may be used again."""
        self._release_caught()
        while self._idle:
            self._idle.popitem()[1].close()

    # One attempt.

    def _attempt(
        self,
        exchange: Exchange,
        origin: Origin,
        target: str,
        head: bytes,
        body: bytes,
        expires_at: float,
        kind: type[Response],
    ) -> Response:
        begun_at = exchange.started_at = monotonic()
        exchange.request_bytes = len(head) + len(body)
        connection = self._take(origin, exchange)
        try:
            connection.deadline.begin(expires_at)
            if exchange.new_connection:
                connection.open(exchange, self._resolver, self._context(origin))
                self.counters.opened += 1
            if body and b"\r\nexpect: 100-continue\r\n" in head.lower():
                connection.perform_expecting(exchange, head, body)
            else:
                connection.perform(exchange, head + body if body else head)
            connection.deadline.waiting = None
            reader = connection.reader
            if reader.status == 407:
                self._check_proxy(origin)
            content = reader.content
            if reader.is_special():
                content = self._unwrapped(origin, target, reader, content)
        except RequestError as known:
            return self._failed(exchange, connection, known, begun_at, kind)
        except OSError as unknown:
            error = from_os_error(unknown, connection.step(exchange))
            return self._failed(exchange, connection, error, begun_at, kind)
        except DeadlinePassed:
            error = deadline_passed(connection.step(exchange), expires_at - begun_at)
            return self._failed(exchange, connection, error, begun_at, kind)
        except BaseException:  # the user is stopped in flight, or gave itself a gevent.Timeout
            error = RequestError(FailureClass.ABORTED, "stopped in flight")
            self._failed(exchange, connection, error, begun_at, kind)
            self._report(exchange)
            raise
        exchange.status = reader.status
        exchange.response_bytes = reader.received
        response = exchange.response = kind(exchange.url, reader.status, reader.fields, content)
        response.elapsed_s = exchange.ended_at - begun_at
        if reader.keep_alive and origin not in self._idle:
            self._keep(connection)
        else:
            self._let_go(connection)
        return response

    def _head(
        self,
        method: str,
        origin: Origin,
        target: str,
        body: bytes,
        type_line: bytes,
        headers: Mapping[str, str] | None,
    ) -> bytes:
        lines = self.headers.home if origin is self._origin else self.headers.abroad
        brings_cookie = False
        if headers:
            brought, own = header_lines(tuple(headers.items()))
            if not own.isdisjoint(self.headers.keys_lower):
                lines = self.headers.without(own, abroad=origin is not self._origin)
            lines += brought
            if "content-type" in own:
                type_line = b""
            brings_cookie = "cookie" in own
        if self.cookies.by_key and not brings_cookie and "cookie" not in self.headers.keys_lower:
            lines += self.cookies.line(origin.host, target, secure=origin.secure)
        prefix = origin.prefixes.get((method, target)) or origin.prefix(method, target)
        if self._proxies is not None and not origin.secure and (proxy := self._proxy(origin)) is not None:
            prefix = proxy.prefix(origin, prefix)
        if body:
            return b"%b%b%bContent-Length: %d\r\n\r\n" % (prefix, lines, type_line, len(body))
        return prefix + lines + (b"Content-Length: 0\r\n\r\n" if method in _ALWAYS_SIZED else b"\r\n")

    def _take(self, origin: Origin, exchange: Exchange) -> Connection:
        """The idle connection if it still lives, else a new one, not open yet: one look before the send, no second try
        after it."""
        connection = self._idle.pop(origin, None)
        if connection is not None:
            if connection.idle():
                exchange.on_reused = True
                self.counters.reused += 1
                return connection
            connection.close()
            exchange.stale = True
            self.counters.stale += 1
            self.counters.closed_by_peer += 1
        exchange.new_connection = True
        return Connection(origin, *self._limits, self._proxy(origin))

    def _keep(self, connection: Connection) -> None:
        idle = self._idle
        if connection.reader.received > RECEIVE_BYTES:
            connection.reader.start(head_only=False)  # 10,000 idle users must not each hold their last large body
        if len(idle) >= ORIGINS_MAX:
            idle.pop(next(iter(idle))).close()
        idle[connection.origin] = connection

    def _let_go(self, connection: Connection) -> None:
        """The server will close, or has; or a request of another greenlet was faster to give its connection back."""
        if not connection.reader.keep_alive:
            self.counters.closed_by_peer += 1
        connection.close()

    def _proxy(self, origin: Origin) -> Proxy | None:
        return None if self._proxies is None else self._proxies.of_origin(origin)

    def _check_proxy(self, origin: Origin) -> None:
        """RequestError when a 407 is the proxy's own; through a tunnel it is the origin's."""
        if not origin.secure and self._proxy(origin) is not None:
            raise refusal(407)

    def _context(self, origin: Origin) -> ssl.SSLContext | None:
        verify, ca_file = self._tls
        return tls_context(verify=verify, ca_file=ca_file) if origin.secure else None

    def _unwrapped(self, origin: Origin, target: str, reader: ResponseReader, content: bytes) -> bytes:
        """Takes the cookies and undoes the content coding. RequestError when it is broken."""
        found = Headers(reader.fields).get_list("set-cookie")
        if found:
            self.cookies.store(found, origin.host, target)
        check_transfer_coding(reader)
        coding = reader.header("content-encoding")
        return content if coding is None or not content else decode_body(content, coding, self._limits[1])

    def _failed(
        self, exchange: Exchange, connection: Connection, error: RequestError, begun_at: float, kind: type[Response]
    ) -> Response:
        """Writes the failure down and closes the connection: whatever else it brings belongs to no request."""
        exchange.ended_at = monotonic()
        exchange.response_bytes = connection.reader.received
        exchange.failure = error.failure_class
        exchange.failure_text = error.text
        if error.failure_class is FailureClass.RESET:
            self.counters.closed_by_peer += 1
        connection.close()
        response = exchange.response = kind(exchange.url, 0, (), b"")
        response.error = error
        response.elapsed_s = exchange.ended_at - begun_at
        return response

    # Redirects, and the report.

    def _follow(self, call: _Call, exchange: Exchange, response: Response, expires_at: float) -> Response:
        """Each hop is an exchange of its own, named like the first with " (redirect)" after it."""
        name = exchange.name + REDIRECT
        hops = 0
        while response.status_code in REDIRECTS and (location := response.headers.get("location")) is not None:
            try:
                if hops == self.max_redirects:
                    raise too_many(self.max_redirects)
                hop = next_hop(call.method, response.status_code, location, exchange.url)
            except RequestError as error:
                exchange.failure, exchange.failure_text = error.failure_class, error.text
                response.error = error
                break
            self._report(exchange)
            hops += 1
            call = _next_call(call, hop)
            head = self._head(call.method, call.origin, call.target, call.body, call.type_line, call.headers)
            exchange = Exchange(name, call.method, call.origin.base + call.target, monotonic())
            response = self._attempt(exchange, call.origin, call.target, head, call.body, expires_at, type(response))
        self._settle(response, exchange)
        return response

    def _settle(self, response: Response, exchange: Exchange) -> None:
        if isinstance(response, CaughtResponse):
            response.hold(exchange, self._report)
            self._release_caught()
            self._caught = response
        else:
            self._report(exchange)

    def _report(self, exchange: Exchange) -> None:
        if self.observer is not None:
            self.observer(exchange)

    def _release_caught(self) -> None:
        """A response caught but never entered is reported now, at the latest; one inside its block reports itself."""
        caught, self._caught = self._caught, None
        if caught is not None and not caught.entered:
            caught.release()

    def _place(self, path: str, params: Mapping[str, object] | None) -> tuple[Origin, str]:
        if path.startswith(("http://", "https://")):
            origin, target = origin_of(path), target_of(path)
        else:
            origin, target = self._origin, f"{self._base_path}/{path.removeprefix('/')}"
        return origin, with_params(target, params) if params else target


def _next_call(call: _Call, hop: Hop) -> _Call:
    dropped = set() if hop.keep_credentials else set(CREDENTIALS)
    if not hop.keep_body:
        dropped |= {"content-type", "expect"}
    headers = {n: v for n, v in (call.headers or {}).items() if n.lower() not in dropped}
    body, type_line = (call.body, call.type_line) if hop.keep_body else (b"", b"")
    return _Call(hop.method, hop.origin, hop.target, body, type_line, headers or None)


def basic_auth(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
