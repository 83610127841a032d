"""Block bootstrap within a run: how much a percentile would vary by the noise inside the run alone.

Requests of one moment are alike (queues, caches), so that whole blocks of seconds are drawn, not requests.
Source: H. R. Kuensch, Ann. Stat. 17 (1989) 1217.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.observed import Observed
from records.histogram import MIDDLE_US

BLOCK_S = 60.0  # before time_scale: longer than what correlates within a run
MIN_BLOCK_S = 2
MIN_BLOCKS = 8  # fewer blocks give no variance worth the name
RESAMPLES = 200  # the standard error itself is then known to 5 %
GRID = 0.01  # step of ln(value): its rounding adds a standard deviation of 0.3 %, under what two runs differ by
SEED = 20250701

Floats = NDArray[np.float64]
GRID_OF_BUCKET = np.floor(np.log(np.maximum(1.0, MIDDLE_US)) / GRID).astype(np.int64)
GRID_SIZE = int(GRID_OF_BUCKET.max()) + 1


def block_length_s(seconds: int, time_scale: float) -> int:
    """Return the length of a block in whole seconds: 60 s x time_scale, at least 2 s, but at least 8 blocks."""
    return max(1, min(max(MIN_BLOCK_S, round(BLOCK_S * time_scale)), seconds // MIN_BLOCKS))


def quantile_variances(
    observed: Observed, operation: str, quantiles: Sequence[float], time_scale: float
) -> tuple[float, ...]:
    """Return the variance of ln(percentile) of one operation by quantile; 0 where there is nothing to draw from."""
    counts, logs = blocks(observed, operation, block_length_s(observed.seconds, time_scale))
    if counts.shape[0] < 2 or counts.size == 0:
        return (0.0,) * len(quantiles)
    # einsum, not @: small products are done before BLAS has woken its threads, and never depend on their number
    cumulative = np.cumsum(np.einsum("rb,bv->rv", _drawn(counts.shape[0]), counts), axis=1)
    totals = cumulative[:, -1]
    filled = totals > 0
    if filled.sum() < 2:
        return (0.0,) * len(quantiles)
    variances = []
    for quantile in quantiles:
        ranks = np.maximum(1, np.ceil(quantile * totals[filled] - 1e-9))
        places = (cumulative[filled] < ranks[:, None]).sum(axis=1)
        variances.append(float(np.var(logs[places], ddof=1)))
    return tuple(variances)


def block_log_medians(observed: Observed, time_scale: float) -> Floats:
    """Return ln(median in us) of all requests by block, shape (blocks,); blocks without a request are left out."""
    counts, logs = blocks(observed, None, block_length_s(observed.seconds, time_scale))
    return log_quantiles(counts[counts.sum(axis=1) > 0], logs, 0.5)


def log_quantiles(counts: Floats, logs: Floats, quantile: float) -> Floats:
    """Return ln(percentile) of each row, shape (rows,), from counts by row and value; every row has a request."""
    if counts.size == 0:
        return np.empty(0)
    cumulative = np.cumsum(counts, axis=1)
    ranks = np.maximum(1, np.ceil(quantile * cumulative[:, -1] - 1e-9))
    found: Floats = logs[(cumulative < ranks[:, None]).sum(axis=1)]
    return found


@lru_cache(maxsize=64)
def _drawn(blocks: int) -> Floats:
    """Return how often each block is in each resample, shape (200, blocks)."""
    rng = np.random.default_rng(SEED)
    return rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=RESAMPLES).astype(np.float64)


def blocks(observed: Observed, operation: str | None, length_s: int) -> tuple[Floats, Floats]:
    """Return counts by block and value, shape (blocks, values), and ln of the values in us. A rest is left out.

    None: all single requests together.
    """
    whole = observed.seconds // length_s
    cells = observed.response
    wanted = observed.columns(None if operation is None else [operation])
    chosen = cells.operation == wanted[0] if len(wanted) == 1 else np.isin(cells.operation, wanted)
    mask = chosen & (cells.second < observed.first + whole * length_s)
    block = (cells.second[mask] - observed.first) // length_s
    flat = np.bincount(
        block * GRID_SIZE + GRID_OF_BUCKET[cells.cell[mask]], weights=cells.count[mask], minlength=whole * GRID_SIZE
    )
    counts = flat.astype(np.float64).reshape(whole, GRID_SIZE)
    used = counts.any(axis=0)
    return counts[:, used], (np.flatnonzero(used).astype(np.float64) + 0.5) * GRID
