"""An imported run as a folder: the same files as a run of our own, those of which nothing is known empty."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from records.folder import WINDOWS, Appender, create_folder, write_manifest
from records.imports.sample import Ending
from records.imports.tally import Tally
from records.manifest import Manifest
from records.series import OUTCOMES, Cells, Series
from records.window import ErrorCount, Outcome, Window

WINDOWS_A_WRITE = 2_000  # windows in memory at a time
Ints = NDArray[np.int64]


def write_import(results: Path, manifest: Manifest, tally: Tally, series: Series) -> Path:
    """Write the run folder and return its path; raise RunDataError where that is not possible, or it is there already."""
    folder = create_folder(results, manifest.run_id)
    write_manifest(folder, manifest)
    appender = Appender(folder)
    records = records_of(series, tally.errors_by_window())
    while batch := list(islice(records, WINDOWS_A_WRITE)):
        appender.records(WINDOWS, batch)
    appender.close()
    return folder


def records_of(series: Series, errors: dict[tuple[int, int], list[tuple[Ending, int]]]) -> Iterator[dict[str, Any]]:
    """Yield the lines of windows, by second and operation. The cells of the series are in that order.

    The histogram, which is both that of responses and that of services, is made text once, from the array as it is.
    """
    latencies, within = _Groups(series.response), _Groups(series.within_limit)
    outcomes = _Groups(series.outcomes)
    for second, operation in outcomes.places:
        window = Window(
            second=second,
            operation=series.names[operation],
            outcomes={OUTCOMES[cell]: count for cell, count in outcomes.pairs(second, operation)},
            response_us=[],
            service_us=[],
            received_bytes=0,
            errors=tuple(
                ErrorCount(Outcome(ending.outcome), ending.kind, ending.text, count)
                for ending, count in errors.get((second, operation), ())
            ),
            within_limit=tuple(within.pairs(second, operation)),
        )
        sparse = latencies.sparse(second, operation)
        yield {**window.as_record(), "response_us": sparse, "service_us": sparse}


class _Groups:
    """The rows of some cells by second and operation: each group's rows lie together."""

    def __init__(self, cells: Cells) -> None:
        place = (cells.second << 16) + cells.operation
        begins = np.flatnonzero(np.diff(place, prepend=-1))
        ends = np.append(begins[1:], place.size)[: begins.size]
        seconds, operations = cells.second[begins].tolist(), cells.operation[begins].tolist()
        self.places: list[tuple[int, int]] = list(zip(seconds, operations, strict=True))
        spans = zip(begins.tolist(), ends.tolist(), strict=True)
        self._span: dict[tuple[int, int], tuple[int, int]] = dict(zip(self.places, spans, strict=True))
        self._cell, self._count = cells.cell, cells.count
        gaps = np.diff(cells.cell, prepend=0)
        gaps[begins] = cells.cell[begins]
        self._pairs: Ints = np.column_stack((gaps, cells.count)).ravel()

    def pairs(self, second: int, operation: int) -> list[tuple[int, int]]:
        """Return cell and count of each row of a group."""
        if (second, operation) not in self._span:
            return []
        begin, end = self._span[second, operation]
        return list(zip(self._cell[begin:end].tolist(), self._count[begin:end].tolist(), strict=True))

    def sparse(self, second: int, operation: int) -> orjson.Fragment:
        """Return a group in the form of `Histogram.sparse`, as JSON."""
        begin, end = self._span.get((second, operation), (0, 0))
        return orjson.Fragment(orjson.dumps(self._pairs[2 * begin : 2 * end], option=orjson.OPT_SERIALIZE_NUMPY))
