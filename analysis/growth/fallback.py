"""What speaks where the local trend cannot: a straight line and a random walk with drift on ln demand, and the wider of the two.

Both are exact for what they assume, and neither assumes much; which of them is nearer cannot be told from few weeks.
"""

import math

import numpy as np
from scipy.stats import t

from analysis.growth.demand import Floats
from analysis.growth.trend import Trend

MIN_SD = 0.005  # of ln: no two weeks of a shop are closer than half a percent for long
MIN_WEEKS = 4  # a line and its scatter need three; one more, so that the scatter is not a single number
COMPARED_AT_WEEK = 13  # a quarter ahead


def straight_line(logs: Floats) -> Trend:
    """Return the least squares line through ln demand, shape (weeks,), NaN where missing; its interval is that of regression."""
    place = np.flatnonzero(np.isfinite(logs))
    ahead = place - logs.size  # the first week ahead is 0, so that the intercept is its level
    mean = float(ahead.mean())
    spread = float(((ahead - mean) ** 2).sum())
    slope = float(((ahead - mean) * logs[place]).sum()) / spread
    level = float(logs[place].mean()) - slope * mean
    residuals = logs[place] - level - slope * ahead
    variance = max(MIN_SD**2, float((residuals**2).sum()) / (place.size - 2))
    return Trend(
        level=level,
        slope=slope,
        variances=(variance * (1 / place.size + mean**2 / spread), variance / spread),
        covariance=-variance * mean / spread,
        sd_noise=math.sqrt(variance),
        dof=place.size - 2,
    )


def random_walk(logs: Floats) -> Trend:
    """Return the random walk with drift through ln demand, shape (weeks,), NaN where missing.

    The drift is that from the first value to the last (maximum likelihood); over a gap of k weeks a step has k times the variance.
    """
    place = np.flatnonzero(np.isfinite(logs))
    span = int(place[-1] - place[0])
    drift = float(logs[place[-1]] - logs[place[0]]) / span
    gaps = np.diff(place)
    steps = (np.diff(logs[place]) - drift * gaps) / np.sqrt(gaps)
    variance = max(MIN_SD**2, float((steps**2).sum()) / (gaps.size - 1))
    since = logs.size - int(place[-1])  # weeks from the last value to the first one ahead
    return Trend(
        level=float(logs[place[-1]]) + since * drift,
        slope=drift,
        variances=(variance * (since + since**2 / span), variance / span),
        covariance=variance * since / span,
        sd_level=math.sqrt(variance),
        dof=gaps.size - 1,
    )


def wider(logs: Floats) -> tuple[Trend, str]:
    """Return the wider of line and walk a quarter ahead, and its name in words."""
    line, walk = straight_line(logs), random_walk(logs)
    if _width(line) >= _width(walk):
        return line, "a straight line"
    return walk, "a random walk with drift"


def _width(trend: Trend) -> float:
    """Return half the 80 % interval of the week a quarter ahead, in closed form."""
    steps = COMPARED_AT_WEEK - 1
    variance = trend.variances[0] + 2 * steps * trend.covariance + steps**2 * trend.variances[1]
    variance += steps * trend.sd_level**2 + trend.sd_noise**2
    assert trend.dof is not None
    return float(t.ppf(0.9, trend.dof)) * math.sqrt(variance)
