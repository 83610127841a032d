"""90 % intervals of what was observed: of a quantile, of a ratio, of a rate. Both ends are 95 % one-sided bounds."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, chi2

from records.histogram import Edge, Histogram

LEVEL = 0.90
TAIL = (1 - LEVEL) / 2
Z = 1.6448536269514722  # the normal quantile of 95 %
MIN_WINDOWS = 8  # fewer windows say nothing of how errors cluster
WINDOW_S = 10  # seconds; errors come in bursts of a few seconds

Interval = tuple[float, float]


def quantile_interval_us(histogram: Histogram, quantile: float, edge: Edge | None = None) -> Interval | None:
    """Return the interval of a quantile in us between two order statistics, on the right side of an edge. None if empty.

    The number of values below the true quantile is binomial (n, q), so its quantiles are the ranks of the ends.
    Source: H. A. David, H. N. Nagaraja, Order Statistics, 3rd ed., 2003, section 7.1.
    """
    count = histogram.count
    if count == 0:
        return None
    low = max(1, int(binom.ppf(TAIL, count, quantile)))
    high = min(count, int(binom.ppf(1 - TAIL, count, quantile)) + 1)
    ends = histogram.quantiles_us([low / count, high / count], edge)
    assert ends is not None
    return ends[0], ends[1]


def needed_for_bound(quantile: float) -> int:
    """Return how few values bound a quantile from above: the largest of n lies beyond it with 1 - q^n >= 95 %.

    p50 needs 5, p95 59, p99 299. With fewer the interval has no upper end and nothing can be shown to hold.
    """
    return math.ceil(math.log(TAIL) / math.log(quantile))


def overdispersion(events: NDArray[np.int64], trials: NDArray[np.int64]) -> float:
    """Return phi >= 1: how many times more events vary between windows than independent ones would.

    `events` and `trials` by second, shape (seconds,). Windows of 10 s, shorter where there would be fewer than 8.
    phi is Pearson's chi-square over its degrees of freedom; for a constant rate it is variance / mean.
    Source: P. McCullagh, J. Nelder, Generalized Linear Models, 2nd ed., 1989, section 4.5.
    """
    window_s = max(1, min(WINDOW_S, events.size // MIN_WINDOWS))
    windows = events.size // window_s
    if windows < 2 or events.sum() == 0:
        return 1.0
    seen = events[: windows * window_s].reshape(windows, window_s).sum(axis=1)
    tried = trials[: windows * window_s].reshape(windows, window_s).sum(axis=1)
    used = tried > 0
    if used.sum() < 2 or seen.sum() == 0:
        return 1.0
    expected = tried[used] * seen[used].sum() / tried[used].sum()
    return max(1.0, float(((seen[used] - expected) ** 2 / expected).sum() / (used.sum() - 1)))


def ratio_interval(events: int, trials: int, phi: float = 1.0) -> Interval:
    """Return the interval of a ratio: Wilson's, with trials / phi for trials (quasi-Poisson: SE x sqrt(phi)).

    No event: exactly 0 to 3.0 / n (the rule of three). Only events: the mirror image.
    Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209; J. A. Hanley, JAMA 249 (1983) 1743.
    """
    assert 0 <= events <= trials, "more events than trials"
    if trials == 0:
        return 0.0, 1.0
    if events == 0:
        return 0.0, min(1.0, -math.log(TAIL) / trials)
    if events == trials:
        return max(0.0, 1 + math.log(TAIL) / trials), 1.0
    ratio, effective = events / trials, trials / phi
    scale = 1 + Z**2 / effective
    middle = (ratio + Z**2 / (2 * effective)) / scale
    half = Z * math.sqrt(ratio * (1 - ratio) / effective + Z**2 / (4 * effective**2)) / scale
    return max(0.0, middle - half), min(1.0, middle + half)


def rate_interval(events: int, duration_s: float, phi: float = 1.0) -> Interval:
    """Return the interval of a rate per s from a Poisson count (Garwood 1936), widened by sqrt(phi)."""
    rate = events / duration_s
    low = float(chi2.ppf(TAIL, 2 * events)) / 2 / duration_s if events else 0.0
    high = float(chi2.ppf(1 - TAIL, 2 * events + 2)) / 2 / duration_s
    return max(0.0, rate - (rate - low) * math.sqrt(phi)), rate + (high - rate) * math.sqrt(phi)


def more_needed(count: int, observed: float, end: float, limit: float, *, events: bool = True) -> int:
    """Return how many more observations would bring the interval's near `end` inside the limit, were the rest alike.

    Half-widths shrink with sqrt(n); without any event with n (the rule of three).
    """
    if observed == limit:
        return 0
    factor = abs(end - observed) / abs(limit - observed)
    return max(0, math.ceil(count * (factor**2 if events else factor)) - count)
