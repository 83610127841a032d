"""The recorder: what every request, journey and write was, folded into windows once a second.

A request costs two appends; once a second the values of each (second, operation) become bucket counts by numpy.
Memory does not grow with the length of a run: what was flushed is forgotten.
"""

from array import array
from collections import Counter

import numpy as np

from records.histogram import bucket_indices
from records.journey import JourneyCount, Milestone
from records.ledger import Entry
from records.window import TIMED, Outcome, Window

MAX_OPERATIONS = 200  # more distinct names than any API has: a name with an id in it; the rest goes to OTHER
OTHER = "other operations"
MAX_OPERATION_CHARS = 120


class _Cell:
    """What one operation did in one second, so far."""

    __slots__ = ("outcomes", "received_bytes", "response_us", "service_us")

    def __init__(self) -> None:
        self.response_us = array("d")
        self.service_us = array("d")
        self.outcomes: Counter[Outcome] = Counter()
        self.received_bytes = 0


class Recorder:
    """Collects records of one process until they are flushed."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, str], _Cell] = {}
        self._operations: set[str] = set()
        self._journeys: Counter[tuple[int, str, Milestone]] = Counter()
        self._ledger: list[Entry] = []
        self.requests_counted = 0

    def request(
        self,
        operation: str,
        outcome: Outcome,
        intended_s: float,
        response_us: float,
        service_us: float,
        received_bytes: int,
    ) -> None:
        """Record one request; `intended_s` is in seconds from the run's start."""
        self.requests_counted += 1
        key = (int(intended_s) if intended_s >= 0 else 0, self._bounded(operation))
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = _Cell()
        cell.outcomes[outcome] += 1
        cell.received_bytes += received_bytes
        if outcome in TIMED:
            cell.response_us.append(response_us)
            cell.service_us.append(service_us)

    def milestone(self, second: int, persona: str, milestone: Milestone) -> None:
        """Record that a session meant to start in `second` reached a milestone."""
        self._journeys[(second, persona, milestone)] += 1

    def entry(self, entry: Entry) -> None:
        """Record one write."""
        self._ledger.append(entry)

    def flush(self) -> tuple[list[Window], list[JourneyCount], list[Entry]]:
        """Return everything recorded since the last flush, and forget it."""
        cells, self._cells = self._cells, {}
        journeys, self._journeys = self._journeys, Counter()
        ledger, self._ledger = self._ledger, []
        windows = [
            _window(second, operation, cell)
            for (second, operation), cell in sorted(cells.items(), key=lambda item: item[0])
        ]
        counts = [JourneyCount(*key, count=count) for key, count in sorted(journeys.items())]
        return windows, counts, ledger

    def _bounded(self, operation: str) -> str:
        if operation in self._operations:
            return operation
        if len(self._operations) >= MAX_OPERATIONS:
            return OTHER
        name = operation[:MAX_OPERATION_CHARS]
        self._operations.add(name)
        return name


def _window(second: int, operation: str, cell: _Cell) -> Window:
    return Window(
        second=second,
        operation=operation,
        outcomes=dict(cell.outcomes),
        response_us=sparse(cell.response_us),
        service_us=sparse(cell.service_us),
        received_bytes=cell.received_bytes,
    )


def sparse(values_us: "array[float]") -> list[int]:
    """Return values in us as a sparse histogram (see `records.histogram.Histogram.sparse`)."""
    if not values_us:
        return []
    buckets, counts = np.unique(bucket_indices(np.frombuffer(values_us, dtype=np.float64)), return_counts=True)
    pairs = np.empty(2 * buckets.size, dtype=np.int64)
    pairs[0::2] = np.diff(buckets, prepend=0)
    pairs[1::2] = counts
    numbers: list[int] = pairs.tolist()
    return numbers
