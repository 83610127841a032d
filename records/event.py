"""Events: what happened at one moment of a run."""

from dataclasses import dataclass
from enum import StrEnum

SAMPLED = (
    "audit sample: "  # begins the name of an alert that the audit's sample gives; the broken invariant's name follows
)


class EventKind(StrEnum):
    """What kind of thing happened."""

    STAGE = "stage"
    FAULT = "fault"
    ALERT = "alert"
    WORKER = "worker"
    STOP = "stop"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Event:
    """`at_s` seconds from the run's start."""

    at_s: float
    kind: EventKind
    name: str
    detail: str = ""
