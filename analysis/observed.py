"""What one stage saw, selected once: histograms by operation, outcomes by second and operation."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from records.event import EventKind
from records.histogram import SIZE, Edge, Histogram
from records.run import Run
from records.series import OUTCOMES, Cells, Ints
from records.window import FAILED, PAYMENT_FLOW, Outcome
from scenarios.layout import PlannedStage

EDGE_S = 1e-6  # stage borders are sums of floats; a border this close to a whole second is that second
FAILED_COLUMNS = [OUTCOMES.index(outcome) for outcome in sorted(FAILED)]


@dataclass(frozen=True, slots=True)
class Observed:
    """One stage over its whole seconds [first, end).

    `response` are the cells of response_us in those seconds; `histograms` the same added up, shape (names, SIZE);
    `within_limit` the cells of those seconds that tell the side of a limit in its own bucket; `outcomes` counts by second, name and outcome, shape (end - first, names, 8).
    """

    stage: PlannedStage
    first: int
    end: int
    names: tuple[str, ...]
    response: Cells
    histograms: Ints
    outcomes: Ints
    within_limit: Cells

    @property
    def seconds(self) -> int:
        """Return how many whole seconds the stage has in the records."""
        return self.end - self.first

    @property
    def operations(self) -> tuple[str, ...]:
        """Return the operations that are single requests and occurred in this stage, sorted."""
        attempts = self.outcomes.sum(axis=(0, 2))
        return tuple(
            sorted(name for name, count in zip(self.names, attempts, strict=True) if count and name != PAYMENT_FLOW)
        )

    def columns(self, operations: Iterable[str] | None = None) -> list[int]:
        """Return the columns of operations, unknown ones left out. None: all single requests."""
        if operations is None:
            return [index for index, name in enumerate(self.names) if name != PAYMENT_FLOW]
        wanted = set(operations)
        return [index for index, name in enumerate(self.names) if name in wanted]

    def histogram(self, operations: Iterable[str] | None = None) -> Histogram:
        """Return the histogram of response_us of some operations. None: all single requests."""
        return Histogram(self.histograms[self.columns(operations)].sum(axis=0, dtype=np.int64))

    def edge(self, limit_us: int, operations: Iterable[str] | None = None) -> Edge:
        """Return the edge of `histogram(operations)` at a limit."""
        cells = self.within_limit
        mask = (cells.cell == limit_us) & np.isin(cells.operation, self.columns(operations))
        return Edge(limit_us, int(cells.count[mask].sum()))

    def after(self, cut_s: int) -> "Observed":
        """Return the stage without its first `cut_s` seconds; at least its last one stays."""
        first = max(self.first, min(self.first + cut_s, self.end - 1))
        if first == self.first:
            return self
        response = _between(self.response, first, self.end)
        return replace(
            self,
            first=first,
            response=response,
            histograms=_histograms(response, len(self.names)),
            outcomes=self.outcomes[first - self.first :],
            within_limit=_between(self.within_limit, first, self.end),
        )

    def outcomes_by_second(self, operations: Iterable[str] | None = None) -> Ints:
        """Return counts by second and outcome, shape (seconds, 8)."""
        counts: Ints = self.outcomes[:, self.columns(operations), :].sum(axis=1, dtype=np.int64)
        return counts

    def outcome_counts(self, operations: Iterable[str] | None = None) -> dict[Outcome, int]:
        """Return how many requests ended how; every outcome is present."""
        return dict(zip(OUTCOMES, self.outcomes_by_second(operations).sum(axis=0).tolist(), strict=True))


def whole_seconds(stage: PlannedStage) -> tuple[int, int]:
    """Return the seconds [first, end) that lie wholly in a stage: a shared one holds requests of two levels.

    A stage too short to have one has the seconds it touches.
    """
    first, end = math.ceil(stage.start_s - EDGE_S), math.floor(stage.end_s + EDGE_S)
    return (first, end) if end > first else (math.floor(stage.start_s), math.ceil(stage.end_s))


def loaded_until(run: Run) -> int:
    """Return the second at which the records end, or at which a rule aborted the run: what drains afterwards is no load."""
    end, ended = run.last_second + 1, run.manifest.ended
    if ended is None or ended.reason != "aborted":
        return end
    stops = [math.floor(event.at_s) for event in run.events if event.kind is EventKind.STOP]
    return min([end, *stops])


def observe(run: Run, stage: PlannedStage) -> Observed:
    """Return what a stage saw; its seconds end where the records do, or the load."""
    first, end = whole_seconds(stage)
    end = max(first, min(end, loaded_until(run)))
    names = run.series.names
    outcomes = _between(run.series.outcomes, first, end)
    flat = ((outcomes.second - first) * len(names) + outcomes.operation) * len(OUTCOMES) + outcomes.cell
    response = _between(run.series.response, first, end)
    return Observed(
        stage=stage,
        first=first,
        end=end,
        names=names,
        response=response,
        histograms=_histograms(response, len(names)),
        outcomes=_added(flat, outcomes.count, (end - first, len(names), len(OUTCOMES))),
        within_limit=_between(run.series.within_limit, first, end),
    )


def _histograms(response: Cells, names: int) -> Ints:
    return _added(response.operation * SIZE + response.cell, response.count, (names, SIZE))


def _between(cells: Cells, first: int, end: int) -> Cells:
    mask = (cells.second >= first) & (cells.second < end)
    return Cells(cells.second[mask], cells.operation[mask], cells.cell[mask], cells.count[mask])


def _added(index: Ints, count: Ints, shape: tuple[int, ...]) -> NDArray[np.int64]:
    added = np.bincount(index, weights=count, minlength=math.prod(shape))
    return added.astype(np.int64).reshape(shape)


def failed_by_second(by_second: Ints) -> Ints:
    """Return how many requests failed in each second, from counts of shape (seconds, 8)."""
    failed: Ints = by_second[:, FAILED_COLUMNS].sum(axis=1, dtype=np.int64)
    return failed


def attempts_by_second(by_second: Ints) -> Ints:
    """Return how many requests were attempted in each second: all but those we aborted ourselves."""
    attempts: Ints = by_second.sum(axis=1, dtype=np.int64) - by_second[:, OUTCOMES.index(Outcome.ABORTED)]
    return attempts
