"""Proxies as the environment names them: absolute request lines for http, a tunnel by CONNECT for https.

Only on demand: a measurement must not go through a proxy unnoticed. Credentials of a proxy's URL go to the proxy alone and
are in no message and no `repr`.
"""

import base64
import re
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment
from urllib.request import proxy_bypass_environment as bypassed  # type: ignore[attr-defined]  # documented, not in typeshed

from loadgen.http.failure import FailureClass, RequestError, protocol_error, too_large
from loadgen.http.origin import Origin, origin_of

ORIGINS_MAX = 256
"""Origins whose proxy is remembered; a run has one or two."""
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)[ \r]")
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where it listens, and the line by which we are known to it (empty without user and password)."""

    origin: Origin
    authorization: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, url: str, variable: str) -> Self:
        """The proxy that an environment variable names. ValueError, without the credentials, when it is none we speak to."""
        whole = url if "://" in url else f"http://{url}"
        scheme, _, rest = whole.partition("://")
        place = rest.rpartition("@")[2]
        try:
            parts = urlsplit(whole)
            origin = origin_of(f"{scheme}://{place}")
        except ValueError:
            origin = None
        if origin is None or origin.secure:
            raise ValueError(f"{variable} is {scheme}://{place}; expected http://[user:password@]host[:port]")
        if parts.username is None:
            return cls(origin)
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        return cls(origin, b"Proxy-Authorization: Basic %b\r\n" % base64.b64encode(pair))

    def prefix(self, origin: Origin, direct: bytes) -> bytes:
        """Request line and Host of a plain request, out of those that would go to the origin itself."""
        method, _, rest = direct.partition(b" ")
        return b"%b %b%b%b" % (method, origin.base.encode("ascii"), rest, self.authorization)

    def open_tunnel(self, stream: Any, origin: Origin, max_header_bytes: int) -> None:
        """Asks on a connection to the proxy for one to the origin. OSError or RequestError when it gives none."""
        shown = f"[{origin.host}]" if ":" in origin.host else origin.host
        place = f"{shown}:{origin.port}".encode("ascii")
        stream.sendall(b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (place, place, self.authorization))
        head = b""
        while _HEAD_END not in head:
            data = stream.recv(max_header_bytes + 1 - len(head))
            if not data:
                raise RequestError(FailureClass.RESET, "proxy closed the connection without an answer")
            head += data
            if len(head) > max_header_bytes:
                raise too_large("headers of the proxy over their limit")
        status = _STATUS.match(head)
        if status is None:
            raise protocol_error("proxy answered with something that is not HTTP/1.1")
        code = int(status[1])
        if not 200 <= code < 300:
            raise refusal(code)
        if not head.endswith(_HEAD_END) or head.count(_HEAD_END) > 1:  # TLS: the client speaks first
            raise protocol_error("proxy sent more than its answer")


def refusal(status: int) -> RequestError:
    """What a proxy's own status means."""
    if status == 407:
        return RequestError(FailureClass.REFUSED, "proxy wants authentication (407)")
    return RequestError(FailureClass.REFUSED, f"proxy refused the tunnel ({status})")


def of_proxy(error: RequestError) -> RequestError:
    """A failure on the way to the proxy, named as such; a lack on this machine stays what it is."""
    if error.failure_class is FailureClass.GENERATOR:
        return error
    return RequestError(error.failure_class, f"proxy: {error.text}", f"proxy: {error.detail}")


class Proxies:
    """Which proxy serves which origin, by http_proxy, https_proxy, all_proxy and no_proxy."""

    def __init__(self, environment: dict[str, str]) -> None:
        """As `urllib.request.getproxies_environment` gives it. ValueError for a proxy we do not speak to."""
        self._environment = environment
        self._by_scheme = {
            scheme: Proxy.of(environment[key], f"{key}_proxy")
            for scheme in ("http", "https")
            if (key := scheme if scheme in environment else "all") in environment
        }
        self._known: dict[str, Proxy | None] = {}

    @classmethod
    def of_environment(cls) -> Self:
        """What the environment says now; later changes do not count."""
        return cls(getproxies_environment())

    def of_origin(self, origin: Origin) -> Proxy | None:
        """None: straight to the origin."""
        if origin.base not in self._known:
            if len(self._known) >= ORIGINS_MAX:
                self._known.clear()
            proxy = self._by_scheme.get("https" if origin.secure else "http")
            straight = bypassed(f"{origin.host}:{origin.port}", self._environment)
            self._known[origin.base] = None if straight else proxy
        return self._known[origin.base]
