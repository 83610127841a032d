"""Windows: what one operation did in one second, by the second in which its requests were meant to start.

A line of `windows.jsonl` adds to what earlier lines said of the same second and operation: a slow answer
arrives after its second was first written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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


GENERATOR_KIND = "generator"  # the kind of an error that is our own machine's: it ran out of ports, descriptors, memory


_OUTCOMES = {
    outcome.value: outcome for outcome in Outcome
}  # a look-up takes a fifth of what making one of its name does


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """So many requests ended by one error.

    `kind` is a failure class of the client (`timeout, reset, refused, dns, tls, protocol, too_large, aborted, generator`), or
    `status` (a whole answer with such a status), `shape` (an answer without what was asked for), `judged` (by a journey).
    `text` is normalised: it holds no id, port, address or number of bytes.
    """

    outcome: Outcome
    kind: str
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Window:
    """One second of one operation: counts by outcome, bytes received, and two sparse histograms in us.

    `response_us` counts from the intended start, `service_us` from the send; both in the form of
    `Histogram.sparse`. They hold the outcomes of `TIMED` only. `errors` says why requests failed. `within_limit` holds
    pairs of an objective's limit in us and how many values of `response_us` in the limit's own bucket are at most the limit.
    """

    second: int
    operation: str
    outcomes: dict[Outcome, int]
    response_us: list[int]
    service_us: list[int]
    received_bytes: int
    errors: tuple[ErrorCount, ...] = ()
    within_limit: tuple[tuple[int, int], ...] = ()

    def as_record(self) -> dict[str, Any]:
        """Return the line's content; `errors` and `within_limit` only where there are any."""
        record: dict[str, Any] = {
            "second": self.second,
            "operation": self.operation,
            "outcomes": {outcome.value: count for outcome, count in self.outcomes.items()},
            "response_us": self.response_us,
            "service_us": self.service_us,
            "received_bytes": self.received_bytes,
        }
        if self.errors:
            record["errors"] = [[error.outcome.value, error.kind, error.text, error.count] for error in self.errors]
        if self.within_limit:
            record["within_limit"] = [list(pair) for pair in self.within_limit]
        return record

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Window":
        """Return the window of a line; raise KeyError, TypeError or ValueError where it is damaged."""
        return cls(
            second=int(record["second"]),
            operation=str(record["operation"]),
            outcomes=outcomes_of(record["outcomes"]),
            response_us=_list(record["response_us"]),
            service_us=_list(record["service_us"]),
            received_bytes=int(record["received_bytes"]),
            errors=errors_of(record.get("errors", ())),
            within_limit=edges_of(record.get("within_limit", ())),
        )


def outcomes_of(counts: Mapping[str, Any]) -> dict[Outcome, int]:
    """Return the outcomes of a line; raise KeyError, TypeError or ValueError where they are damaged."""
    return {_OUTCOMES[name]: int(count) for name, count in counts.items()}


def errors_of(rows: Iterable[Sequence[Any]]) -> tuple[ErrorCount, ...]:
    """Return the errors of a line; raise TypeError or ValueError where they are damaged."""
    return tuple(ErrorCount(Outcome(outcome), str(kind), str(text), int(count)) for outcome, kind, text, count in rows)


def edges_of(rows: Iterable[Sequence[Any]]) -> tuple[tuple[int, int], ...]:
    """Return the pairs of limit and count of a line; raise TypeError or ValueError where they are damaged."""
    return tuple((int(limit_us), int(count)) for limit_us, count in rows)


def _list(value: Any) -> list[int]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.40} is no list of bucket gaps and counts")
    return value
