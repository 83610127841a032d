"""Many small histograms at once: a second has some 70 of them, and folding each by itself cost 20 ms, all of them cost 2."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from records.histogram import LOW_US, SIZE, bucket_index, bucket_indices


@dataclass(frozen=True, slots=True)
class Rows:
    """Values in us of several rows, one row after the other. `values`, `owner`: shape (n,); `owner` is the row's number."""

    values: NDArray[np.float64]
    owner: NDArray[np.int64]
    count: int

    @classmethod
    def of(cls, rows: "Sequence[array[float]]") -> "Rows":
        """Return the rows; a row may be empty."""
        values = np.frombuffer(b"".join(row.tobytes() for row in rows), dtype=np.float64)
        return cls(values, np.repeat(np.arange(len(rows)), [len(row) for row in rows]), len(rows))

    def sparse(self) -> list[list[int]]:
        """Return each row as a sparse histogram (see `records.histogram.Histogram.sparse`)."""
        keys, counts = np.unique(self.owner * SIZE + bucket_indices(self.values), return_counts=True)
        owner, bucket = np.divmod(keys, SIZE)
        ends = np.searchsorted(owner, np.arange(self.count + 1))
        pairs = np.empty(2 * keys.size, dtype=np.int64)
        pairs[0::2] = np.diff(bucket, prepend=0)
        begins = ends[:-1][ends[:-1] < ends[1:]]  # of the rows that hold something
        pairs[2 * begins] = bucket[begins]
        pairs[1::2] = counts
        numbers: list[int] = pairs.tolist()
        return [numbers[2 * begin : 2 * end] for begin, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]

    def within(self, limits_us: Sequence[int]) -> list[list[tuple[int, int]]]:
        """Return for each row, and each limit whose bucket holds values of it that are at most the limit, limit and how many."""
        found: list[list[tuple[int, int]]] = [[] for _ in range(self.count)]
        for limit_us in limits_us:
            inside = (self.values >= LOW_US[bucket_index(limit_us)]) & (self.values < limit_us + 1)
            for row, count in zip(*np.unique(self.owner[inside], return_counts=True), strict=True):
                found[int(row)].append((limit_us, int(count)))
        return found
