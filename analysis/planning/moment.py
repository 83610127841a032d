"""Demand at a moment of the plan: the busiest week that must be carried, and what a month then brings."""

from dataclasses import dataclass

import numpy as np

from analysis.growth.demand import BUSY_WEEKS, Floats
from analysis.growth.forecast import LEVEL_WEEKS, Forecast
from scenarios.price import HOURS_PER_MONTH
from scenarios.price_list import Conversion

QUARTERS_WEEKS = (0, 13, 26, 52)  # now, and one, two and four quarters ahead
SECONDS_PER_WEEK = 7 * 86_400.0
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One moment, a draw for each path, shape (paths,).

    `busiest_per_s`: the peak hour of the busiest week of the quarter that ends then. `requests_per_month` and `bookings_per_month`
    by the mean of its last four weeks; `bookings_until`: all from now to then.
    """

    weeks_ahead: int
    busiest_per_s: Floats
    requests_per_month: Floats
    bookings_per_month: Floats
    bookings_until: Floats


def moment(forecast: Forecast, conversion: Conversion, weeks_ahead: int) -> Moment:
    """Return the demand so many weeks ahead; 0 is now, which is what was measured and has no spread."""
    paths = forecast.paths.shape[1]
    mean_of_peak = 1 / conversion.peak_to_mean
    if weeks_ahead == 0:
        recent = [value for value in forecast.demand.values if value is not None][-LEVEL_WEEKS:]
        busiest, peak = np.full(paths, forecast.demand.busiest_now), np.full(paths, float(np.mean(recent)))
    else:
        busiest = forecast.paths[max(0, weeks_ahead - BUSY_WEEKS) : weeks_ahead].max(axis=0)
        peak = forecast.paths[max(0, weeks_ahead - LEVEL_WEEKS) : weeks_ahead].mean(axis=0)
    requests = peak * mean_of_peak * SECONDS_PER_MONTH
    until = forecast.paths[:weeks_ahead].sum(axis=0) * mean_of_peak * SECONDS_PER_WEEK
    return Moment(
        weeks_ahead,
        busiest,
        requests,
        requests / conversion.requests_per_booking,
        until / conversion.requests_per_booking,
    )


def steady(rate_per_s: float, conversion: Conversion, paths: int) -> Moment:
    """Return the moment of a target rate at the peak hour, as if it were reached now."""
    rate = np.full(paths, rate_per_s)
    requests = rate / conversion.peak_to_mean * SECONDS_PER_MONTH
    return Moment(0, rate, requests, requests / conversion.requests_per_booking, np.zeros(paths))
