"""The recorder: what every request, journey and write was, folded into windows once a second.

A request costs two appends; once a second the values of each (second, operation) become bucket counts by numpy.
Memory does not grow with the length of a run: what was flushed is forgotten.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Sequence

from loadgen.cardinality import BoundedNames
from loadgen.folding import Rows
from records.journey import JourneyCount, Milestone
from records.ledger import Entry
from records.window import TIMED, ErrorCount, Outcome, Window

MAX_OPERATIONS = 200  # more distinct names than any API has: a name with an id in it; the rest goes to OTHER
OTHER = "other operations"
MAX_ERROR_TEXTS = 200  # the client's own are some 60; a journey that puts an id into its text ends in OTHER_ERRORS
OTHER_ERRORS = "other errors"

Error = tuple[str, str]
"""Kind and text, as in `records.window.ErrorCount`."""


class _Cell:
    """What one operation did in one second, so far. What went well is a number: the hash of an enum costs more than all the rest."""

    __slots__ = ("errors", "ok", "otherwise", "received_bytes", "response_us", "service_us")

    def __init__(self) -> None:
        self.response_us = array("d")
        self.service_us = array("d")
        self.ok = 0
        self.otherwise: Counter[Outcome] = Counter()
        self.errors: Counter[tuple[Outcome, str, str]] = Counter()
        self.received_bytes = 0

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """Return the counts by outcome, those that occurred."""
        return {Outcome.OK: self.ok, **self.otherwise} if self.ok else dict(self.otherwise)


class Recorder:
    """Collects records of one process until they are flushed."""

    def __init__(self, limits_us: Sequence[int] = ()) -> None:
        """Begin; `limits_us` are the limits at which the histograms of `response_us` get an edge, in whole us."""
        self._cells: dict[tuple[int, str], _Cell] = {}
        self._operations = BoundedNames(MAX_OPERATIONS, OTHER)
        self._texts = BoundedNames(MAX_ERROR_TEXTS, OTHER_ERRORS)
        self._journeys: Counter[tuple[int, str, Milestone]] = Counter()
        self._ledger: list[Entry] = []
        self._limits_us = tuple(limits_us)
        self.requests_counted = 0

    def keep_edges(self, limits_us: Sequence[int]) -> None:
        """Give the histograms of `response_us` an edge at these limits, in whole us."""
        self._limits_us = tuple(limits_us)

    def request(
        self,
        operation: str,
        outcome: Outcome,
        intended_s: float,
        response_us: float,
        service_us: float,
        received_bytes: int,
        error: Error | None = None,
    ) -> None:
        """Record one request; `intended_s` is in seconds from the run's start, `error` why it failed."""
        self.requests_counted += 1
        cell = self._cells.get((int(intended_s), operation))
        if cell is None:
            cell = self._cell(max(0, int(intended_s)), operation)
        cell.received_bytes += received_bytes
        if outcome is Outcome.OK:
            cell.ok += 1
        else:
            cell.otherwise[outcome] += 1
            if error is not None:
                cell.errors[outcome, error[0], self._texts.bounded(error[1])] += 1
            if outcome not in TIMED:
                return
        cell.response_us.append(response_us)
        cell.service_us.append(service_us)

    def _cell(self, second: int, operation: str) -> _Cell:
        """Return the cell of a second and an operation, or of the row that stands for one name too many."""
        key = (second, self._operations.bounded(operation))
        if key not in self._cells:
            self._cells[key] = _Cell()
        return self._cells[key]

    def milestone(self, second: int, persona: str, milestone: Milestone) -> None:
        """Record that a session meant to start in `second` reached a milestone."""
        self._journeys[(second, persona, milestone)] += 1

    def entry(self, entry: Entry) -> None:
        """Record one write."""
        self._ledger.append(entry)

    def flush(self, breathe: Callable[[], None] = lambda: None) -> tuple[list[Window], list[JourneyCount], list[Entry]]:
        """Return everything recorded since the last flush, and forget it.

        What is recorded meanwhile belongs to the next; `breathe` is called now and then, so that the caller may let others run.
        """
        cells, self._cells = self._cells, {}
        journeys, self._journeys = self._journeys, Counter()
        ledger, self._ledger = self._ledger, []
        windows = _windows(dict(sorted(cells.items(), key=lambda item: item[0])), self._limits_us, breathe)
        breathe()
        counts = [JourneyCount(*key, count=count) for key, count in sorted(journeys.items())]
        return windows, counts, ledger


def _windows(
    cells: dict[tuple[int, str], _Cell], limits_us: Sequence[int], breathe: Callable[[], None]
) -> list[Window]:
    response = Rows.of([cell.response_us for cell in cells.values()])
    response_us, within = response.sparse(), response.within(limits_us)
    breathe()
    service_us = Rows.of([cell.service_us for cell in cells.values()]).sparse()
    breathe()
    return [
        Window(
            second=second,
            operation=operation,
            outcomes=cell.outcomes,
            response_us=response_us[row],
            service_us=service_us[row],
            received_bytes=cell.received_bytes,
            errors=tuple(ErrorCount(*key, count) for key, count in sorted(cell.errors.items())),
            within_limit=tuple(within[row]),
        )
        for row, ((second, operation), cell) in enumerate(cells.items())
    ]


def sparse(values_us: "array[float]") -> list[int]:
    """Return values in us as a sparse histogram (see `records.histogram.Histogram.sparse`)."""
    return Rows.of([values_us]).sparse()[0]
