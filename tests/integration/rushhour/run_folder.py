"""A run that was built in memory, written as the folder that a real one leaves."""

from collections import defaultdict
from pathlib import Path

import numpy as np

from records.folder import PROBES, Appender, create_folder, write_manifest
from records.histogram import Histogram
from records.probe import ProbeSample, ProbeWriter
from records.run import Run
from records.series import OUTCOMES, Cells
from records.window import Outcome, Window


def write_run(results: Path, run: Run) -> Path:
    """Write the folder of a run and return it."""
    folder = create_folder(results, run.manifest.run_id)
    write_manifest(folder, run.manifest)
    appender = Appender(folder)
    appender.windows(_windows(run))
    appender.generator(run.generator)
    appender.close()
    probes = ProbeWriter(folder / PROBES)
    for (probe, metric), column in run.probes.columns.items():
        pairs = zip(column.second.tolist(), column.value.tolist(), strict=True)
        probes.write(ProbeSample(second, probe, metric, value, column.unit) for second, value in pairs)
    probes.close()
    return folder


def _windows(run: Run) -> list[Window]:
    latencies, outcomes = _by_second(run.series.response), _by_second(run.series.outcomes)
    made = []
    for key, cells in sorted(outcomes.items()):
        second, operation = key
        histogram = Histogram.empty()
        for cell, count in latencies.get(key, []):
            histogram.counts[cell] += count
        counted: dict[Outcome, int] = {OUTCOMES[cell]: count for cell, count in cells}
        made.append(Window(second, run.series.names[operation], counted, histogram.sparse(), histogram.sparse(), 0))
    return made


def _by_second(cells: Cells) -> dict[tuple[int, int], list[tuple[int, int]]]:
    found: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for second, operation, cell, count in np.column_stack(
        (cells.second, cells.operation, cells.cell, cells.count)
    ).tolist():
        found[second, operation].append((cell, count))
    return found
