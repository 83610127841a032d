"""What shapes weeks beside their trend: events of the calendar and the season, as ln of multipliers of past weeks and those ahead."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.figures import number
from analysis.growth.demand import WEEK, Demand, Floats
from analysis.growth.yearly import MIN_WEEKS, yearly
from scenarios.calendar_event import CalendarEvent
from scenarios.season import Season


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """ln of the factor of each week, shape (weeks of history + weeks ahead,), and what was assumed."""

    logs: Floats
    assumptions: tuple[str, ...]


def shape_of(demand: Demand, ahead: int, events: Sequence[CalendarEvent], season: Season | None) -> Shape:
    """Return events and season together. A season by hand goes before one that the history shows."""
    events_logs, told = _events(demand, ahead, events)
    season_logs, why = _season(demand, ahead, season, demand.logs() - events_logs[: demand.weeks])
    return Shape(events_logs + season_logs, (*told, *why))


def _events(demand: Demand, ahead: int, events: Sequence[CalendarEvent]) -> tuple[Floats, list[str]]:
    logs, told = np.zeros(demand.weeks + ahead), []
    for event in events:
        index = (event.day - demand.first) // WEEK
        name = f"{event.name} on {event.day} (× {event.factor:g})"
        if 0 <= index < logs.size:
            logs[index] += math.log(event.factor)
            past = index < demand.weeks
            told.append(
                f"{name}: the week of {demand.week(index)} {'was divided by it before the fit' if past else 'is multiplied'}"
            )
        else:
            told.append(f"{name}: no effect, it lies outside {demand.first} to {demand.week(logs.size)}")
    return logs, told


def _season(demand: Demand, ahead: int, season: Season | None, logs: Floats) -> tuple[Floats, list[str]]:
    weeks = demand.weeks + ahead
    if season is not None:
        factors = [season.of_week(demand.week(index)) for index in range(weeks)]
        return np.log(np.array(factors)), ["season by hand, by month"]
    if demand.weeks < MIN_WEEKS:
        return np.zeros(weeks), [
            f"no season: it needs {MIN_WEEKS} weeks of history or an index by hand, there are {demand.weeks}"
        ]
    found = yearly(logs, ahead)
    if found is None:
        return np.zeros(weeks), [f"no season: {demand.weeks} weeks show none"]
    low, high = np.exp(found.logs.min()), np.exp(found.logs.max())
    return found.logs, [
        f"season as {demand.weeks} weeks show it, × {number(float(low))} to × {number(float(high))}; how sure it is adds nothing to the interval"
    ]
