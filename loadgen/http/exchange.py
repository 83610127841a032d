"""What one attempt was: the record handed to the observer, exactly once per request sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loadgen.http.failure import FailureClass

if TYPE_CHECKING:  # response imports exchange
    from loadgen.http.response import Response


@dataclass(slots=True, eq=False)
class Exchange:
    """One attempt. Times are `time.monotonic` seconds, phases microseconds; a phase that did not happen is None.

    `started_at` is the moment of the send; before that (a failed connect) it is the moment the attempt began.
    `ended_at` is the arrival of the last byte or the failure. `status` is 0 when no response was understood.
    """

    name: str
    method: str
    url: str
    intended_at: float
    started_at: float = 0.0
    ended_at: float = 0.0
    status: int = 0
    failure: FailureClass | None = None
    failure_text: str = ""
    request_bytes: int = 0
    response_bytes: int = 0
    connect_us: int | None = None
    tls_us: int | None = None
    send_us: int | None = None
    first_byte_us: int | None = None
    body_us: int | None = None
    new_connection: bool = False
    stale: bool = False
    on_reused: bool = False
    outcome_override: Literal["success", "failure"] | None = None
    response: Response | None = None

    @property
    def response_us(self) -> int:
        """From the intended start to the end: what the user waited."""
        return int((self.ended_at - self.intended_at) * 1e6)

    @property
    def service_us(self) -> int:
        """From the send to the end: what the target took."""
        return int((self.ended_at - self.started_at) * 1e6)


@dataclass(slots=True)
class ConnectionCounters:
    """Connections of all sessions that share the object. `stale`: found closed before a send, replaced at no cost to
    the request. `closed_by_peer`: the server ended it, idle or in use."""

    opened: int = 0
    reused: int = 0
    stale: int = 0
    closed_by_peer: int = 0
