"""What the audit's sample warned of while the load went on: read from the events of a run."""

from collections.abc import Iterable
from dataclasses import dataclass

from records.event import SAMPLED, Event, EventKind


@dataclass(frozen=True, slots=True)
class Warned:
    """The first warning of one invariant: its name, when (s from the run's start), the line with its witness, and how many there were."""

    invariant: str
    at_s: float
    line: str
    count: int


def warnings_of(events: Iterable[Event]) -> tuple[Warned, ...]:
    """Return the warnings of a run, one an invariant, in the order in which they came."""
    found: dict[str, list[Event]] = {}
    for event in sorted(events, key=lambda event: event.at_s):
        if event.kind is EventKind.ALERT and event.name.startswith(SAMPLED):
            found.setdefault(event.name.removeprefix(SAMPLED), []).append(event)
    return tuple(Warned(name, alike[0].at_s, alike[0].detail, len(alike)) for name, alike in found.items())
