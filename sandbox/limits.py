"""Rate limits of the real system, per client address and operation, in windows that begin with the first request."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.refusal import bad_request, too_many_requests

MINUTE_S, HOUR_S = 60.0, 3600.0
WINDOWS_KEPT = 200_000
"""When there are more, those that have ended are thrown out: addresses are the client's to choose."""
GUEST_FAILURES = 2
"""A guest address that failed so often has to solve a CAPTCHA for an hour."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in so many seconds."""

    requests: int
    window_s: float


DEVELOPMENT: Mapping[str, Limit] = {
    "POST /appointments/": Limit(50, HOUR_S),
    "POST /appointments/guest": Limit(10, HOUR_S),
    "GET /appointments/slots": Limit(100, MINUTE_S),
    "POST /payments/create-intent": Limit(50, MINUTE_S),
    "POST /payments/confirm": Limit(50, MINUTE_S),
    "POST /payments/refund": Limit(20, HOUR_S),
    "POST /auth/register-client": Limit(20, HOUR_S),
    "PUT /appointments/{id}/cancel": Limit(30, HOUR_S),
    "POST /appointments/{id}/reschedule": Limit(30, HOUR_S),
    "GET /payments/history": Limit(20, MINUTE_S),
}
PRODUCTION: Mapping[str, Limit] = {
    "POST /appointments/": Limit(30, HOUR_S),
    "POST /appointments/guest": Limit(3, HOUR_S),
    "GET /appointments/slots": Limit(60, MINUTE_S),
    "POST /payments/create-intent": Limit(10, MINUTE_S),
    "POST /payments/confirm": Limit(15, MINUTE_S),
    "POST /payments/refund": Limit(5, HOUR_S),
    "POST /auth/register-client": Limit(3, HOUR_S),
    "PUT /appointments/{id}/cancel": Limit(20, HOUR_S),
    "POST /appointments/{id}/reschedule": Limit(20, HOUR_S),
    "GET /payments/history": Limit(20, MINUTE_S),
    "POST /auth/login": Limit(20, MINUTE_S),
}
ANY_PATH = Limit(1000, MINUTE_S)
"""Per address and operation, in production only."""


class Limiter:
    """Counts requests by address and operation, and refuses those over the limit."""

    def __init__(
        self, limits: Mapping[str, Limit], anything_else: Limit | None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits
        self._anything_else = anything_else
        self._now = now
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    @classmethod
    def named(cls, name: str, now: Callable[[], float] = time.monotonic) -> "Limiter":
        """Return the limiter of "development" or "production"."""
        return cls(PRODUCTION, ANY_PATH, now) if name == "production" else cls(DEVELOPMENT, None, now)

    def admit(self, address: str, operation: str) -> None:
        """Count a request; raise a 429 where it is one too many."""
        limit = self._limits.get(operation, self._anything_else)
        if limit is not None and self._count(address, operation, limit.window_s) > limit.requests:
            raise too_many_requests()

    def admit_guest(self, address: str, captcha: str | None) -> None:
        """Raise a 400 where an address failed too often and shows no CAPTCHA."""
        ends, failures = self._windows.get((address, "guest failures"), (0.0, 0))
        if failures >= GUEST_FAILURES and self._now() < ends and not captcha:
            raise bad_request("CAPTCHA verification required", "captcha_required")

    def note_guest_failure(self, address: str) -> None:
        """Count a guest's booking that was refused."""
        self._count(address, "guest failures", HOUR_S)

    def _count(self, address: str, what: str, window_s: float) -> int:
        now = self._now()
        ends, count = self._windows.get((address, what), (0.0, 0))
        if now >= ends:
            ends, count = now + window_s, 0
            if len(self._windows) >= WINDOWS_KEPT:
                self._windows = {key: window for key, window in self._windows.items() if window[0] > now}
        self._windows[address, what] = ends, count + 1
        return count + 1


def address_of(peer: str | None, forwarded_for: str | None) -> str:
    """Return the client's address; who comes from loopback may name another, as uvicorn's proxy headers allow."""
    if forwarded_for and (peer is None or peer.startswith("127.") or peer == "::1"):
        return forwarded_for.split(",")[-1].strip()
    return peer or "unknown"
