"""Latencies of which only the distribution is known, dealt out over the seconds in which they were: each second gets a fair share.

Which latency fell into which second is made up, and said so; counts by second and the distribution of the whole are as they were.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from records.imports.sample import Ending, Floats, Ints, Samples

BATCH = 2_000_000  # requests at a time
GOLDEN = 0.6180339887498949  # a stride of this share of n spreads neighbours most evenly (D. Knuth, TAOCP 3, 6.4)


def deal(
    name: str,
    values_us: Floats,
    counts: Ints,
    second_s: Floats,
    per_second: Ints,
    endings: Sequence[tuple[Ending, int]],
) -> Iterator[Samples]:
    """Yield requests: `counts[i]` of `values_us[i]`, of which `per_second[k]` began at `second_s[k]`, and ended as `endings` count.

    The three sums are the same number.
    """
    total = int(counts.sum())
    assert total == int(per_second.sum()) == sum(count for _, count in endings)
    value_ends, second_ends = np.cumsum(counts), np.cumsum(per_second)
    ending_ends = np.cumsum([count for _, count in endings])
    strides = _stride(total, GOLDEN), _stride(total, GOLDEN**2)
    for begin in range(0, total, BATCH):
        rank = np.arange(begin, min(total, begin + BATCH), dtype=np.int64)
        second = np.searchsorted(second_ends, rank * strides[0] % total, side="right")
        ending = np.searchsorted(ending_ends, rank * strides[1] % total, side="right")
        yield Samples(
            start_s=second_s[second],
            latency_us=values_us[np.searchsorted(value_ends, rank, side="right")],
            operation=np.zeros(rank.size, dtype=np.int64),
            names=[name],
            ending=ending.astype(np.int64),
            endings=[ending for ending, _ in endings],
        )


def shares(total: int, weights: Ints) -> Ints:
    """Return whole numbers in proportion to weights that sum to `total`; evenly where all weights are 0."""
    used = weights if weights.sum() else np.ones_like(weights)
    ends = np.floor(np.cumsum(used) / used.sum() * total + 0.5).astype(np.int64)
    found: Ints = np.diff(ends, prepend=0)
    return found


def _stride(total: int, share: float) -> int:
    """Return a number near that share of `total` that has no factor in common with it: its multiples visit every place once."""
    stride = max(1, round(total * share))
    while np.gcd(stride, total) != 1:
        stride += 1
    return stride
