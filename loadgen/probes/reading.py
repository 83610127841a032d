"""What a probe reads at one moment, and why it may read nothing."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

MAX_REASON = 160  # characters: the first line of an error is enough


class Reading(NamedTuple):
    """One value of one metric."""

    metric: str
    value: float
    unit: str


@dataclass(slots=True)
class NoReading(Exception):  # noqa: N818 - a gap, not a defect
    """The probe has nothing to read now; `because` says why, in words and without secrets."""

    because: str


class Reader(Protocol):
    """Reads one probe. Used by one thread alone; what it keeps open it opens again by itself after a failure."""

    def read(self) -> list[Reading]:
        """Return the values of this moment; raise NoReading. It takes no longer than the probe's timeout, about."""

    def close(self) -> None:
        """Give back what is open."""


def reason(error: BaseException) -> str:
    """Return an error's first line, or its name where it says nothing."""
    words = str(error).strip().splitlines()
    return (words[0] if words else type(error).__name__)[:MAX_REASON]
