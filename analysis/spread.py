"""The spread between runs: outliers out, the variance shrunk towards that of all operations."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import polygamma, psi

PRIOR_DOF = 8.0  # degrees of freedom the variance of all is worth where too few operations tell (docs/verdict.md)
MIN_PRIOR_DOF, MAX_PRIOR_DOF = (
    2.0,
    100.0,
)  # as estimated: no shrinking to speak of, and as good as a normal distribution
MIN_ESTIMATED = 6  # variances from which it can be estimated how alike they are
OUTLIER_MADS = 3.5  # B. Iglewicz, D. Hoaglin, How to Detect and Handle Outliers, 1993
MAD_TO_SD = 1.4826  # of a normal distribution
# Of normal values the rule leaves some out: the variance is then 1 - 0.73 / n of what it is, and the tails are those of 0.58 of its
# degrees of freedom (200,000 simulated series of 8 to 15 runs, at 1 % and 2 %; docs/verdict.md).
TRIMMED, LOST = 0.73, 0.42
MIN_KEPT = 5  # never fewer runs than a comparison needs
MIN_SD = 0.005  # no two runs of a program on a real machine are closer than half a percent for long


@dataclass(frozen=True, slots=True)
class Prior:
    """What a single variance is shrunk towards: s0^2, and how many degrees of freedom it is worth."""

    variance: float
    dof: float = PRIOR_DOF


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and variance of ln(value) between runs. `left_out` are the places of outlying runs.

    `lost` are the degrees of freedom that looking for outliers cost.
    """

    mean: float
    variance: float
    runs: int
    left_out: tuple[int, ...]
    lost: float = 0.0

    @property
    def dof(self) -> float:
        """Return the degrees of freedom of the variance."""
        return self.runs - 1 - self.lost

    def shrunk(self, prior: Prior) -> tuple[float, float]:
        """Return the standard deviation shrunk towards the prior's variance, and its degrees of freedom.

        s2 = (d s2 + d0 s0^2) / (d + d0). Source: G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 3 (2004) 3.
        """
        dof = self.dof + prior.dof
        return max(MIN_SD, math.sqrt((self.dof * self.variance + prior.dof * prior.variance) / dof)), dof


def spread_of(values: Sequence[float], within: float) -> Spread:
    """Return the spread of values; see `spread_of_logs`."""
    return spread_of_logs([math.log(value) for value in values], within)


def spread_of_logs(logs: Sequence[float], within: float, alike: float | None = None) -> Spread:
    """Return the spread of ln(value) between runs; those beyond 3.5 MAD are left out, the five nearest never.

    The MAD of few runs may be small by chance: it counts as no less than the standard deviation `within` (a variance of
    the logarithm) a run, and where there are others that vary alike no less than theirs, `alike`. Without them good runs are
    left out now and then; what that takes from the variance and its degrees of freedom is given back.
    """
    found = np.asarray(logs, dtype=np.float64)
    distance = np.abs(found - _median(found))
    scale = max(MAD_TO_SD * _median(distance), math.sqrt(within), MIN_SD, alike or 0.0)
    kept = distance <= OUTLIER_MADS * scale
    if not kept.all():
        kept[np.argsort(distance, kind="stable")[:MIN_KEPT]] = True
    used = found[kept]
    mean = float(used.sum()) / used.size
    variance = float(((used - mean) ** 2).sum()) / (used.size - 1) if used.size > 1 else 0.0
    left_out = tuple(np.flatnonzero(~kept).tolist())
    if alike is not None or found.size <= MIN_KEPT:
        return Spread(mean, variance, int(used.size), left_out)
    return Spread(mean, variance / (1 - TRIMMED / found.size), int(used.size), left_out, LOST * (used.size - 1))


def alike_scale(series: Iterable[Sequence[float]]) -> float | None:
    """Return the typical standard deviation by MAD of series that vary alike; None for fewer than six."""
    scales = []
    for logs in series:
        found = np.asarray(logs, dtype=np.float64)
        scales.append(MAD_TO_SD * _median(np.abs(found - _median(found))))
    return _median(np.array(scales)) if len(scales) >= MIN_ESTIMATED else None


def _median(values: np.ndarray) -> float:
    """Return the median; numpy's own takes ten times as long for a dozen values."""
    ordered = np.sort(values)
    return float(ordered[(ordered.size - 1) // 2] + ordered[ordered.size // 2]) / 2


def pooled_variance(spreads: Iterable[Spread]) -> float:
    """Return s0^2: the variances of all operations, each weighted by its degrees of freedom."""
    found = [spread for spread in spreads if spread.dof > 0]
    total = sum(spread.dof for spread in found)
    return sum(spread.dof * spread.variance for spread in found) / total if total else 0.0


def pooled_prior(spreads: Sequence[Spread]) -> Prior:
    """Return the pooled variance with a worth of 8; of one alone nothing, it cannot lean on itself."""
    return Prior(pooled_variance(spreads), PRIOR_DOF if len(spreads) > 1 else 0.0)


def prior_of(spreads: Iterable[Spread]) -> Prior:
    """Return what the variances of alike things tell of one another: much where they are as alike as chance makes them.

    The variance of ln s^2 beyond that of chance is trigamma(d0 / 2). Without any d0 is infinite; here at most 100, and never
    more than all of them together are worth. Fewer than six tell nothing: then it is 8, and one alone has nothing to lean on.
    Source: G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 3 (2004) 3, section 6.2.
    """
    found = [spread for spread in spreads if spread.dof > 0]
    if len(found) < MIN_ESTIMATED:
        return pooled_prior(found)
    halves = np.array([spread.dof / 2 for spread in found])
    logs = np.log([max(spread.variance, MIN_SD**2) for spread in found]) - psi(halves) + np.log(halves)
    beyond = float(logs.var(ddof=1) - polygamma(1, halves).mean())
    dof = min(_dof_of(beyond), float(2 * halves.sum()))
    return Prior(math.exp(float(logs.mean()) + float(psi(dof / 2)) - math.log(dof / 2)), dof)


def _dof_of(beyond: float) -> float:
    """Return d0 with trigamma(d0 / 2) = `beyond`, by bisection between the bounds."""
    low, high = MIN_PRIOR_DOF, MAX_PRIOR_DOF
    if beyond <= float(polygamma(1, high / 2)):
        return high
    if beyond >= float(polygamma(1, low / 2)):
        return low
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if float(polygamma(1, middle / 2)) > beyond else (low, middle)
    return (low + high) / 2
