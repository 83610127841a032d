"""A log-linear histogram of microseconds in HdrHistogram's layout: 3 significant digits, 1 us to 1 h.

Values up to 2,047 have a bucket each; above, each doubling has 1,024 buckets, so that a value is known to
one part in 1,024. Percentiles are the middle of their bucket: at most 0.05 % off. Merging is adding counts:
it loses nothing and does not depend on the order.

Source: G. Tene, HdrHistogram (github.com/HdrHistogram), CountsArray with subBucketCount = 2,048, unit 1.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SUB_BUCKETS = 2048  # 3 significant digits: the next power of two above 2 * 10**3
HALF = SUB_BUCKETS // 2
DOUBLING_BITS, MANTISSA_BITS = 10, 52
FIRST_DOUBLING = (1023 + DOUBLING_BITS - 1) << DOUBLING_BITS  # 1,023 is what exponents are stored with on top
HIGHEST_US = 3_600_000_000  # 1 h; later than any deadline, and clipped there
SIZE = (HIGHEST_US.bit_length() - 11 + 2) * HALF

Counts = NDArray[np.int64]


def bucket_index(value_us: int) -> int:
    """Return the bucket of a value in us; values below 0 or above 1 h are clipped."""
    value = min(max(int(value_us), 0), HIGHEST_US)
    shift = max(0, value.bit_length() - 11)
    return shift * HALF + (value >> shift)


def bucket_indices(values_us: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the buckets of an array of values in us, shape (n,).

    A number from 1,024 on as the processor holds it (IEEE 754) begins with its exponent and the ten bits that tell its bucket among
    the 1,024 of a doubling: taken off as one whole number, these count the buckets.
    """
    values = np.clip(values_us, 0, HIGHEST_US, dtype=np.float64)
    indices: NDArray[np.int64] = (values.view(np.int64) >> MANTISSA_BITS - DOUBLING_BITS) - FIRST_DOUBLING
    return np.where(values < HALF, values.astype(np.int64), indices)


def _bounds() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    index = np.arange(SIZE, dtype=np.int64)
    shift = np.maximum(0, index // HALF - 1)
    low = (index - shift * HALF) << shift
    width = np.int64(1) << shift
    return low.astype(np.float64), width.astype(np.float64)


LOW_US, WIDTH_US = _bounds()
MIDDLE_US = LOW_US + (WIDTH_US - 1) / 2


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge at a limit inside a bucket: how many of the bucket's values are at most the limit.

    What is not known to be within is taken as over: a folder without these counts is judged to the safe side.
    """

    limit_us: int
    within: int

    def value_us(self, bucket: int, rank: int) -> float:
        """Return the value of a rank (from 1) among the values of `bucket` in us: the middle of its part of the bucket."""
        low, high = LOW_US[bucket], LOW_US[bucket] + WIDTH_US[bucket] - 1
        if bucket != bucket_index(self.limit_us) or self.limit_us >= high:
            return float(MIDDLE_US[bucket])
        return float(low + self.limit_us if rank <= self.within else self.limit_us + 1 + high) / 2


@dataclass(slots=True)
class Histogram:
    """Counts by bucket, shape (SIZE,), int64."""

    counts: Counts

    @classmethod
    def empty(cls) -> "Histogram":
        """Return a histogram of nothing."""
        return cls(np.zeros(SIZE, dtype=np.int64))

    @classmethod
    def of(cls, values_us: Iterable[float] | NDArray[np.float64]) -> "Histogram":
        """Return the histogram of values in us."""
        values = np.asarray(values_us if isinstance(values_us, np.ndarray) else list(values_us), dtype=np.float64)
        return cls(np.bincount(bucket_indices(values), minlength=SIZE).astype(np.int64))

    @classmethod
    def merged(cls, histograms: Iterable["Histogram"]) -> "Histogram":
        """Return the sum of histograms."""
        total = cls.empty()
        for histogram in histograms:
            total.counts += histogram.counts
        return total

    @property
    def count(self) -> int:
        """Return how many values were recorded."""
        return int(self.counts.sum())

    def add(self, other: "Histogram") -> None:
        """Add another histogram's counts to this one."""
        self.counts += other.counts

    def quantile_us(self, quantile: float) -> float | None:
        """Return the quantile (0 to 1) in us: the middle of the bucket of the value of rank ceil(q * n). None if empty."""
        values = self.quantiles_us([quantile])
        return None if values is None else values[0]

    def quantiles_us(self, quantiles: Sequence[float], edge: Edge | None = None) -> list[float] | None:
        """Return several quantiles in us with one cumulative sum. None if empty.

        With an edge each of them is on the right side of its limit, also in the limit's own bucket.
        """
        cumulative = np.cumsum(self.counts)
        total = int(cumulative[-1])
        if total == 0:
            return None
        ranks = [min(total, max(1, math.ceil(quantile * total - 1e-9))) for quantile in quantiles]
        buckets = np.searchsorted(cumulative, ranks).tolist()
        if edge is None:
            return [float(MIDDLE_US[bucket]) for bucket in buckets]
        before = [int(cumulative[bucket] - self.counts[bucket]) for bucket in buckets]
        return [edge.value_us(bucket, rank - below) for bucket, rank, below in zip(buckets, ranks, before, strict=True)]

    def mean_us(self) -> float | None:
        """Return the mean in us, None if empty."""
        total = self.count
        return None if total == 0 else float(np.dot(self.counts, MIDDLE_US)) / total

    def max_us(self) -> float | None:
        """Return the largest value in us (middle of its bucket), None if empty."""
        filled = np.flatnonzero(self.counts)
        return None if filled.size == 0 else float(MIDDLE_US[filled[-1]])

    def share_above(self, limit_us: float) -> float | None:
        """Return the share of values above a limit in us (buckets wholly above it), None if empty."""
        total = self.count
        return None if total == 0 else float(self.counts[limit_us < LOW_US].sum()) / total

    def sparse(self) -> list[int]:
        """Return `[index, count, gap to the next index, count, ...]`: the form of the run folder."""
        filled = np.flatnonzero(self.counts)
        pairs = np.empty(2 * filled.size, dtype=np.int64)
        pairs[0::2] = np.diff(filled, prepend=0)
        pairs[1::2] = self.counts[filled]
        return [int(number) for number in pairs]

    @classmethod
    def from_sparse(cls, pairs: Sequence[int]) -> "Histogram":
        """Return the histogram written by `sparse`; raise ValueError for anything else."""
        histogram = cls.empty()
        histogram.add_sparse(pairs)
        return histogram

    def add_sparse(self, pairs: Sequence[int]) -> None:
        """Add counts in the form of `sparse`; raise ValueError where it is damaged."""
        numbers = np.asarray(pairs, dtype=np.int64)
        if numbers.ndim != 1 or numbers.size % 2 or (numbers < 0).any():
            raise ValueError("not pairs of bucket gap and count")
        if numbers.size == 0:
            return
        indices = np.cumsum(numbers[0::2])
        if int(indices[-1]) >= SIZE:
            raise ValueError(f"bucket {int(indices[-1])} is beyond the last, {SIZE - 1}")
        np.add.at(self.counts, indices, numbers[1::2])
