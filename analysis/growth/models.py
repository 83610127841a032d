"""The models of ln demand that are weighed against each other: each says how level and slope move and how long noise lasts.

    y(t) = level(t) + noise(t)             noise(t+1) = lasting x noise(t) + e,   of standard deviation s at all times
    level(t+1) = level(t) + slope(t) + a,  a of standard deviation sd_level x s
    slope(t+1) = damping x slope(t) + b,   b of standard deviation sd_slope x s

Source: A. C. Harvey, Forecasting, Structural Time Series Models and the Kalman Filter, 1989, section 2.3; damping: E. S. Gardner,
E. McKenzie, Management Science 31 (1985) 1237. s is known to none of them: it is worked out with the rest. The weights are those before
any week is seen; they were chosen on simulated demand and judged on other demand (benchmarks/growth_coverage.py).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np

from analysis.growth.demand import Floats

LASTING = (0.0, 0.3, 0.5, 0.7, 0.85)  # above, forty weeks cannot tell noise that lasts from a level that wanders
LEVELS = (0.1, 0.2, 0.4, 0.8, 1.6, 4.0)  # sd_level where the level wanders, up to a random walk with next to no noise
SLOPES = {
    0.0: 0.4,
    0.02: 0.2,
    0.06: 0.2,
    0.15: 0.2,
}  # sd_slope with its weight: growth that keeps its course, or changes it
DAMPINGS = (1.0, 0.98, 0.95)  # how much of a slope is left after a week: all; half of it after 34; half after 14
FIRST_SLOPE = 0.15  # standard deviation of the first slope over what a week scatters by, noise and wandering: growth of 0.8 % a week at 5 %
RESTS, GROWS, GROWS_AND_WANDERS = 0.5, 0.35, 0.15  # weights of the three families
STATES = 3  # level, slope, noise

Row = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """A model each place: arrays of shape (models,); `weights` before any week is seen, sum 1."""

    lasting: Floats
    sd_level: Floats
    sd_slope: Floats
    damping: Floats
    sd_first_slope: Floats
    weights: Floats

    @property
    def count(self) -> int:
        """Return how many there are."""
        return self.weights.size

    def transition(self) -> Floats:
        """Return what becomes of (level, slope, noise) in a week, shape (models, 3, 3)."""
        matrix = np.zeros((self.count, STATES, STATES))
        matrix[:, 0, 0] = matrix[:, 0, 1] = 1.0
        matrix[:, 1, 1] = self.damping
        matrix[:, 2, 2] = self.lasting
        return matrix

    def steps(self) -> Floats:
        """Return the standard deviations of what is new each week in (level, slope, noise), over s, shape (models, 3)."""
        return np.stack([self.sd_level, self.sd_slope, np.sqrt(1 - self.lasting**2)], axis=1)


@cache
def all_models() -> Models:
    """Return the three families: no growth; growth that stays, fades or changes its course; the same with a level that wanders."""
    wandering = [(level, 1 / len(LEVELS)) for level in LEVELS]
    rows = [
        *_without_growth(RESTS),
        *_with_growth([(0.0, 1.0)], GROWS),
        *_with_growth(wandering, GROWS_AND_WANDERS),
    ]
    return Models(*np.array(rows).T)


def _without_growth(weight: float) -> Iterator[Row]:
    for lasting in LASTING:
        yield lasting, 0.0, 0.0, 1.0, 0.0, weight / len(LASTING)


def _with_growth(levels: list[tuple[float, float]], weight: float) -> Iterator[Row]:
    each = weight / len(LASTING) / len(DAMPINGS)
    for lasting, (level, share), (slope, slope_share), damping in product(LASTING, levels, SLOPES.items(), DAMPINGS):
        scatter = math.hypot(1.0, level)
        yield lasting, level, slope, damping, FIRST_SLOPE * scatter, each * share * slope_share
