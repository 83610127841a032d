"""Redirects as a pure rule: status, method and Location in, the next hop out (RFC 9110 section 15.4)."""

from dataclasses import dataclass

from loadgen.http.failure import RequestError, protocol_error
from loadgen.http.origin import Origin, absolute, origin_of, target_of

REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Hop:
    method: str
    origin: Origin
    target: str
    keep_body: bool
    keep_credentials: bool


def next_hop(method: str, status: int, location: str, url: str) -> Hop:
    """303 asks for GET (HEAD stays HEAD); 301 and 302 turn POST into GET, as browsers do; 307 and 308 change nothing.
    Credentials stay within the origin. RequestError when the Location leads nowhere."""
    try:
        there = absolute(url, location.strip())
        origin = origin_of(there)
        target = target_of(there)
    except ValueError as error:
        raise _bad(location, error) from error
    to_get = (status == 303 and method not in ("GET", "HEAD")) or (status in (301, 302) and method == "POST")
    return Hop(
        method="GET" if to_get else method,
        origin=origin,
        target=target,
        keep_body=not to_get,
        keep_credentials=origin.base == origin_of(url).base,
    )


def _bad(location: str, error: ValueError) -> RequestError:
    return protocol_error("redirect to an unusable address", f"redirect to {location!r}: {error}")


def too_many(limit: int) -> RequestError:
    return protocol_error("too many redirects", f"more than {limit} redirects")
