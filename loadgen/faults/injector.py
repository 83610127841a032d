"""What breaks something and mends it again, one a kind of fault."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scenarios.target import Target


class FaultError(Exception):
    """A fault could not begin or end; one line: what was tried, what came of it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What faults act on: the target, the embedded sandbox's process (None: not ours), the run folder for what they write."""

    target: Target
    folder: Path
    sandbox_pid: int | None = None


class Injector(Protocol):
    """One fault that can be begun, looked at, and ended. Ending what is not broken does nothing."""

    def problem(self) -> str:
        """Return why this fault cannot be injected here, "" where it can; changes nothing."""

    def begin(self) -> str:
        """Break it; return in words what was done. Raise FaultError where it cannot be done."""

    def over(self) -> str:
        """Return in words how it came to its end by itself, "" as long as it did not."""

    def end(self) -> str:
        """Mend it; return in words what was done. Raise FaultError where it cannot be done."""
