"""Events of the calendar as multipliers by hand: "Black Friday=2.5@2027-11-26"."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from scenarios.errors import ScenarioError

MAX_FACTOR = 100.0  # beyond it the number is a rate, not a multiplier
MAX_EVENTS = 50  # more would be a season: give that as an index
_EVENT = re.compile(r"^\s*(?P<name>[^=@]+?)\s*=\s*(?P<factor>\d+(?:\.\d+)?)\s*@\s*(?P<day>\S+)\s*$")


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """The peak hour of the week of `day` is `factor` times what it would be without it."""

    name: str
    factor: float
    day: date


def parse_event(text: str, where: str = "--event") -> CalendarEvent:
    """Return the event of a text; raise ScenarioError where it is none."""
    expected = 'expected NAME=FACTOR@DATE, such as "Black Friday=2.5@2027-11-26"'
    match = _EVENT.match(text)
    if match is None:
        raise ScenarioError([f'{where}: "{text}" is no event; {expected}'])
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        raise ScenarioError([f'{where}: "{text}" has the date "{match["day"]}"; {expected}']) from None
    factor = float(match["factor"])
    if not 0 < factor <= MAX_FACTOR:
        raise ScenarioError(
            [f'{where}: "{text}" has the factor {factor:g}; expected more than 0 and at most {MAX_FACTOR:g}']
        )
    return CalendarEvent(match["name"], factor, day)


def twice(events: Sequence[CalendarEvent], where: str) -> list[str]:
    """Return a line for each event that is given again: its week would be multiplied twice."""
    seen = Counter((event.name, event.day) for event in events)
    return [
        f"{where}: {name} on {day} is given {count} times; expected it once"
        for (name, day), count in seen.items()
        if count > 1
    ]


def parse_events(texts: tuple[str, ...], where: str = "--event") -> tuple[CalendarEvent, ...]:
    """Return the events of several texts; raise ScenarioError with a line for each bad one, and for too many."""
    problems: list[str] = []
    events: list[CalendarEvent] = []
    for text in texts:
        try:
            events.append(parse_event(text, where))
        except ScenarioError as error:
            problems += error.problems
    problems += twice(events, where)
    if len(texts) > MAX_EVENTS:
        problems.append(
            f"{where}: {len(texts)} events; expected at most {MAX_EVENTS}, give what comes each year as a season"
        )
    if problems:
        raise ScenarioError(problems)
    return tuple(events)
