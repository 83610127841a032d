"""What the generator says of itself, one sample a second and worker."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class GeneratorSample:
    """One worker's second. Lags and lateness in us; `planned` counts the arrivals due in this second.

    `loop_lag_us` and `lateness_us` are sparse histograms (see `records.histogram`). Descriptors and connections
    are totals so far. `busy` is how many users are inside a session.
    """

    second: int
    worker: str
    sequence: int
    users: int
    users_planned: int
    busy: int
    planned: int
    started: int
    late: int
    dropped: int
    lateness_us: list[int]
    loop_lag_us: list[int]
    cpu_ratio: float
    rss_bytes: int
    descriptors: int
    descriptor_limit: int
    connections_opened: int
    connections_reused: int
    connections_stale: int
    accounts_used_up: int = 0
    user_errors: int = 0

    def as_record(self) -> dict[str, Any]:
        """Return the line's content."""
        return {name: getattr(self, name) for name in FIELDS}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "GeneratorSample":
        """Return the sample of a line; raise TypeError where keys are missing or unknown."""
        return cls(**record)


FIELDS = tuple(field.name for field in fields(GeneratorSample))
