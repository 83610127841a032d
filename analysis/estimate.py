"""An estimated change with its error: candidates' logarithms against the accepted runs', Student's t."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

from analysis.case import middle
from analysis.spread import Prior, Spread

# f: the standard deviation of the median of m normal values times sqrt(m); one or two values have no other middle than their mean.
MEDIAN_FACTORS = {1: 1.0, 2: 1.0, 3: 1.160, 4: 1.092, 5: 1.198}
MEDIAN_FACTOR = 1.253  # sqrt(pi / 2), the greatest
POWER = 0.80  # with which the smallest detectable change is found
MOST_MORE_RUNS = 20  # nobody makes more of one build


@dataclass(frozen=True, slots=True)
class Estimate:
    """`change`, its standard error and the deviation between runs in logarithms; `worse` is the sign of a change for the worse."""

    spread: Spread
    change: float
    error: float
    dof: float
    deviation: float
    candidates: int
    worse: int

    @property
    def p_worse(self) -> float:
        """Return the probability of such a change for the worse, or a greater one, from the same code."""
        return float(stdtr(self.dof, -self.worse * self.change / self.error))

    @property
    def p_better(self) -> float:
        """Return the same for the better."""
        return 1 - self.p_worse

    @property
    def ratio(self) -> float:
        """Return the change as a ratio."""
        return math.expm1(self.change)

    def interval(self, alpha: float) -> tuple[float, float]:
        """Return the interval of the change as ratios, `alpha` one-sided."""
        half = self.quantile(alpha) * self.error
        return math.expm1(self.change - half), math.expm1(self.change + half)

    def quantile(self, alpha: float) -> float:
        """Return how many standard errors chance exceeds with probability `alpha`."""
        return -float(stdtrit(self.dof, alpha))

    def detectable_ratio(self, alpha: float) -> float:
        """Return the change for the worse that is found at `alpha` with 80 % power, as a positive ratio."""
        return math.expm1((self.quantile(alpha) + self.quantile(1 - POWER)) * self.error)

    def more_runs(self, room: float, alpha: float) -> int | None:
        """Return how many more candidates make `alpha`'s half-width fit into `room` (of the logarithm), None for over 20.

        As if the change stayed as observed.
        """
        quantile = self.quantile(alpha)
        for more in range(1, MOST_MORE_RUNS + 1):
            if quantile * self.deviation * math.sqrt(weight(self.spread.runs, self.candidates + more)) <= room:
                return more
        return None


def weight(baselines: int, candidates: int) -> float:
    """Return 1/K + f^2/m: the variance of the candidates' median against the baselines' mean, in variances of one run."""
    return 1 / baselines + MEDIAN_FACTORS.get(candidates, MEDIAN_FACTOR) ** 2 / candidates


def estimate(spread: Spread, logs_now: Sequence[float], prior: Prior, within: float, worse: int) -> Estimate:
    """Return the estimate of at least one candidate; the deviation is at least what varies inside a run."""
    deviation, dof = spread.shrunk(prior)
    deviation = max(deviation, math.sqrt(within))
    error = deviation * math.sqrt(weight(spread.runs, len(logs_now)))
    return Estimate(spread, middle(logs_now) - spread.mean, error, dof, deviation, len(logs_now), worse)
