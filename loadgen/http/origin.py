"""Where a request goes: an origin (scheme, host, port), the request line, and URLs put together."""

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

PREFIXES_MAX = 2_048
"""Request heads kept ready per origin. Paths with ids are unbounded; past this the store is emptied and starts anew."""
ORIGINS_MAX = 256
"""Origins kept; a run has one or two."""

_METHOD = re.compile(r"[A-Z][A-Z\-]{0,31}")
_HOST = re.compile(r"[0-9A-Za-z._\-:%]+")
# Everything RFC 3986 allows in path and query, and % so that what is already encoded stays as it is.
_TARGET_SAFE = "/?:@!$&'()*+,;=-._~%[]"


class Origin:
    """Shared by all sessions on one target, so that its rendered request heads exist once. Use `origin_of`."""

    __slots__ = ("base", "host", "port", "prefixes", "secure", "userinfo")

    def __init__(self, *, secure: bool, host: str, port: int) -> None:
        self.secure = secure
        self.host = host
        self.port = port
        scheme, usual = ("https", 443) if secure else ("http", 80)
        shown = f"[{host}]" if ":" in host else host
        self.base = f"{scheme}://{shown}" if port == usual else f"{scheme}://{shown}:{port}"
        self.prefixes: dict[tuple[str, str], bytes] = {}

    @property
    def authority(self) -> str:
        return self.base.partition("://")[2]

    def prefix(self, method: str, target: str) -> bytes:
        """Request line and Host; `target` as the caller wrote it, made safe here."""
        key = (method, target)
        found = self.prefixes.get(key)
        if found is None:
            if not _METHOD.fullmatch(method):
                raise ValueError(f"method {method!r} is not a token; expected e.g. GET or POST")
            found = f"{method} {safe_target(target)} HTTP/1.1\r\nHost: {self.authority}\r\n".encode("ascii")
            if len(self.prefixes) >= PREFIXES_MAX:
                self.prefixes.clear()
            self.prefixes[key] = found
        return found

    def __repr__(self) -> str:
        return f"Origin({self.base!r})"


_origins: dict[tuple[bool, str, int], Origin] = {}


def origin_of(url: str) -> Origin:
    """ValueError when the URL is not http(s) with a host."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"URL {url!r} has scheme {parts.scheme!r}; expected http or https")
    host = parts.hostname or ""
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    if not _HOST.fullmatch(host):
        raise ValueError(f"URL {url!r} has no usable host; expected http(s)://host[:port]")
    secure = parts.scheme == "https"
    port = parts.port if parts.port is not None else (443 if secure else 80)
    key = (secure, host, port)
    found = _origins.get(key)
    if found is None:
        if len(_origins) >= ORIGINS_MAX:
            _origins.clear()
        found = _origins[key] = Origin(secure=secure, host=host, port=port)
    return found


def credentials_of(url: str) -> tuple[str, str] | None:
    """User and password written into a URL, decoded."""
    parts = urlsplit(url)
    if parts.username is None:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def safe_target(target: str) -> str:
    """Path and query with everything a request line cannot hold percent-encoded, and the fragment cut off."""
    path = target.partition("#")[0]
    if not path.startswith("/"):
        path = "/" + path
    return quote(path, safe=_TARGET_SAFE)


def target_of(url: str) -> str:
    """Path and query of a URL."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def with_params(target: str, params: Mapping[str, object]) -> str:
    """`params` added to the query: None is left out, a list repeats its key, booleans as true and false."""
    pairs = [
        (key, str(one).lower() if isinstance(one, bool) else str(one))
        for key, value in params.items()
        for one in (value if isinstance(value, list | tuple) else (value,))
        if one is not None
    ]
    if not pairs:
        return target
    path, hash_, fragment = target.partition("#")
    joint = "&" if "?" in path else "?"
    return f"{path}{joint}{urlencode(pairs)}{hash_}{fragment}"


def absolute(base_url: str, location: str) -> str:
    return urljoin(base_url, location)
