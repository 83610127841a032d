"""Paired differences over restarts: what two arms differ by, and how sure that is.

Both arms of a restart run at the same moments under the same arrivals, so that what disturbs the machine disturbs both, and
their difference varies far less than either. The unit of replication stays the restart: a build may be fast or slow by how it
happened to start (memory layout, caches), and only further restarts show that.
Source: L. Bulej et al., Duet Benchmarking: Improving Measurement Accuracy in the Cloud, ICPE 2020 (doi 10.1145/3358960.3379132).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import stdtr, stdtrit

from analysis.spread import PRIOR_DOF

MIN_RESTARTS = 3  # two give one degree of freedom: an interval of no use to anybody
MIN_SD = 0.003  # of a restart's difference; seats, ports and the order of starting alone make so much
MIN_TREND = 4  # operations; with fewer no trend of their variances can be seen
LOG_K_SD = 2.0  # of the prior on ln k: a factor of seven either way is nothing special
LONGEST_LOG_K = 7.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Differences:
    """ln b - ln a by restart, and how much of its variance is the requests' own (`sampling`, the mean over the restarts)."""

    values: tuple[float, ...]
    sampling: float

    @property
    def mean(self) -> float:
        """Return the mean difference."""
        return float(np.mean(self.values))

    @property
    def variance(self) -> float:
        """Return the variance between restarts."""
        return float(np.var(self.values, ddof=1)) if len(self.values) > 1 else 0.0

    @property
    def dof(self) -> int:
        """Return the degrees of freedom of that."""
        return len(self.values) - 1


@dataclass(frozen=True, slots=True)
class PairedEstimate:
    """A mean difference of logarithms with its standard error; Student's t with `dof`."""

    change: float
    error: float
    dof: float

    @property
    def p_worse(self) -> float:
        """Return the probability of such an increase, or a greater one, from equal builds."""
        return float(stdtr(self.dof, -self.change / self.error))

    @property
    def p_better(self) -> float:
        """Return the same of a decrease."""
        return float(stdtr(self.dof, self.change / self.error))

    def interval(self, alpha: float) -> tuple[float, float]:
        """Return the interval of the change as ratios, `alpha` one-sided."""
        half = -float(stdtrit(self.dof, alpha)) * self.error
        return math.expm1(self.change - half), math.expm1(self.change + half)


def estimates(cases: Sequence[Differences]) -> list[PairedEstimate]:
    """Return the estimate of each case of one metric (at least two restarts each): paired t with the variance shrunk.

    s2 = (d s2 + 8 s0^2) / (d + 8): with five restarts the variance of one operation alone is known to a factor of three.
    Source: G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 3 (2004) 3.
    """
    found = []
    for case, prior in zip(cases, prior_variances(cases).tolist(), strict=True):
        dof = case.dof + PRIOR_DOF
        deviation = max(MIN_SD, math.sqrt((case.dof * case.variance + PRIOR_DOF * prior) / dof))
        found.append(PairedEstimate(case.mean, deviation / math.sqrt(len(case.values)), float(dof)))
    return found


def prior_variances(cases: Sequence[Differences]) -> Floats:
    """Return what the variance of each case is expected to be, shape (n,): by how many requests it stands on.

    An operation that is seldom called varies more, so that one pooled variance would be wrong for all. Expected is
    c + k x sampling variance, c and k the same for all operations: maximum likelihood of scaled chi-squares. k is under 1 where
    both arms draw the same times; where the operations cannot tell c from k, a weak prior keeps k near 1.
    Source: C. W. Law et al., Genome Biol. 15 (2014) R29 (a prior with a trend).
    """
    seen = np.array([case.variance for case in cases])
    sampling = np.array([case.sampling for case in cases])
    dof = np.array([float(case.dof) for case in cases])
    if seen.size == 0 or dof.sum() == 0:
        return sampling
    if seen.size < MIN_TREND:
        return np.full(seen.size, float((dof * seen).sum() / dof.sum()))

    def unlikely(logs: Floats) -> tuple[float, Floats]:
        """Return minus the log-likelihood, and its slope."""
        c, by_requests = math.exp(logs[0]), math.exp(logs[1]) * sampling
        expected = c + by_requests
        slope = dof / 2 * (1 / expected - seen / expected**2)
        value = (dof / 2 * (np.log(expected) + seen / expected)).sum() + logs[1] ** 2 / (2 * LOG_K_SD**2)
        return float(value), np.array([slope.sum() * c, (slope * by_requests).sum() + logs[1] / LOG_K_SD**2])

    bounds = [(math.log(MIN_SD**2), 0.0), (-LONGEST_LOG_K, LONGEST_LOG_K)]
    start = np.array([math.log(max(MIN_SD**2, float(np.median(seen)) / 2)), -1.0])
    found = minimize(unlikely, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(np.exp(found.x[0]) + np.exp(found.x[1]) * sampling, dtype=np.float64)
