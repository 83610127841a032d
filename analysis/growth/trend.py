"""A trend of ln demand: a level that may move and a slope that stays, how sure they are, and what weeks may come of it.

    y(t) = level(t) + noise,   level(t+1) = level(t) + slope + a

One form for what speaks where the models (analysis.growth.mixture) do not: a straight line has no a, a random walk with drift no noise,
a given growth neither.
"""

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
    dof: int | None = None

    def draw(self, weeks: int, paths: int, rng: np.random.Generator) -> Floats:
        """Return ln demand of weeks ahead, shape (weeks, paths): draws of a multivariate t with `dof` degrees of freedom."""
        level, slope = self._begin(paths, rng)
        scale = np.ones(paths) if self.dof is None else np.sqrt(self.dof / rng.chisquare(self.dof, paths))
        drawn = np.empty((weeks, paths))
        for week in range(weeks):
            centre = self.level + week * self.slope
            drawn[week] = centre + scale * (level + self.sd_noise * rng.standard_normal(paths))
            level = level + slope + self.sd_level * rng.standard_normal(paths)
        return np.clip(drawn, -MAX_LOG, MAX_LOG)

    def _begin(self, paths: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Return level and slope less their means: normal, by the Cholesky factor of their covariance written out."""
        first, second = rng.standard_normal((2, paths))
        sd_level = np.sqrt(self.variances[0])
        shared = self.covariance / sd_level if sd_level > 0 else 0.0
        rest = np.sqrt(max(0.0, self.variances[1] - shared**2))
        return sd_level * first, shared * first + rest * second
