"""Imported runs: where they come from, what their file could not tell, and what was read, as shown."""

import numpy as np
from rich.table import Table
from rich.text import Text

from records.histogram import SIZE, Histogram
from records.imported import Imported
from records.manifest import Manifest
from records.series import OUTCOMES, Series
from records.window import FAILED
from reports import wording

FAILED_COLUMNS = [OUTCOMES.index(outcome) for outcome in sorted(FAILED)]
SHOWN = (0.5, 0.95, 0.99, 0.999)
HEADS = ("p50", "p95", "p99", "p99.9")
MOST_ROWS = 40


def origin_words(imported: Imported) -> str:
    """Return where a run comes from: "Imported from k6 (JSON): points.json"."""
    files = [wording.plain(name, 60) for name in imported.files]
    more = f" and {wording.counted(len(files) - 3, 'more file')}" if len(files) > 3 else ""
    return f"Imported from {imported.origin}: {', '.join(files[:3])}{more}"


def missing_words(imported: Imported) -> list[str]:
    """Return each gap in words."""
    return [wording.plain(missing.because, 400) for missing in imported.missing]


def missing_lines(imported: Imported) -> Text:
    """Return the gaps for a terminal."""
    lines = [Text("Not known, or left out:", "bold"), *(Text(f"– {words}") for words in missing_words(imported))]
    return Text("\n").join(lines)


def import_table(manifest: Manifest, series: Series) -> Table:
    """Return what was read: an operation a row with count, failures and percentiles of service time, the most frequent first."""
    assert manifest.imported is not None
    table = Table(title=origin_words(manifest.imported), title_justify="left", box=None, pad_edge=False)
    table.add_column("operation", overflow="fold")
    for head in ("requests", "failed", *HEADS):
        table.add_column(head, justify="right", no_wrap=True)
    rows = _rows(series)
    for row in rows[:MOST_ROWS]:
        table.add_row(*row)
    if len(rows) > MOST_ROWS:
        table.add_row(f"… and {len(rows) - MOST_ROWS} more", *("" for _ in range(6)))
    return table


def _rows(series: Series) -> list[tuple[str, ...]]:
    """Return the rows, the one of all operations last."""
    counts, failed = _by_operation(series)
    cells, names = series.response, len(series.names)
    added = np.bincount(cells.operation * SIZE + cells.cell, weights=cells.count, minlength=names * SIZE)
    histograms = added.astype(np.int64).reshape(names, SIZE)
    found = [
        _row(series.names[operation], counts[operation], failed[operation], Histogram(histograms[operation]))
        for operation in sorted(range(names), key=lambda number: (-counts[number], series.names[number]))
    ]
    if len(found) > 1:
        found.append(_row("all operations", sum(counts), sum(failed), Histogram(histograms.sum(axis=0))))
    return found


def _row(name: str, count: int, failed: int, histogram: Histogram) -> tuple[str, ...]:
    values = histogram.quantiles_us(SHOWN) or (None,) * len(SHOWN)
    return (
        wording.plain(name, 60),
        wording.count(count),
        wording.count(failed),
        *(wording.latency_us(value) for value in values),
    )


def _by_operation(series: Series) -> tuple[list[int], list[int]]:
    counts, failed = [0] * len(series.names), [0] * len(series.names)
    for cell in range(len(OUTCOMES)):
        of_cell = series.outcomes.cell == cell
        for operation in range(len(series.names)):
            count = int(series.outcomes.count[of_cell & (series.outcomes.operation == operation)].sum())
            counts[operation] += count
            failed[operation] += count if cell in FAILED_COLUMNS else 0
    return counts, failed
