"""The forecast of demand: which trend speaks, the paths that the weeks ahead may take, and their quantiles.

Calendar events and the season are multipliers: the history is divided by them before the fit, the paths multiplied after it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from analysis.figures import counted, number, percent
from analysis.growth.demand import Demand, Floats
from analysis.growth.fallback import wider
from analysis.growth.mixture import mixture_of
from analysis.growth.shape import shape_of
from analysis.growth.trend import Trend
from scenarios.calendar_event import CalendarEvent
from scenarios.errors import ScenarioError
from scenarios.growth_rate import GrowthRate
from scenarios.season import Season

HORIZON_WEEKS = 52
PATHS = 2000  # a P10 then comes from 200 paths, and is known to a percentile
SEED = 20250701
MIN_WEEKS = 13  # with fewer no interval is claimed
MIN_WEEKS_MODELS = 26  # with fewer the models can hardly be told apart, and what was assumed beforehand would speak
LEVEL_WEEKS = 4  # a given growth starts from their mean
P10, P50, P90 = 0.1, 0.5, 0.9


class Method(StrEnum):
    """Where a forecast comes from."""

    MODELS = "local linear trends, weighed by what they foretold"
    WIDER = "the wider of a line and a random walk"
    GIVEN = "given growth"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a forecast is made of: the demand and what is known or wished by hand. A what-if changes one of these."""

    demand: Demand
    events: tuple[CalendarEvent, ...] = ()
    season: Season | None = None
    growth: GrowthRate | None = None


class Drawn(Protocol):
    """What paths of ln demand can be drawn from: one trend, or many models by their weights."""

    def draw(self, weeks: int, paths: int, rng: np.random.Generator) -> Floats:
        """Return ln demand of the weeks ahead, shape (weeks, paths)."""
        ...


@dataclass(frozen=True, slots=True)
class Fitted:
    """What continues the history, the method, why this one, and what was assumed for it."""

    method: Method
    because: str
    drawn: Drawn
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Paths of the weekly peak, shape (weeks, paths), in the demand's unit; `because` says why this method.

    `interval_claimed` is false where growth was given: then all paths are one, and nothing is said of how sure it is.
    """

    demand: Demand
    method: Method
    because: str
    interval_claimed: bool
    paths: Floats
    assumptions: tuple[str, ...]

    def quantile(self, probability: float) -> Floats:
        """Return a quantile of each week ahead, shape (weeks,)."""
        return np.asarray(np.quantile(self.paths, probability, axis=1), dtype=np.float64)


def forecast(outlook: Outlook, weeks: int = HORIZON_WEEKS, paths: int = PATHS, seed: int = SEED) -> Forecast:
    """Return the paths of the weeks ahead; raise ScenarioError where the history is too short to have any and none was given."""
    demand = outlook.demand
    if outlook.growth is None and demand.measured < MIN_WEEKS:
        found = (
            f"{demand.source}: has {counted(demand.measured, 'week')}; expected at least {MIN_WEEKS} to forecast from"
        )
        raise ScenarioError([f'{found}; give the growth you expect, such as --growth "40 % per year"'])
    shape = shape_of(demand, weeks, outlook.events, outlook.season)
    logs = demand.logs() - shape.logs[: demand.weeks]
    fitted = fit(logs) if outlook.growth is None else given(logs, outlook.growth)
    drawn = fitted.drawn.draw(weeks, paths, np.random.default_rng(seed))
    return Forecast(
        demand=demand,
        method=fitted.method,
        because=fitted.because,
        interval_claimed=fitted.method is not Method.GIVEN,
        paths=np.exp(drawn + shape.logs[demand.weeks :, None]),
        assumptions=(*demand.assumptions, *shape.assumptions, *fitted.assumptions),
    )


def fit(logs: Floats) -> Fitted:
    """Return what continues ln demand, shape (weeks,), NaN where missing, at least 13 measured (docs/capacity.md)."""
    measured = int(np.isfinite(logs).sum())
    if measured >= MIN_WEEKS_MODELS:
        found = mixture_of(logs)
        weight = f"models without growth have {percent(found.without_growth)} of the weight"
        return Fitted(Method.MODELS, f"{counted(measured, 'week')} of history; {weight}", found)
    trend, name = wider(logs)
    because = f"{counted(measured, 'week')}, fewer than {MIN_WEEKS_MODELS}: {name}, the wider of the two"
    return Fitted(Method.WIDER, because, trend)


def given(logs: Floats, growth: GrowthRate) -> Fitted:
    """Return the growth that somebody gave, from the mean of the last four weeks on; the first week ahead has a week of it."""
    recent = np.flatnonzero(np.isfinite(logs))[-LEVEL_WEEKS:]
    since = logs.size - float(recent.mean())  # weeks from the middle of them to the first week ahead
    level = float(logs[recent].mean()) + since * growth.log_per_week
    per_year = number((np.exp(growth.log_per_week * HORIZON_WEEKS) - 1) * 100)
    told = f"growth of {growth.text}, as given, {per_year} % in {HORIZON_WEEKS} weeks; how sure that is nobody knows, so demand has no interval"
    return Fitted(Method.GIVEN, f"{growth.text}, as given", Trend(level=level, slope=growth.log_per_week), (told,))
