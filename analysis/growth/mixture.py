"""What the weeks so far say of each model, and the weeks ahead that come of all of them by their weights.

Each model foretells each week from those before it (the Kalman filter); its weight is what it was given beforehand times how likely it
held what came. So nothing is fitted and nothing chosen: a growth that the history does not show gets the weight that it deserves.
Source: M. West, J. Harrison, Bayesian Forecasting and Dynamic Models, 2nd edition, 1997, section 12.2 (a mixture of models, one of them
true throughout) and 4.5 (the variance unknown: t distributions); J. A. Hoeting et al., Statistical Science 14 (1999) 382.
"""

from dataclasses import dataclass

import numpy as np

from analysis.growth.demand import Floats
from analysis.growth.models import STATES, Models, all_models
from analysis.growth.trend import MAX_LOG

LEVEL_SD = 100.0  # of the first level over s, so wide that it says nothing
S_BEFORE = 0.03  # s before any week is seen, worth one week: no two weeks of a shop stay within a fraction of a percent
WEEKS_BEFORE = 1


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """The models after the history: weights, shape (models,), the states of the first week ahead with their covariance over s²,
    shapes (models, 3) and (models, 3, 3), and s² as an inverse gamma distribution of `dof`/2 and `squares`/2, shape (models,).
    """

    models: Models
    weights: Floats
    states: Floats
    covariances: Floats
    dof: float
    squares: Floats

    @property
    def without_growth(self) -> float:
        """Return the weight of the models that know no growth."""
        return float(self.weights[self.models.sd_first_slope == 0].sum())

    def draw(self, weeks: int, paths: int, rng: np.random.Generator) -> Floats:
        """Return ln demand of the weeks ahead, shape (weeks, paths): each model has paths by its weight, in an order of chance."""
        chosen = rng.permutation(self._shares(paths, rng))
        scale = np.sqrt(self.squares[chosen] / rng.chisquare(self.dof, paths))[:, None]
        roots = _roots(self.covariances)[chosen]
        state = self.states[chosen] + scale * np.einsum("pij,pj->pi", roots, rng.standard_normal((paths, STATES)))
        transition, steps = self.models.transition()[chosen], scale * self.models.steps()[chosen]
        drawn = np.empty((weeks, paths))
        for week in range(weeks):
            drawn[week] = state[:, 0] + state[:, 2]
            state = np.einsum("pij,pj->pi", transition, state) + steps * rng.standard_normal((paths, STATES))
        return np.clip(drawn, -MAX_LOG, MAX_LOG)

    def _shares(self, paths: int, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return a model for each path: systematic sampling, so that each has its weight's share of paths but for less than one."""
        places = (np.arange(paths) + rng.uniform()) / paths
        return np.minimum(np.searchsorted(np.cumsum(self.weights), places), self.models.count - 1)


def mixture_of(logs: Floats, models: Models | None = None) -> Mixture:
    """Return what ln demand, shape (weeks,), NaN where missing, says of the models."""
    models = all_models() if models is None else models
    measured = logs[np.isfinite(logs)]
    states = np.zeros((models.count, STATES))
    states[:, 0] = measured[0]
    covariances = np.zeros((models.count, STATES, STATES))
    covariances[:, 0, 0] = LEVEL_SD**2
    covariances[:, 1, 1] = models.sd_first_slope**2
    covariances[:, 2, 2] = 1.0
    transition = models.transition()
    new = models.steps()[:, :, None] ** 2 * np.eye(STATES)
    squares = np.full(models.count, WEEKS_BEFORE * S_BEFORE**2)
    spreads = np.zeros(models.count)
    for value in logs:
        if np.isfinite(value):
            gain = covariances[:, :, 0] + covariances[:, :, 2]
            spread = gain[:, 0] + gain[:, 2]
            miss = value - states[:, 0] - states[:, 2]
            squares += miss**2 / spread
            spreads += np.log(spread)
            states = states + gain * (miss / spread)[:, None]
            covariances = covariances - gain[:, :, None] * gain[:, None, :] / spread[:, None, None]
        states = (transition @ states[:, :, None])[:, :, 0]
        covariances = transition @ covariances @ transition.transpose(0, 2, 1) + new
    dof = WEEKS_BEFORE + measured.size
    likelihood = -0.5 * spreads - dof / 2 * np.log(squares)
    weights = models.weights * np.exp(likelihood - likelihood.max())
    return Mixture(models, weights / weights.sum(), states, covariances, dof, squares)


def _roots(covariances: Floats) -> Floats:
    """Return square roots of covariances, shape (models, 3, 3), that may have no spread in a direction."""
    values, vectors = np.linalg.eigh(covariances)
    return np.asarray(vectors * np.sqrt(np.maximum(0.0, values))[:, None, :], dtype=np.float64)
