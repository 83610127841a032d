"""The capacity date: when demand first exceeds capacity, 2,000 paths of demand against draws of capacity."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from analysis.figures import percent
from analysis.growth.demand import Demand, Floats
from analysis.growth.forecast import P10, P50, P90, SEED, Forecast

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class CapacityDate:
    """First days of weeks by which a tenth, half, nine tenths of the paths have exceeded capacity; None: not within the horizon.

    `reached_ratio`: share of paths that do within it. `horizon` is the first day after it.
    """

    p10: date | None
    p50: date | None
    p90: date | None
    reached_ratio: float
    horizon: date
    weeks: int

    @property
    def because(self) -> str:
        """Return why a date is missing, empty where P50 is there."""
        if self.p50 is not None:
            return ""
        if self.reached_ratio == 0:
            return f"not within {self.weeks} weeks in any of the paths"
        if self.p10 is None:
            return f"a risk of {percent(self.reached_ratio)} within {self.weeks} weeks, no date"
        return f"not within {self.weeks} weeks, but in {percent(self.reached_ratio)} of the paths"


def paired(draws: Floats, paths: int, seed: int = SEED) -> Floats:
    """Return one draw of capacity for each path, shape (paths,): the draws in an order of chance, as often as they are needed.

    The same seed and number of draws give the same order, so that draws of several resources of one world stay together.
    """
    order = np.random.default_rng([seed, draws.size]).permutation(draws.size)
    return np.resize(draws[order], paths)


def first_week(paths: Floats, capacity: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the first week ahead in which each path, shape (weeks, paths), exceeds its capacity, shape (paths,); NEVER if none."""
    over = paths > capacity
    return np.where(over.any(axis=0), over.argmax(axis=0), NEVER)


def capacity_date(forecast: Forecast, draws_per_s: Floats) -> CapacityDate:
    """Return the dates for capacity draws of any number, in the unit of the demand."""
    weeks, count = forecast.paths.shape
    first = first_week(forecast.paths, paired(draws_per_s, count))
    dates = [_date(forecast.demand, int(week)) for week in np.quantile(first, (P10, P50, P90), method="inverted_cdf")]
    reached = float((first != NEVER).mean())
    return CapacityDate(
        dates[0], dates[1], dates[2], reached, forecast.demand.week(forecast.demand.weeks + weeks), weeks
    )


def _date(demand: Demand, week: int) -> date | None:
    return None if week == NEVER else demand.week(demand.weeks + week)
