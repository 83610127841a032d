"""The methods that stand beside ours in the table: what others gate releases with, one run against the last accepted one."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from analysis.verdict import Statement
from benchmarks.verdict_weeks import PER_SECOND, SECONDS, quantiles

Floats = NDArray[np.float64]
Method = Callable[[Floats, Floats], Statement]
P95 = 1  # its place among the percentiles that are compared
LEAST, SAME = 0.05, 0.075  # of p95: the smallest change that matters, the band of "no change"
ALPHA = 0.05  # two-sided, as these methods are mostly used
BLOCK_S = 60
RESAMPLES = 200


def fixed(limit: float) -> Method:
    """Return the rule "p95 changed by more than `limit`"."""

    def judge(before: Floats, now: Floats) -> Statement:
        change = float(quantiles(now)[P95] - quantiles(before)[P95])
        if change > math.log1p(limit):
            return Statement.REGRESSED
        return Statement.IMPROVED if change < -math.log1p(limit) else Statement.NO_CHANGE

    return judge


def mann_whitney(before: Floats, now: Floats) -> Statement:
    """Return the rank test on raw requests: H. Mann, D. Whitney, Ann. Math. Stat. 18 (1947) 50; normal for so many."""
    ranks = np.searchsorted(np.sort(before), now).sum(dtype=np.float64)
    size = before.size * now.size
    error = math.sqrt(size * (before.size + now.size + 1) / 12)
    z = (ranks - size / 2) / error
    if abs(z) < norm.isf(ALPHA / 2):
        return Statement.NO_CHANGE
    return Statement.REGRESSED if z > 0 else Statement.IMPROVED


def block_bootstrap(before: Floats, now: Floats) -> Statement:
    """Return the four-way statement from blocks of 60 s drawn within each run: H. R. Kuensch, Ann. Stat. 17 (1989) 1217."""
    changes = _drawn_p95(now, 1) - _drawn_p95(before, 2)
    change = float(quantiles(now)[P95] - quantiles(before)[P95])
    low, high = np.quantile(changes, [ALPHA / 2, 1 - ALPHA / 2])
    if low > 0 and change >= LEAST:
        return Statement.REGRESSED
    if high < 0 and change <= -LEAST:
        return Statement.IMPROVED
    low, high = np.quantile(changes, [0.05, 0.95])
    return Statement.NO_CHANGE if low > -SAME and high < SAME else Statement.CANNOT_TELL


def _drawn_p95(logs: Floats, seed: int) -> Floats:
    """Return p95 of resamples, shape (200,), on a grid of 0.5 %."""
    grid = np.floor(logs / 0.005).astype(np.int64)
    lowest = int(grid.min())
    grid -= lowest
    blocks = SECONDS // BLOCK_S
    block = np.arange(logs.size) // (BLOCK_S * PER_SECOND)
    width = int(grid.max()) + 1
    counts = np.bincount(block * width + grid, minlength=blocks * width).reshape(blocks, width)
    drawn = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), size=RESAMPLES)
    cumulative = np.cumsum(np.einsum("rb,bv->rv", drawn, counts), axis=1)
    found: Floats = ((cumulative < 0.95 * logs.size).sum(axis=1) + lowest) * 0.005
    return found


RIVALS: dict[str, Method] = {
    "fixed 10 % on p95": fixed(0.10),
    "fixed 5 % on p95": fixed(0.05),
    "Mann-Whitney on raw requests": mann_whitney,
    "block bootstrap, one run against one": block_bootstrap,
}
