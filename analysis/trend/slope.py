"""Slow drift: Theil and Sen's slope, believed by Mann and Kendall's test.

Sources: P. K. Sen, J. Am. Stat. Assoc. 63 (1968) 1379; H. B. Mann, Econometrica 13 (1945) 245.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import kendalltau, theilslopes

from analysis.trend.lone import Levels

MIN_RUNS = 12
ALPHA = 0.01


@dataclass(frozen=True, slots=True)
class Slope:
    """`first` and `last`: the line's ends on the judged scale; `p_value` of a trend (two-sided)."""

    first: float
    last: float
    p_value: float


def slope_of(levels: Levels) -> Slope | None:
    """Return the slope of a series, shape (n,), None with fewer than 12 runs."""
    if levels.size < MIN_RUNS:
        return None
    place = np.arange(levels.size)
    line = theilslopes(levels, place)
    first, slope = float(line.intercept), float(line.slope)
    p_value = float(kendalltau(place, levels).pvalue)
    return Slope(first, first + slope * (levels.size - 1), 1.0 if math.isnan(p_value) else p_value)


def line_error(levels: Levels) -> float:
    """Return the sum of squares that a straight line leaves of a series, shape (n,)."""
    place = np.arange(levels.size) - (levels.size - 1) / 2
    centred = levels - levels.mean()
    slope = float(np.dot(place, centred) / np.dot(place, place))
    return float(np.square(centred - slope * place).sum())
