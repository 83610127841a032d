"""Names to addresses, once per target: a population of 10,000 users asks the name server once, not 10,000 times."""

import ipaddress
import socket
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import gevent.lock
import gevent.socket

EXPIRY_S = 60.0
"""How long an answer holds: long enough to cost nothing, short enough that a failover by DNS is followed in a run."""
FAILURE_EXPIRY_S = 1.0
"""How long a failed lookup holds, so that a dead name server is not asked by every user at once."""
NAMES_MAX = 256

Address = tuple[int, Any]
"""Socket family and the address as `connect` takes it."""


@dataclass(slots=True)
class _Entry:
    lock: Any = field(default_factory=lambda: gevent.lock.Semaphore(1))
    addresses: tuple[Address, ...] = ()
    error: socket.gaierror | None = None
    expires_at: float = 0.0
    turn: int = 0


class Resolver:
    """Caches `getaddrinfo`. Callers share one lookup under way, and take the addresses in turn."""

    def __init__(self, expiry_s: float = EXPIRY_S) -> None:
        self._expiry_s = expiry_s
        self._entries: dict[tuple[str, int], _Entry] = {}

    def addresses(self, host: str, port: int) -> tuple[Address, ...]:
        """All addresses of the name, each caller starting at the next one. OSError (gaierror) when there is none."""
        if (literal := _literal(host, port)) is not None:
            return literal
        entry = self._entries.get((host, port))
        if entry is None:
            if len(self._entries) >= NAMES_MAX:
                self._entries.clear()
            entry = self._entries[(host, port)] = _Entry()
        if time.monotonic() >= entry.expires_at:
            with entry.lock:
                if time.monotonic() >= entry.expires_at:
                    self._look_up(entry, host, port)
        if entry.error is not None:
            raise socket.gaierror(*entry.error.args)
        entry.turn += 1
        return in_turn(entry.addresses, entry.turn)

    def _look_up(self, entry: _Entry, host: str, port: int) -> None:
        try:
            found = gevent.socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
        except socket.gaierror as error:  # another OSError (out of descriptors) is ours, and no answer to keep
            entry.error, entry.addresses = error, ()
            entry.expires_at = time.monotonic() + FAILURE_EXPIRY_S
            return
        except UnicodeError as error:  # a label over 63 characters never reaches the name server
            entry.error, entry.addresses = socket.gaierror(socket.EAI_NONAME, str(error)), ()
            entry.expires_at = time.monotonic() + FAILURE_EXPIRY_S
            return
        entry.error = None
        entry.addresses = tuple((int(family), address) for family, _, _, _, address in found)
        entry.expires_at = time.monotonic() + self._expiry_s


@lru_cache(maxsize=NAMES_MAX)
def _literal(host: str, port: int) -> tuple[Address, ...] | None:
    """An address written as such needs no lookup."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    if version == 4:
        return ((int(socket.AF_INET), (host, port)),)
    if "%" in host:  # a scope, which getaddrinfo turns into a number
        return None
    return ((int(socket.AF_INET6), (host, port, 0, 0)),)


def in_turn(addresses: tuple[Address, ...], turn: int) -> tuple[Address, ...]:
    """The preferred family (that of the first address, RFC 6724) rotated by `turn`, the other family after it."""
    preferred = [a for a in addresses if a[0] == addresses[0][0]]
    others = [a for a in addresses if a[0] != addresses[0][0]]
    first = turn % len(preferred)
    return (*preferred[first:], *preferred[:first], *others)


shared_resolver = Resolver()
