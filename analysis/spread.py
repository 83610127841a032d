"""The spread between accepted runs: outliers out, the variance shrunk towards that of all operations; Holm's procedure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

PRIOR_DOF = 8  # how many degrees of freedom the pooled variance is worth (docs/verdict.md)
OUTLIER_MADS = 3.5  # B. Iglewicz, D. Hoaglin, How to Detect and Handle Outliers, 1993
MAD_TO_SD = 1.4826  # of a normal distribution
MIN_KEPT = 5  # never fewer runs than a comparison needs
MIN_SD = 0.005  # no two runs of a program on a real machine are closer than half a percent for long


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and variance of ln(value) between runs. `left_out` are the places of outlying runs."""

    mean: float
    variance: float
    runs: int
    left_out: tuple[int, ...]

    @property
    def dof(self) -> int:
        """Return the degrees of freedom of the variance."""
        return self.runs - 1

    def shrunk(self, pooled: float) -> tuple[float, float]:
        """Return the standard deviation shrunk towards the pooled variance, and its degrees of freedom.

        s2 = (d s2 + 8 s0^2) / (d + 8). Source: G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 3 (2004) 3.
        """
        dof = self.dof + PRIOR_DOF
        return max(MIN_SD, math.sqrt((self.dof * self.variance + PRIOR_DOF * pooled) / dof)), float(dof)


def spread_of(values: Sequence[float], within: float) -> Spread:
    """Return the spread of values (not their logarithms); those beyond 3.5 MAD are left out.

    The MAD of few runs may be small by chance: it counts as no less than the standard deviation `within` (a variance of
    the logarithm) a run; and the five nearest runs stay in any case.
    """
    logs = np.log(np.asarray(values, dtype=np.float64))
    distance = np.abs(logs - np.median(logs))
    scale = max(MAD_TO_SD * float(np.median(distance)), math.sqrt(within), MIN_SD)
    nearest = np.argsort(distance, kind="stable")[:MIN_KEPT]
    kept = distance <= OUTLIER_MADS * scale
    kept[nearest] = True
    used = logs[kept]
    variance = float(used.var(ddof=1)) if used.size > 1 else 0.0
    return Spread(float(used.mean()), variance, int(used.size), tuple(np.flatnonzero(~kept).tolist()))


def pooled_variance(spreads: Iterable[Spread]) -> float:
    """Return s0^2: the variances of all operations, each weighted by its degrees of freedom."""
    found = [spread for spread in spreads if spread.dof > 0]
    total = sum(spread.dof for spread in found)
    return sum(spread.dof * spread.variance for spread in found) / total if total else 0.0


def holm(p_values: Sequence[float], alpha: float) -> list[bool]:
    """Return which hypotheses are rejected so that any false rejection among all has at most probability alpha.

    Source: S. Holm, Scand. J. Stat. 6 (1979) 65.
    """
    order = sorted(range(len(p_values)), key=lambda index: (p_values[index], index))
    rejected = [False] * len(p_values)
    for rank, index in enumerate(order):
        if p_values[index] > alpha / (len(p_values) - rank):
            break
        rejected[index] = True
    return rejected
