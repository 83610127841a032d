"""Demand: the peak hour of each week, from a history of traffic or from accepted runs, with what was assumed on the way."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analysis.figures import counted, listed, percent
from scenarios.errors import ScenarioError
from scenarios.traffic_history import Period, TrafficHistory, Unit

WEEK = timedelta(days=7)
MAX_MISSING = 0.25  # share of weeks; with more missing the series is not the one that was lived through
BUSY_WEEKS = 13  # a quarter: how far back "now" looks for its busiest week

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Demand:
    """The peak hour's rate (or users) of each week from the one that begins at `first`; None where nothing was measured.

    `assumptions` says in words what was taken for granted, one line each; they belong into whatever is made of it.
    """

    source: str
    unit: Unit
    timezone: str
    first: date
    values: tuple[float | None, ...]
    assumptions: tuple[str, ...] = ()

    @property
    def weeks(self) -> int:
        """Return how many weeks the series spans, the missing ones among them."""
        return len(self.values)

    @property
    def measured(self) -> int:
        """Return how many weeks have a value."""
        return sum(value is not None for value in self.values)

    @property
    def end(self) -> date:
        """Return the first day after the series: the first day of the first week ahead."""
        return self.week(self.weeks)

    @property
    def busiest_now(self) -> float:
        """Return the highest of the last quarter: what must be carried now."""
        return max(value for value in self._last(BUSY_WEEKS))

    def week(self, index: int) -> date:
        """Return the first day of a week; from `weeks` on they lie ahead."""
        return self.first + index * WEEK

    def logs(self) -> Floats:
        """Return ln of the values, shape (weeks,), NaN where missing: what the Kalman filter of statsmodels takes so."""
        return np.log(np.array([np.nan if value is None else value for value in self.values], dtype=np.float64))

    def _last(self, weeks: int) -> list[float]:
        recent = [value for value in self.values[-weeks:] if value is not None]
        return recent or [value for value in self.values if value is not None][-1:]


def weekly_peaks(history: TrafficHistory) -> Demand:
    """Return the weekly demand of a history; raise ScenarioError where more than a quarter of its weeks is missing.

    Days are put together from Monday to Sunday. A week with fewer days than most is left out: its busiest day may be missing.
    """
    if history.period is Period.WEEK:
        peaks = dict(zip(history.days, history.values, strict=True))
        return _series(peaks, history.file, history.unit, history.timezone, ())
    peaks, assumptions = _of_days(history.days, history.values)
    return _series(peaks, history.file, history.unit, history.timezone, assumptions)


def demand_of_rates(rates: Iterable[tuple[date, float]], unit: Unit, timezone: str, source: str) -> Demand:
    """Return the weekly demand of (day, rate) pairs, such as the highest rates of accepted runs: the highest of each week.

    Raise ScenarioError where there are fewer than two weeks, or a rate is not more than 0.
    """
    peaks: dict[date, float] = {}
    for day, rate in rates:
        if not rate > 0:
            raise ScenarioError([f"{source}: the rate of {day} is {rate:g} {unit.value}; expected more than 0"])
        monday = _monday(day)
        peaks[monday] = max(rate, peaks.get(monday, 0.0))
    if len(peaks) < 2:
        raise ScenarioError([f"{source}: has {counted(len(peaks), 'week')}; expected at least 2"])
    return _series(peaks, source, unit, timezone, (f"{source}: each week counts with the highest rate seen in it",))


def in_requests(demand: Demand, requests_per_user_s: float | None, where: str) -> Demand:
    """Return the demand in requests per s; users are multiplied, and the result says so. Raise ScenarioError without a factor."""
    if demand.unit is Unit.REQUESTS_PER_S:
        return demand
    if requests_per_user_s is None:
        raise ScenarioError(
            [
                f"{where}: traffic.requests_per_user_s is missing; {demand.source} counts users, and capacity is in requests per s"
            ]
        )
    return replace(
        demand,
        unit=Unit.REQUESTS_PER_S,
        values=tuple(None if value is None else value * requests_per_user_s for value in demand.values),
        assumptions=(
            *demand.assumptions,
            f"each concurrent user asks for {requests_per_user_s:g} requests per s ({where})",
        ),
    )


def _of_days(days: Sequence[date], values: Sequence[float]) -> tuple[dict[date, float], tuple[str, ...]]:
    peaks: dict[date, float] = {}
    seen: Counter[date] = Counter()
    for day, value in zip(days, values, strict=True):
        monday = _monday(day)
        seen[monday] += 1
        peaks[monday] = max(value, peaks.get(monday, 0.0))
    usual = Counter(seen.values()).most_common(1)[0][0]
    left_out = [monday for monday in peaks if seen[monday] < usual or peaks[monday] == 0]
    kept = {monday: peak for monday, peak in peaks.items() if monday not in left_out}
    if not left_out:
        return kept, ()
    named = listed([str(monday) for monday in left_out])
    why = f"fewer than {counted(usual, 'day')} or no traffic, so that the busiest day may be missing"
    return kept, (f"{counted(len(left_out), 'week')} left out for {why}: {named}",)


def _series(peaks: dict[date, float], source: str, unit: Unit, timezone: str, assumptions: tuple[str, ...]) -> Demand:
    if len(peaks) < 2:
        raise ScenarioError([f"{source}: has {counted(len(peaks), 'whole week')}; expected at least 2"])
    first, last = min(peaks), max(peaks)
    weeks = [first + index * WEEK for index in range((last - first).days // 7 + 1)]
    missing = [week for week in weeks if week not in peaks]
    if len(missing) > MAX_MISSING * len(weeks):
        found = (
            f"{source}: {len(missing)} of {len(weeks)} weeks are missing ({listed([str(week) for week in missing])})"
        )
        raise ScenarioError([f"{found}; expected at most {percent(MAX_MISSING)}; begin after the gap"])
    if missing:
        named = listed([str(week) for week in missing])
        assumptions = (*assumptions, f"{counted(len(missing), 'week')} missing and not filled in: {named}")
    return Demand(source, unit, timezone, first, tuple(peaks.get(week) for week in weeks), assumptions)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
