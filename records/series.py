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
PLACE = {outcome: place for place, outcome in enumerate(OUTCOMES)}
UNPACKED_AT = 2_000_000  # numbers waiting to become arrays: 16 MB of them


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
    """Collects rows of whole numbers before they become columns: many windows at once, an array for each would take longer."""

    def __init__(self) -> None:
        self._done: list[Cells] = []
        self._second: list[int] = []
        self._operation: list[int] = []
        self._length: list[int] = []
        self._numbers: list[int] = []

    def add_sparse(self, second: int, operation: int, pairs: Sequence[int]) -> None:
        """Take a sparse histogram; raise ValueError where it is damaged, here or when it is unpacked."""
        if len(pairs) % 2:
            raise ValueError("not pairs of bucket gap and count")
        self._second.append(second)
        self._operation.append(operation)
        self._length.append(len(pairs) // 2)
        self._numbers.extend(pairs)
        if len(self._numbers) > UNPACKED_AT:
            self._unpack(are_gaps=True)

    def add(self, second: int, operation: int, pairs: Iterable[tuple[int, int]]) -> None:
        """Take cells with their counts."""
        before = len(self._numbers)
        for pair in pairs:
            self._numbers.extend(pair)
        self._second.append(second)
        self._operation.append(operation)
        self._length.append((len(self._numbers) - before) // 2)
        if len(self._numbers) > UNPACKED_AT:
            self._unpack(are_gaps=False)

    def as_cells(self, *, are_gaps: bool) -> Cells:
        """Return all rows; `are_gaps`: cells are counted from the one before, as in a sparse histogram."""
        self._unpack(are_gaps=are_gaps)
        columns = zip(*((c.second, c.operation, c.cell, c.count) for c in self._done), strict=True)
        return Cells(*(np.concatenate(column) for column in columns)) if self._done else NO_CELLS

    def _unpack(self, *, are_gaps: bool) -> None:
        if not self._length:
            return
        numbers = np.array(self._numbers, dtype=np.int64)
        length = np.array(self._length, dtype=np.int64)
        if numbers.ndim != 1 or (numbers.size and numbers.min() < 0):
            raise ValueError("not pairs of bucket gap and count")
        cell, count = numbers[0::2], numbers[1::2]
        if are_gaps:
            begins = (np.cumsum(length) - length)[length > 0]
            running = np.cumsum(cell)
            cell = running - np.repeat(running[begins] - cell[begins], length[length > 0])
            if cell.size and int(cell.max()) >= SIZE:
                raise ValueError(f"bucket {int(cell.max())} is beyond the last, {SIZE - 1}")
        second = np.repeat(np.array(self._second, dtype=np.int64), length)
        operation = np.repeat(np.array(self._operation, dtype=np.int64), length)
        self._done.append(Cells(second, operation, cell.copy(), count.copy()))
        for column in (self._second, self._operation, self._length, self._numbers):
            column.clear()


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
        response.add_sparse(window.second, operation, window.response_us)
        service.add_sparse(window.second, operation, window.service_us)
        outcomes.add(window.second, operation, [(PLACE[outcome], count) for outcome, count in window.outcomes.items()])
        if window.errors:
            errors.add(window)
        if window.within_limit:
            within_limit.add(window.second, operation, window.within_limit)
        received_bytes += window.received_bytes
    return Series(
        names=tuple(names),
        response=response.as_cells(are_gaps=True),
        service=service.as_cells(are_gaps=True),
        outcomes=outcomes.as_cells(are_gaps=False),
        received_bytes=received_bytes,
        errors=errors.as_seen(),
        within_limit=within_limit.as_cells(are_gaps=False),
    )
