"""Windows: what one operation did in one second, by the second in which its requests were meant to start.

A line of `windows.jsonl` adds to what earlier lines said of the same second and operation: a slow answer
arrives after its second was first written.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a request ended. `refused` is business (slot taken, card declined on purpose), not a failure."""

    OK = "ok"
    REFUSED = "refused"
    RATE_LIMITED = "rate_limited"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    CONNECTION_ERROR = "connection_error"
    ABORTED = "aborted"


SERVED = frozenset({Outcome.OK, Outcome.REFUSED})
FAILED = frozenset({Outcome.SERVER_ERROR, Outcome.TIMEOUT, Outcome.CONNECTION_ERROR})
TIMED = SERVED | FAILED  # what latency histograms hold: a rate limiter's quick "no" would flatter them
PAYMENT_FLOW = (
    "payment end to end"  # the one operation that is a flow of several requests, left out of "all operations"
)


@dataclass(frozen=True, slots=True)
class Window:
    """One second of one operation: counts by outcome, bytes received, and two sparse histograms in us.

    `response_us` counts from the intended start, `service_us` from the send; both in the form of
    `Histogram.sparse`. They hold the outcomes of `TIMED` only.
    """

    second: int
    operation: str
    outcomes: dict[Outcome, int]
    response_us: list[int]
    service_us: list[int]
    received_bytes: int

    def as_record(self) -> dict[str, Any]:
        """Return the line's content."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Window":
        """Return the window of a line; raise KeyError, TypeError or ValueError where it is damaged."""
        return cls(
            second=int(record["second"]),
            operation=str(record["operation"]),
            outcomes={Outcome(name): int(count) for name, count in record["outcomes"].items()},
            response_us=list(record["response_us"]),
            service_us=list(record["service_us"]),
            received_bytes=int(record["received_bytes"]),
        )
