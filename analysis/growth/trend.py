"""A trend of ln demand: a level and a slope that may both move, how sure they are, and what weeks may come of it.

    y(t) = level(t) + noise,   level(t+1) = level(t) + slope(t) + a,   slope(t+1) = damping x slope(t) + b

One form for all estimators: a straight line has neither a nor b, a random walk with drift neither noise nor b, a given growth none
of them. Source: A. C. Harvey, Forecasting, Structural Time Series Models and the Kalman Filter, 1989, section 2.3; damping:
E. S. Gardner, E. McKenzie, Management Science 31 (1985) 1237.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.growth.demand import Floats

MAX_LOG = 50.0  # e^50: beyond any traffic, and far from overflow


@dataclass(frozen=True, slots=True)
class Trend:
    """`level` and `slope` (ln, ln per week) of the first week ahead with their covariance, and the standard deviations of what moves.

    `dof`: degrees of freedom of the scale of it all, None where nothing was estimated.
    """

    level: float
    slope: float
    variances: tuple[float, float] = (0.0, 0.0)
    covariance: float = 0.0
    sd_noise: float = 0.0
    sd_level: float = 0.0
    sd_slope: float = 0.0
    damping: float = 1.0
    dof: int | None = None

    def draw(self, weeks: int, paths: int, rng: np.random.Generator) -> Floats:
        """Return ln demand of weeks ahead, shape (weeks, paths): draws of a multivariate t with `dof` degrees of freedom."""
        level, slope = self._begin(paths, rng)
        centre_level, centre_slope = self.level, self.slope
        scale = np.ones(paths) if self.dof is None else np.sqrt(self.dof / rng.chisquare(self.dof, paths))
        drawn = np.empty((weeks, paths))
        for week in range(weeks):
            drawn[week] = centre_level + scale * (level + self.sd_noise * rng.standard_normal(paths))
            centre_level, centre_slope = centre_level + centre_slope, self.damping * centre_slope
            level = level + slope + self.sd_level * rng.standard_normal(paths)
            slope = self.damping * slope + self.sd_slope * rng.standard_normal(paths)
        return np.clip(drawn, -MAX_LOG, MAX_LOG)

    def _begin(self, paths: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Return level and slope less their means: normal, by the Cholesky factor of their covariance written out."""
        first, second = rng.standard_normal((2, paths))
        sd_level = np.sqrt(self.variances[0])
        shared = self.covariance / sd_level if sd_level > 0 else 0.0
        rest = np.sqrt(max(0.0, self.variances[1] - shared**2))
        return sd_level * first, shared * first + rest * second


def draw_from(trends: Sequence[Trend], weeks: int, paths: int, rng: np.random.Generator) -> Floats:
    """Return draws of several trends in equal parts, shape (weeks, paths), in an order of chance."""
    parts = np.array_split(np.arange(paths), len(trends))
    drawn = [trend.draw(weeks, part.size, rng) for trend, part in zip(trends, parts, strict=True)]
    mixed: Floats = np.concatenate(drawn, axis=1)[:, rng.permutation(paths)]
    return mixed
