"""What the audit may spend: requests, time, and a pace that does not load the target again."""

import threading
import time
from collections.abc import Callable

from scenarios.audit import TargetAudit


class BudgetSpentError(Exception):
    """There is no more to spend; the message says of what."""


class Budget:
    """Shared by all threads that read. `requests` and `pages` count what was spent."""

    def __init__(self, audit: TargetAudit, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:  # fmt: skip
        """Begin to count; the time begins now."""
        self._audit = audit
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._until = now() + audit.within
        self._next = now()
        self._stopped = ""
        self.requests = 0
        self.pages = 0

    def take(self) -> None:
        """Take one request and wait for its turn; raise BudgetSpentError where there is none left."""
        with self._lock:
            self._check()
            if self.requests >= self._audit.requests:
                raise BudgetSpentError(
                    f"the {self._audit.requests:,} requests of the profile are used up (audit.requests)"
                )
            self.requests += 1
            turn = max(self._next, self._now())
            self._next = turn + 1 / self._audit.requests_per_s
        self._sleep(max(0.0, turn - self._now()))

    def wait(self, seconds: float) -> None:
        """Wait as the target asked; raise BudgetSpentError where that is longer than there is time."""
        with self._lock:
            self._check()
            if self._now() + seconds > self._until:
                raise BudgetSpentError(f"the target asked to wait {seconds:g} s, longer than is left of audit.within")
        self._sleep(seconds)

    def page(self) -> None:
        """Count one page of a list."""
        with self._lock:
            self.pages += 1

    def stop(self, because: str) -> None:
        """Let nobody take any more."""
        self._stopped = because

    def _check(self) -> None:
        if self._stopped:
            raise BudgetSpentError(self._stopped)
        if self._now() > self._until:
            raise BudgetSpentError(f"the {self._audit.within:g} s of the profile are over (audit.within)")
