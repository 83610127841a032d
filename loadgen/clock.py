"""The run's clock: seconds from its start, the same on every worker."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class RunClock:
    """`zero` is the run's start on this process's monotonic clock, in s; None until the start is known."""

    zero: float | None = None

    def start_at_unix(self, unix_s: float, now_unix_s: float | None = None) -> None:
        """Set second 0 to a moment of this machine's wall clock (already corrected for its offset to the master)."""
        self.zero = time.monotonic() + (unix_s - (time.time() if now_unix_s is None else now_unix_s))

    def set_back(self, by_s: float) -> None:
        """Say that it is `by_s` earlier than was thought; latencies do not change, they are differences."""
        assert self.zero is not None, "the run has not started"
        self.zero += by_s

    def second(self, monotonic_s: float) -> float:
        """Return seconds from the run's start of a moment on the monotonic clock; negative before it."""
        return monotonic_s - self.zero if self.zero is not None else -1.0

    def now(self) -> float:
        """Return seconds from the run's start."""
        return self.second(time.monotonic())

    def monotonic(self, second: float) -> float:
        """Return the moment on the monotonic clock of a second of the run."""
        assert self.zero is not None, "the run has not started"
        return self.zero + second
