"""Columnar series of a run: counts by second, operation and bucket, and by second, operation and outcome.

Sparse, so that an hour at 1,000 requests per s is some tens of megabytes; a selection becomes a histogram by one bincount.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from records.histogram import SIZE, Histogram
from records.window import ErrorCount, Outcome, Window

Ints = NDArray[np.int64]
OUTCOMES = tuple(Outcome)
PLACE = {outcome: place for place, outcome in enumerate(OUTCOMES)}
UNPACKED_AT = 2_000_000  # numbers waiting to become arrays: 16 MB of them
NO_PAIRS = "not pairs of bucket gap and count"


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

    def __init__(self, *, are_gaps: bool) -> None:
        self._are_gaps = are_gaps
        self._done: list[Cells] = []
        self._second: list[int] = []
        self._operation: list[int] = []
        self._length: list[int] = []
        self._numbers: list[int] = []

    def add(self, second: int, operation: int, pairs: Sequence[int]) -> None:
        """Take cells, each with its count; raise ValueError where they are damaged, here or when they are unpacked."""
        if len(pairs) % 2:
            raise ValueError(NO_PAIRS)
        self._second.append(second)
        self._operation.append(operation)
        self._length.append(len(pairs) // 2)
        self._numbers.extend(pairs)
        if len(self._numbers) > UNPACKED_AT:
            self._unpack()

    def add_cells(self, cells: Cells) -> None:
        """Take rows that are columns already."""
        self._unpack()
        self._done.append(cells)

    def as_cells(self) -> Cells:
        """Return all rows."""
        self._unpack()
        columns = zip(*((c.second, c.operation, c.cell, c.count) for c in self._done), strict=True)
        return Cells(*(np.concatenate(column) for column in columns)) if self._done else NO_CELLS

    def _unpack(self) -> None:
        if not self._length:
            return
        columns = [np.array(values, dtype=np.int64) for values in (self._second, self._operation, self._length)]
        numbers = np.array(self._numbers, dtype=np.int64)
        self._done.append(unpacked(columns[0], columns[1], columns[2], numbers, are_gaps=self._are_gaps))
        for column in (self._second, self._operation, self._length, self._numbers):
            column.clear()


def unpacked(second: Ints, operation: Ints, length: Ints, numbers: Ints, *, are_gaps: bool) -> Cells:
    """Return the cells of windows: second, operation and number of cells of each, and all their pairs of cell and count in a row.

    `are_gaps`: cells are counted from the one before in their window, as in a sparse histogram. Raise ValueError where they are damaged.
    """
    if numbers.ndim != 1 or (numbers.size and numbers.min() < 0):
        raise ValueError(NO_PAIRS)
    cell, count = numbers[0::2], numbers[1::2]
    if are_gaps:
        begins = (np.cumsum(length) - length)[length > 0]
        running = np.cumsum(cell)
        cell = running - np.repeat(running[begins] - cell[begins], length[length > 0])
        if cell.size and int(cell.max()) >= SIZE:
            raise ValueError(f"bucket {int(cell.max())} is beyond the last, {SIZE - 1}")
    return Cells(np.repeat(second, length), np.repeat(operation, length), cell.copy(), count.copy())


def ended(outcomes: Mapping[Outcome, int]) -> list[tuple[int, int]]:
    """Return counts by outcome as cells, each with its count."""
    return [(PLACE[outcome], count) for outcome, count in outcomes.items()]


class _Errors:
    """Adds up errors by operation, outcome, kind and text."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, Outcome, str, str], tuple[int, int, int]] = {}

    def add(self, second: int, operation: str, errors: Iterable[ErrorCount]) -> None:
        for error in errors:
            key = (operation, error.outcome, error.kind, error.text)
            count, first, last = self._seen.get(key, (0, second, second))
            self._seen[key] = (count + error.count, min(first, second), max(last, second))

    def as_seen(self) -> tuple[ErrorSeen, ...]:
        """Return them, the most frequent first."""
        seen = [ErrorSeen(*key, *numbers) for key, numbers in self._seen.items()]
        return tuple(sorted(seen, key=lambda row: (-row.count, row.operation, row.outcome, row.kind, row.text)))


class Collector:
    """Adds up windows, one at a time or many as columns, in any order."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._response, self._service = _Rows(are_gaps=True), _Rows(are_gaps=True)
        self._outcomes, self._within_limit = _Rows(are_gaps=False), _Rows(are_gaps=False)
        self._errors = _Errors()
        self._received_bytes = 0

    def operation(self, name: str) -> int:
        """Return the index of an operation's name."""
        return self._names.setdefault(name, len(self._names))

    def add(self, window: Window) -> None:
        """Take one window; raise ValueError where it is damaged."""
        second, operation = window.second, self.operation(window.operation)
        self._response.add(second, operation, window.response_us)
        self._service.add(second, operation, window.service_us)
        self._outcomes.add(second, operation, [number for pair in ended(window.outcomes) for number in pair])
        if window.within_limit:
            self._within_limit.add(second, operation, [number for pair in window.within_limit for number in pair])
        if window.errors:
            self.add_errors(second, window.operation, window.errors)
        self._received_bytes += window.received_bytes

    def add_errors(self, second: int, operation: str, errors: Iterable[ErrorCount]) -> None:
        """Take the errors of one window."""
        self._errors.add(second, operation, errors)

    def add_all(
        self, response: Cells, service: Cells, outcomes: Cells, within_limit: Cells, received_bytes: int
    ) -> None:
        """Take many windows, all but their errors."""
        self._response.add_cells(response)
        self._service.add_cells(service)
        self._outcomes.add_cells(outcomes)
        self._within_limit.add_cells(within_limit)
        self._received_bytes += received_bytes

    def series(self) -> Series:
        """Return the series of all that was taken; raise ValueError where some of it is damaged."""
        return Series(
            names=tuple(self._names),
            response=self._response.as_cells(),
            service=self._service.as_cells(),
            outcomes=self._outcomes.as_cells(),
            received_bytes=self._received_bytes,
            errors=self._errors.as_seen(),
            within_limit=self._within_limit.as_cells(),
        )


def collect(windows: Iterable[Window]) -> Series:
    """Return the series of windows in any order, repeated seconds adding up; raise ValueError where one is damaged."""
    collector = Collector()
    for window in windows:
        collector.add(window)
    return collector.series()
