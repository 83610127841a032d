"""Requests added up by second, operation and bucket, and by second, operation and ending: as much memory as the cells take.

A cell is one whole number, (second, operation, what) in one key: counting is sorting keys, piece by piece.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from records.histogram import SIZE, bucket_index, bucket_indices
from records.imports.sample import Ending, Samples
from records.series import OUTCOMES, Cells, ErrorSeen, Series
from records.window import TIMED
from scenarios.scenario import MAX_RUN_S

Ints = NDArray[np.int64]
Thing = TypeVar("Thing", bound=Hashable)
NOTHING = np.empty(0, dtype=np.int64)
MAX_OPERATIONS = 200  # as the recorder: more distinct names than any API has; the rest goes to OTHER
OTHER = "other operations"
MAX_ENDINGS = 200  # distinct errors; all later ones keep their outcome and kind
OTHER_ERRORS = "other errors"
MAX_CELLS = 100_000_000  # 1.6 GB of them; a day at 1,000 requests per s is some 80 million
MERGE_AT = 12_000_000  # pending keys: merged before they take more than 200 MB
PLACES = 1024  # operations and endings that a key has room for; a power of two
DENSE = 4_000_000  # cells of a piece that are counted in place: 32 MB of them
SPAN_S = int(MAX_RUN_S)  # the longest run, on both sides of the first request seen


class SpanError(ValueError):
    """The requests are too many, or too far apart, for one run."""


@dataclass(slots=True)
class Keys:
    """Counts by key: pieces that are merged now and then."""

    keys: list[Ints] = field(default_factory=list)
    counts: list[Ints] = field(default_factory=list)
    pending: int = 0

    def add(self, keys: Ints, counts: Ints) -> None:
        """Add counts to keys."""
        self.keys.append(keys)
        self.counts.append(counts)
        self.pending += keys.size
        if self.pending > max(MERGE_AT, self.keys[0].size):
            self._merge()

    def merged(self) -> tuple[Ints, Ints]:
        """Return all keys, ascending, with their counts."""
        if self.pending:
            self._merge()
        return (self.keys[0], self.counts[0]) if self.keys else (NOTHING, NOTHING)

    def _merge(self) -> None:
        keys, counts = np.concatenate(self.keys), np.concatenate(self.counts)
        order = np.argsort(keys, kind="stable")  # a merge of sorted pieces: a radix or tim sort has little to do
        keys, counts = keys[order], counts[order]
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        self.keys, self.counts = [keys[first]], [np.add.reduceat(counts, first) if first.size else counts]
        self.pending = 0
        if self.keys[0].size > MAX_CELLS:
            raise SpanError(f"more than {MAX_CELLS:,} cells of second, operation and latency; import a part of the run")


class Numbered(Generic[Thing]):
    """Distinct things by number, at most so many; those after that share the last number."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.known: dict[Thing, int] = {}

    def index(self, thing: Thing) -> int:
        """Return the number of a thing, `most` for one too many."""
        found = self.known.get(thing)
        if found is not None:
            return found
        if len(self.known) >= self._most:
            return self._most
        self.known[thing] = len(self.known)
        return len(self.known) - 1


class Tally:
    """Adds up the requests of a run. `limits_us` are the latency limits that get an edge of their own (`records.histogram.Edge`)."""

    def __init__(self, limits_us: Sequence[int] = ()) -> None:
        self._limits_us = tuple(limits_us)
        self._names: Numbered[str] = Numbered(MAX_OPERATIONS)
        self._endings: Numbered[Ending] = Numbered(MAX_ENDINGS)
        self._other_endings: dict[Ending, int] = {}
        self._latencies, self._ended, self._within = Keys(), Keys(), Keys()
        self._is_near = np.zeros(SIZE, dtype=bool)  # of a bucket: a limit lies in it
        self._is_near[[bucket_index(limit_us) for limit_us in limits_us]] = True
        self._base: int | None = None
        self.count = 0

    def add(self, samples: Samples) -> None:
        """Add requests; raise SpanError where they span more than the longest run."""
        if samples.start_s.size == 0:
            return
        second = self._seconds(samples.start_s)
        self.count += second.size
        operation = _numbered(samples.operation, samples.names, self._operation)
        ending = _numbered(samples.ending, samples.endings, self._ending)
        first, operations, endings = int(second.min()), int(operation.max()) + 1, int(ending.max()) + 1
        place = (second - first) * operations + operation
        cells, counts = _counted(place * endings + ending)
        self._ended.add(self._key(cells // endings, first, operations) * PLACES + cells % endings, counts)
        timed = np.array([row.outcome in TIMED for row in samples.endings], dtype=bool)
        values = samples.latency_us
        if not timed.all():
            chosen = timed[samples.ending]
            place, values = place[chosen], values[chosen]
        self._time(place, values, first, operations)

    def _time(self, place: Ints, values_us: NDArray[np.float64], first: int, operations: int) -> None:
        """Count latencies; `place` is of the second after the first and of the operation."""
        buckets = bucket_indices(values_us)
        cells, counts = _counted(place * SIZE + buckets)
        self._latencies.add(self._key(cells // SIZE, first, operations) * SIZE + cells % SIZE, counts)
        near = np.flatnonzero(self._is_near[buckets])
        for number, limit_us in enumerate(self._limits_us):
            inside = near[(buckets[near] == bucket_index(limit_us)) & (values_us[near].astype(np.int64) <= limit_us)]
            keys = self._key(place[inside], first, operations) * PLACES + number
            self._within.add(keys, np.ones_like(keys))

    @staticmethod
    def _key(place: Ints, first: int, operations: int) -> Ints:
        """Return the run's key of second and operation from that of a piece."""
        key: Ints = (place // operations + first) * PLACES + place % operations
        return key

    def series(self) -> Series:
        """Return the series of all requests, second 0 being the first one's."""
        latencies, ended = self._cells(self._latencies, SIZE), self._cells(self._ended, PLACES)
        within = self._cells(self._within, PLACES)
        limits = np.array(self._limits_us or (0,), dtype=np.int64)
        endings = self._all_endings()
        outcome = np.array([OUTCOMES.index(row.outcome) for row in endings], dtype=np.int64)
        return Series(
            names=self._all_names(),
            response=latencies,
            service=latencies,
            outcomes=_added(ended, outcome),
            received_bytes=0,
            errors=_errors(ended, endings, self._all_names()),
            within_limit=Cells(within.second, within.operation, limits[within.cell], within.count),
        )

    def errors_by_window(self) -> dict[tuple[int, int], list[tuple[Ending, int]]]:
        """Return the failed requests by second and operation, with how each ended."""
        ended, endings = self._cells(self._ended, PLACES), self._all_endings()
        failed = np.array([bool(row.kind) for row in endings], dtype=bool)[ended.cell]
        found: dict[tuple[int, int], list[tuple[Ending, int]]] = {}
        columns = (ended.second, ended.operation, ended.cell, ended.count)
        for second, operation, cell, count in zip(*(column[failed].tolist() for column in columns), strict=True):
            found.setdefault((second, operation), []).append((endings[cell], count))
        return found

    @property
    def first_second(self) -> int:
        """Return second 0 in whole s since the epoch; there has to be a request."""
        assert self._base is not None
        keys, _ = self._ended.merged()
        return int(keys[0]) // PLACES**2 + self._base

    def _seconds(self, start_s: NDArray[np.float64]) -> Ints:
        whole: Ints = np.floor(start_s).astype(np.int64)
        if self._base is None:
            self._base = int(whole[0]) - SPAN_S
        second = whole - self._base
        if int(second.min()) < 0 or int(second.max()) > 2 * SPAN_S:
            raise SpanError(
                f"the requests span more than {SPAN_S // 86400} days; expected one run, or another unit of time"
            )
        return second

    def _operation(self, name: str) -> int:
        return self._names.index(name or "(no name)")

    def _ending(self, ending: Ending) -> int:
        number = self._endings.index(ending)
        if number < MAX_ENDINGS:
            return number
        other = ending._replace(text=OTHER_ERRORS)
        return MAX_ENDINGS + self._other_endings.setdefault(other, len(self._other_endings))

    def _all_names(self) -> tuple[str, ...]:
        return (*self._names.known, OTHER)[: self._most_operation() + 1]

    def _most_operation(self) -> int:
        keys, _ = self._ended.merged()
        return int((keys // PLACES % PLACES).max(initial=0))

    def _all_endings(self) -> list[Ending]:
        return [*self._endings.known, *self._other_endings]

    def _cells(self, counted: Keys, size: int) -> Cells:
        keys, counts = counted.merged()
        place = keys // size
        second = place // PLACES - (self.first_second - (self._base or 0)) if keys.size else place
        return Cells(second, place & (PLACES - 1), keys - place * size, counts)


def _counted(cells: Ints) -> tuple[Ints, Ints]:
    """Return the cells that are there, ascending, and how often each is."""
    highest = int(cells.max(initial=0))
    if highest < DENSE:
        counts = np.bincount(cells)
        found = np.flatnonzero(counts)
        return found, counts[found]
    ordered = np.sort(
        cells.astype(np.int32) if highest <= np.iinfo(np.int32).max else cells
    )  # half as wide, twice as fast
    begins = np.flatnonzero(np.diff(ordered, prepend=-1))
    return ordered[begins].astype(np.int64), np.diff(begins, append=cells.size)


def _numbered(codes: Ints, things: Sequence[Thing], number: Callable[[Thing], int]) -> Ints:
    """Return the run's numbers of things that a piece has by its own codes; what the piece knows but does not have gets none."""
    numbers = np.zeros(len(things), dtype=np.int64)
    for code in np.flatnonzero(np.bincount(codes, minlength=len(things))).tolist():
        numbers[code] = number(things[code])
    return numbers[codes]


def _added(ended: Cells, outcome: Ints) -> Cells:
    """Return counts by outcome from counts by ending."""
    keys = Keys()
    of = outcome[ended.cell] if ended.cell.size else ended.cell
    keys.add((ended.second * PLACES + ended.operation) * len(OUTCOMES) + of, ended.count)
    found, counts = keys.merged()
    place = found // len(OUTCOMES)
    return Cells(place // PLACES, place % PLACES, found % len(OUTCOMES), counts)


def _errors(ended: Cells, endings: Sequence[Ending], names: Sequence[str]) -> tuple[ErrorSeen, ...]:
    """Return the failed requests of the run, the most frequent first."""
    found = []
    for number, ending in enumerate(endings):
        if not ending.kind:
            continue
        for operation in np.unique(ended.operation[ended.cell == number]).tolist():
            mask = (ended.cell == number) & (ended.operation == operation)
            seconds, count = ended.second[mask], int(ended.count[mask].sum())
            found.append(ErrorSeen(names[operation], *ending, count, int(seconds.min()), int(seconds.max())))
    return tuple(sorted(found, key=lambda row: (-row.count, row.operation, row.outcome, row.kind, row.text)))
