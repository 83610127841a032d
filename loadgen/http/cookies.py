"""Cookies of one virtual user, by RFC 6265: domain, path, secure, expiry. Small, since every user has a jar."""

import ipaddress
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

COOKIES_MAX = 64
"""Cookies kept per user (browsers keep 50 to 180 per site); the oldest goes first."""
COOKIE_BYTES_MAX = 4_096
"""Name, value and attributes of one cookie (RFC 6265 section 6.1); a longer one is ignored, as in browsers."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f;]")


@dataclass(frozen=True, slots=True)
class Cookie:
    name: str
    value: str
    domain: str
    host_only: bool
    path: str
    secure: bool
    expires_at: float | None
    """Seconds since the epoch; None for the length of the session."""


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def domain_matches(host: str, domain: str) -> bool:
    """RFC 6265 section 5.1.3."""
    return host == domain or (host.endswith("." + domain) and not is_address(host))


def path_matches(path: str, cookie_path: str) -> bool:
    """RFC 6265 section 5.1.4."""
    if path == cookie_path:
        return True
    return path.startswith(cookie_path) and (cookie_path.endswith("/") or path[len(cookie_path)] == "/")


def default_path(target: str) -> str:
    path = target.partition("?")[0]
    cut = path.rfind("/")
    return path[:cut] if cut > 0 else "/"


def trusted(host: str, *, secure: bool) -> bool:
    """Whether Secure cookies may travel: over TLS, and to this machine, as browsers allow."""
    return secure or host in {"localhost", "::1"} or (host.startswith("127.") and is_address(host))


def parse_cookie(text: str, host: str, target: str, now_s: float) -> Cookie | None:
    """A Set-Cookie value, or None when it must be ignored. An expiry in the past comes back as such: it deletes."""
    if len(text) > COOKIE_BYTES_MAX:
        return None
    first, *attributes = text.split(";")
    name, equals, value = first.partition("=")
    name, value = name.strip(), value.strip()
    if not equals or not name or _UNSAFE.search(name + value):
        return None
    domain, host_only, path, secure = host, True, default_path(target), False
    expires_at: float | None = None
    max_age_at: float | None = None
    for attribute in attributes:
        key, _, given = (part.strip() for part in attribute.partition("="))
        match key.lower():
            case "domain" if given.strip("."):
                domain, host_only = given.lstrip(".").lower(), False
            case "path" if given.startswith("/"):
                path = given
            case "secure":
                secure = True
            case "max-age" if re.fullmatch(r"-?\d{1,15}", given):
                max_age_at = now_s + int(given)
            case "expires":
                expires_at = _date(given)
    if not host_only and domain == host:
        host_only = is_address(host) or "." not in host
    elif not host_only and ("." not in domain or not domain_matches(host, domain)):
        return None
    return Cookie(name, value, domain, host_only, path, secure, max_age_at if max_age_at is not None else expires_at)


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


class CookieJar:
    """What the server set, and the Cookie line of a request. Empty, it costs one truth test per request."""

    __slots__ = ("_line", "_line_for", "by_key")

    def __init__(self) -> None:
        self.by_key: dict[tuple[str, str, str], Cookie] = {}
        self._line = b""
        self._line_for: str | None = None  # host for which `_line` holds whatever the path

    def __len__(self) -> int:
        return len(self.by_key)

    def __iter__(self) -> Iterator[Cookie]:
        return iter(list(self.by_key.values()))

    def get(self, name: str, default: str | None = None) -> str | None:
        return next((c.value for c in self.by_key.values() if c.name == name), default)

    def set(self, name: str, value: str, *, domain: str, path: str = "/") -> None:
        if _UNSAFE.search(name + value) or "=" in name or not name:
            raise ValueError(f"cookie {name!r} holds a control character, ';' or '='; expected plain text")
        self._put(Cookie(name, value, domain.lower(), True, path, False, None))

    def clear(self) -> None:
        self.by_key.clear()
        self._line_for = None

    def store(self, values: list[str], host: str, target: str, now_s: float | None = None) -> None:
        """Takes the Set-Cookie values of one response."""
        now = time.time() if now_s is None else now_s
        for text in values:
            cookie = parse_cookie(text, host, target, now)
            if cookie is None:
                continue
            if cookie.expires_at is not None and cookie.expires_at <= now:
                self.by_key.pop((cookie.domain, cookie.path, cookie.name), None)
                self._line_for = None
            else:
                self._put(cookie)

    def _put(self, cookie: Cookie) -> None:
        key = (cookie.domain, cookie.path, cookie.name)
        if key not in self.by_key and len(self.by_key) >= COOKIES_MAX:
            del self.by_key[next(iter(self.by_key))]
        self.by_key[key] = cookie
        self._line_for = None

    def line(self, host: str, target: str, *, secure: bool, now_s: float | None = None) -> bytes:
        """`Cookie: …\\r\\n`, longest path first, or nothing."""
        if not self.by_key:
            return b""
        if self._line_for == host:
            return self._line
        now = time.time() if now_s is None else now_s
        path = target.partition("?")[0]
        travels = trusted(host, secure=secure)
        sent = [
            c
            for c in self.by_key.values()
            if (c.expires_at is None or c.expires_at > now)
            and (travels or not c.secure)
            and (host == c.domain if c.host_only else domain_matches(host, c.domain))
            and path_matches(path, c.path)
        ]
        sent.sort(key=lambda c: -len(c.path))
        line = f"Cookie: {'; '.join(f'{c.name}={c.value}' for c in sent)}\r\n".encode() if sent else b""
        # Cookies for any path that do not expire, none of them Secure: one line serves this host until the jar changes.
        if all(c.path == "/" and c.expires_at is None and not c.secure for c in self.by_key.values()):
            self._line, self._line_for = line, host
        return line
