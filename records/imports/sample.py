"""Requests of another tool in the terms of our records: when, what, how it ended, how long it took."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from records.window import Outcome

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
MAX_TEXT_CHARACTERS = 120  # as the recorder cuts the texts of errors


class Ending(NamedTuple):
    """How requests ended. `kind` and `text` as in `records.window.ErrorCount`; empty where nothing failed."""

    outcome: Outcome
    kind: str = ""
    text: str = ""


OK = Ending(Outcome.OK)
REFUSED = Ending(Outcome.REFUSED)


@dataclass(frozen=True, slots=True)
class Samples:
    """Requests, all arrays of shape (n,): start in s since the epoch, service time in us, and indices into names and endings."""

    start_s: Floats
    latency_us: Floats
    operation: Ints
    names: Sequence[str]
    ending: Ints
    endings: Sequence[Ending]


def of_status(status: int) -> Ending:
    """Return how an answer with this HTTP status ended by the status alone."""
    if status < 400:
        return OK
    text = f"status {status}"
    if status == 429:
        return Ending(Outcome.RATE_LIMITED, "status", text)
    return Ending(Outcome.SERVER_ERROR if status >= 500 else Outcome.CLIENT_ERROR, "status", text)


def judged(text: str) -> Ending:
    """Return the ending of a whole answer that the tool's own checks called a failure."""
    return Ending(Outcome.SERVER_ERROR, "judged", text[:MAX_TEXT_CHARACTERS] or "called a failure by the tool")


def of_message(message: str) -> Ending:
    """Return the ending of a request without an answer, from the words of an exception: a timeout, or another failure to connect."""
    text = message[:MAX_TEXT_CHARACTERS] or "no answer"
    if "timeout" in message.lower().replace(" ", "") or "timed out" in message.lower():
        return Ending(Outcome.TIMEOUT, "timeout", text)
    return Ending(Outcome.CONNECTION_ERROR, "protocol", text)
