"""Block bootstrap within a run: how much a percentile would vary by the noise inside the run alone.

Requests of one moment are alike (queues, caches), so that whole blocks of seconds are drawn, not requests.
Source: H. R. Kuensch, Ann. Stat. 17 (1989) 1217.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.observed import Observed
from records.histogram import MIDDLE_US

BLOCK_S = 60.0  # before time_scale: longer than what correlates within a run
MIN_BLOCK_S = 2
MIN_BLOCKS = 8  # fewer blocks give no variance worth the name
RESAMPLES = 200  # the standard error itself is then known to 5 %
SEED = 20250701


def block_length_s(seconds: int, time_scale: float) -> int:
    """Return the length of a block in whole seconds: 60 s x time_scale, at least 2 s, but at least 8 blocks."""
    return max(1, min(max(MIN_BLOCK_S, round(BLOCK_S * time_scale)), seconds // MIN_BLOCKS))


def quantile_variances(
    observed: Observed, operation: str, quantiles: Sequence[float], time_scale: float
) -> tuple[float, ...]:
    """Return the variance of ln(percentile) of one operation by quantile; 0 where there is nothing to draw from."""
    counts, values_us = _blocks(observed, operation, time_scale)
    if counts.shape[0] < 2 or counts.sum() == 0:
        return (0.0,) * len(quantiles)
    drawn = np.random.default_rng(SEED).multinomial(
        counts.shape[0], np.full(counts.shape[0], 1 / counts.shape[0]), size=RESAMPLES
    )
    cumulative = np.cumsum(drawn @ counts, axis=1)
    totals = cumulative[:, -1]
    filled = totals > 0
    variances = []
    for quantile in quantiles:
        ranks = np.maximum(1, np.ceil(quantile * totals[filled] - 1e-9))
        places = (cumulative[filled] < ranks[:, None]).sum(axis=1)
        variances.append(float(np.var(np.log(np.maximum(1.0, values_us[places])), ddof=1)) if filled.sum() > 1 else 0.0)
    return tuple(variances)


def block_medians_us(observed: Observed, time_scale: float) -> NDArray[np.float64]:
    """Return the median of all requests by block, shape (blocks,); blocks without a request are left out."""
    counts, values_us = _blocks(observed, None, time_scale)
    if counts.size == 0:
        return np.empty(0)
    cumulative = np.cumsum(counts, axis=1)
    totals = cumulative[:, -1]
    filled = totals > 0
    places = (cumulative[filled] < np.ceil(totals[filled] / 2)[:, None]).sum(axis=1)
    medians_us: NDArray[np.float64] = values_us[places]
    return medians_us


def _blocks(
    observed: Observed, operation: str | None, time_scale: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return counts by block and bucket, shape (blocks, buckets), and the buckets' values in us. A rest is left out."""
    length_s = block_length_s(observed.seconds, time_scale)
    blocks = math.floor(observed.seconds / length_s)
    cells = observed.response
    wanted = observed.columns(None if operation is None else [operation])
    mask = np.isin(cells.operation, wanted) & (cells.second < observed.first + blocks * length_s)
    buckets, place = np.unique(cells.cell[mask], return_inverse=True)
    block = (cells.second[mask] - observed.first) // length_s
    flat = np.bincount(block * buckets.size + place, weights=cells.count[mask], minlength=blocks * buckets.size)
    counts: NDArray[np.float64] = flat.astype(np.float64).reshape(blocks, buckets.size)
    return counts, MIDDLE_US[buckets]
