"""Columnar series of a run: counts by second, operation and bucket, and by second, operation and outcome.

Sparse, so that an hour at 1,000 requests per s is some tens of megabytes; a selection becomes a histogram by one bincount.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from records.histogram import SIZE, Histogram
from records.window import Outcome, Window

Ints = NDArray[np.int64]
OUTCOMES = tuple(Outcome)


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts in cells; all arrays have shape (n,). `operation` indexes the run's operation names."""

    second: Ints
    operation: Ints
    cell: Ints
    count: Ints

    def where(self, start_s: float, end_s: float, operations: Ints) -> NDArray[np.bool_]:
        """Return a mask, shape (n,), of start_s <= second < end_s and operation among `operations`."""
        return (self.second >= start_s) & (self.second < end_s) & np.isin(self.operation, operations)

    def total(self, mask: NDArray[np.bool_], size: int) -> Ints:
        """Return the counts of the masked rows added up by cell, shape (size,)."""
        return np.bincount(self.cell[mask], weights=self.count[mask], minlength=size).astype(np.int64)


@dataclass(frozen=True, slots=True)
class ErrorSeen:
    """One error of one operation over a run: how often, and the first and the last second in which its requests were meant to start."""

    operation: str
    outcome: Outcome
    kind: str
    text: str
    count: int
    first: int
    last: int


NO_CELLS = Cells(*(np.empty(0, dtype=np.int64) for _ in range(4)))


@dataclass(frozen=True, slots=True)
class Series:
    """Everything that the windows of a run say.

    In `within_limit` a cell is an objective's limit in us, a count how many values of its bucket are at most that
    (see `records.histogram.Edge`).
    """

    names: tuple[str, ...]
    response: Cells
    service: Cells
    outcomes: Cells
    received_bytes: int
    errors: tuple[ErrorSeen, ...] = ()
    within_limit: Cells = NO_CELLS

    def indices(self, operations: Iterable[str]) -> Ints:
        """Return the indices of operation names, unknown ones left out."""
        known = {name: index for index, name in enumerate(self.names)}
        return np.array([known[name] for name in operations if name in known], dtype=np.int64)

    def histogram(self, cells: Cells, start_s: float, end_s: float, operations: Iterable[str]) -> Histogram:
        """Return the merged histogram of a selection."""
        return Histogram(cells.total(cells.where(start_s, end_s, self.indices(operations)), SIZE))

    def outcome_counts(self, start_s: float, end_s: float, operations: Iterable[str]) -> dict[Outcome, int]:
        """Return how many requests of a selection ended how, every outcome present."""
        mask = self.outcomes.where(start_s, end_s, self.indices(operations))
        return dict(zip(OUTCOMES, self.outcomes.total(mask, len(OUTCOMES)).tolist(), strict=True))

    def outcomes_by_second(self, start: int, end: int, operations: Iterable[str]) -> Ints:
        """Return counts by second and outcome, shape (end - start, 8), columns in the order of `Outcome`."""
        mask = self.outcomes.where(start, end, self.indices(operations))
        flat = (self.outcomes.second[mask] - start) * len(OUTCOMES) + self.outcomes.cell[mask]
        size = max(0, end - start) * len(OUTCOMES)
        counts = np.bincount(flat, weights=self.outcomes.count[mask], minlength=size).astype(np.int64)
        return counts.reshape(-1, len(OUTCOMES))


class _Rows:
    """Collects columns before they become arrays."""

    def __init__(self) -> None:
        self.second: list[Ints] = []
        self.operation: list[Ints] = []
        self.cell: list[Ints] = []
        self.count: list[Ints] = []

    def add(self, second: int, operation: int, cells: Ints, counts: Ints) -> None:
        self.second.append(np.full(cells.size, second, dtype=np.int64))
        self.operation.append(np.full(cells.size, operation, dtype=np.int64))
        self.cell.append(cells)
        self.count.append(counts)

    def as_cells(self) -> Cells:
        columns = (self.second, self.operation, self.cell, self.count)
        return Cells(*(np.concatenate(column) for column in columns)) if self.second else NO_CELLS


class _Errors:
    """Adds up errors by operation, outcome, kind and text."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, Outcome, str, str], tuple[int, int, int]] = {}

    def add(self, window: Window) -> None:
        for error in window.errors:
            key = (window.operation, error.outcome, error.kind, error.text)
            count, first, last = self._seen.get(key, (0, window.second, window.second))
            self._seen[key] = (count + error.count, min(first, window.second), max(last, window.second))

    def as_seen(self) -> tuple[ErrorSeen, ...]:
        """Return them, the most frequent first."""
        seen = [ErrorSeen(*key, *numbers) for key, numbers in self._seen.items()]
        return tuple(sorted(seen, key=lambda row: (-row.count, row.operation, row.outcome, row.kind, row.text)))


def collect(windows: Iterable[Window]) -> Series:
    """Return the series of windows in any order, repeated seconds adding up; raise ValueError where one is damaged."""
    names: dict[str, int] = {}
    response, service, outcomes, within_limit, errors = _Rows(), _Rows(), _Rows(), _Rows(), _Errors()
    received_bytes = 0
    for window in windows:
        operation = names.setdefault(window.operation, len(names))
        response.add(window.second, operation, *_unpacked(window.response_us))
        service.add(window.second, operation, *_unpacked(window.service_us))
        cells = np.array([OUTCOMES.index(outcome) for outcome in window.outcomes], dtype=np.int64)
        outcomes.add(window.second, operation, cells, np.array(list(window.outcomes.values()), dtype=np.int64))
        errors.add(window)
        if window.within_limit:
            limits, counts = np.array(window.within_limit, dtype=np.int64).T
            within_limit.add(window.second, operation, limits, counts)
        received_bytes += window.received_bytes
    return Series(
        names=tuple(names),
        response=response.as_cells(),
        service=service.as_cells(),
        outcomes=outcomes.as_cells(),
        received_bytes=received_bytes,
        errors=errors.as_seen(),
        within_limit=within_limit.as_cells(),
    )


def _unpacked(pairs: Sequence[int]) -> tuple[Ints, Ints]:
    """Return buckets and counts of a sparse histogram; raise ValueError where it is damaged."""
    numbers = np.asarray(pairs, dtype=np.int64)
    if numbers.ndim != 1 or numbers.size % 2 or (numbers.size and numbers.min() < 0):
        raise ValueError("not pairs of bucket gap and count")
    buckets: Ints = np.cumsum(numbers[0::2])
    if buckets.size and int(buckets[-1]) >= SIZE:
        raise ValueError(f"bucket {int(buckets[-1])} is beyond the last, {SIZE - 1}")
    return buckets, numbers[1::2]
