"""`latency.hlog`: the run's latencies in HdrHistogram's V2 log format, for other tools."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
from hdrh.histogram import HdrHistogram

from records.folder import write_text
from records.histogram import HIGHEST_US, LOW_US, Histogram
from records.run import Run

OURS = "#[Values are microseconds from the intended start]"
HEADER = f"#[Histogram log format version 1.3]\n{OURS}\n"
LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n'


def write_hlog(run: Run, path: Path) -> None:
    """Write one line a stage and operation, tagged `stage/operation`; times in s from the run's start, maxima in ms."""
    start_s = datetime.fromisoformat(run.manifest.started_at).timestamp()
    lines = [HEADER, f"#[StartTime: {start_s:.3f} (seconds since epoch), {run.manifest.started_at}]\n"]
    lines += [f"#[BaseTime: {start_s:.3f} (seconds since epoch)]\n", LEGEND, *_lines(run)]
    write_text(path, "".join(lines))


def _lines(run: Run) -> Iterator[str]:
    for stage in run.manifest.plan.stages:
        for operation in run.operations:
            histogram = run.response(stage.start_s, stage.end_s, [operation])
            if histogram.count:
                tag = f"{stage.name}/{operation}".replace(",", ";").replace(" ", "_")
                maximum_ms = (histogram.max_us() or 0.0) / 1000
                yield f"Tag={tag},{stage.start_s:.3f},{stage.duration_s:.3f},{maximum_ms:.3f},{encode(histogram)}\n"


def encode(histogram: Histogram) -> str:
    """Return a histogram as base64 of HdrHistogram's compressed V2 form."""
    other = HdrHistogram(1, HIGHEST_US, 3)
    for index in np.flatnonzero(histogram.counts):
        other.record_value(int(LOW_US[index]), int(histogram.counts[index]))
    blob: bytes = other.encode()
    return blob.decode("ascii")
