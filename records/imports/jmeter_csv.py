"""JMeter: results as CSV (JTL). `timeStamp` is a sample's start in ms, or words such as 2026/11/23 06:00:00.000; `elapsed` is in ms.

A row of a transaction controller repeats its samples: it is left out. Source: JMeter's user manual, chapter on listeners, and
the properties `jmeter.save.saveservice.*` and `sampleresult.timestamp.start` (true as shipped).
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from records.columns import Kind, Texts
from records.errors import RunDataError
from records.imported import NO_INTENDED_START, Gap, Tool
from records.imports.form import About, Form, Options
from records.imports.named import operation_of
from records.imports.sample import OK, REFUSED, Ending, Samples, judged, of_message, of_status
from records.imports.source import Source
from records.imports.table import Header, Rows, combined, header_of, read_rows
from records.window import Outcome

REQUIRED = ("timeStamp", "elapsed", "label", "success")
TRANSACTION = "Number of samples in transaction"
NO_ANSWER = "Non HTTP response code"
NO_ANSWER_PREFIX = f"{NO_ANSWER}: "
RESOLUTION_US = 1000.0
LEFT_OUT = "sum of a transaction controller"


def recognises(head: bytes) -> bool:
    """Tell whether a file begins as JMeter's CSV does."""
    header = header_of(head)
    return header is not None and {"timeStamp", "elapsed"} <= set(header.names)


def read(sources: Sequence[Source], _options: Options, about: About) -> Iterator[Samples]:
    """Yield the samples of results; several files are generators of one run."""
    note(about)
    for source in sources:
        header = header_of(source.head())
        assert header is not None
        absent = [name for name in REQUIRED if name not in header.names]
        if absent:
            raise RunDataError(
                f"{source.path}: line 1: no column {', '.join(absent)}; expected them, see jmeter.save.saveservice.* in jmeter.properties"
            )
        in_words = not _first_moment(source, header).isdigit()
        wanted: dict[str, Kind] = {
            "timeStamp": Kind.TEXT if in_words else Kind.NUMBER,
            "elapsed": Kind.NUMBER,
            "label": Kind.TEXT,
            "success": Kind.TEXT,
            **{name: Kind.TEXT for name in ("responseCode", "responseMessage") if name in header.names},
        }
        for rows in read_rows(source, header, wanted, REQUIRED, about):
            start_s = _moments(source, rows.texts["timeStamp"]) if in_words else rows.numbers["timeStamp"] / 1e3
            yield _samples(rows, start_s, about)


def note(about: About) -> None:
    """Note what no file of JMeter has."""
    about.lacks(NO_INTENDED_START.what, NO_INTENDED_START.because)
    about.lacks(Gap.RESOLUTION, "latencies finer than 1 ms")
    about.resolution_us = RESOLUTION_US


def ending_of(code: str, *, success: bool) -> Ending:
    """Return how a sample ended by its response code and JMeter's own word on it."""
    if code.startswith(NO_ANSWER):
        return of_message(code.removeprefix(NO_ANSWER_PREFIX))
    plain = of_status(int(code)) if code.isdigit() else OK
    if success:
        return plain if plain.outcome is Outcome.RATE_LIMITED else REFUSED if plain.kind else OK
    return plain if plain.kind else judged(f"called a failure by JMeter, code {code or 'none'}")


def _samples(rows: Rows, start_s: NDArray[np.float64], about: About) -> Samples:
    nothing = Texts(np.full(rows.size, -1, dtype=np.int64), ())
    message = rows.texts.get("responseMessage", nothing)
    sums = message.are(*(word for word in message.words if word.startswith(TRANSACTION)))
    about.leave_out(LEFT_OUT, int(sums.sum()))
    kept = np.flatnonzero(~sums)
    label = rows.texts["label"]
    ending, ended = combined(rows.texts.get("responseCode", nothing).take(kept), rows.texts["success"].take(kept))
    return Samples(
        start_s=start_s[kept],
        latency_us=rows.numbers["elapsed"][kept] * 1e3,
        operation=label.codes[kept],
        names=[operation_of(word) for word in label.words],
        ending=ending,
        endings=[ending_of(code or "", success=(success or "").lower() == "true") for code, success in ended],
    )


def _first_moment(source: Source, header: Header) -> str:
    lines = source.head().split(b"\n")
    cells = lines[1].decode("utf-8", "replace").split(header.delimiter) if len(lines) > 1 else []
    place = header.names.index("timeStamp")
    return cells[place].strip('"') if place < len(cells) else "0"


def _moments(source: Source, column: Texts) -> NDArray[np.float64]:
    """Return moments in words, such as 2026/11/23 06:00:00.000, as s since the epoch, read as UTC."""
    words = pa.array([word.replace("/", "-") for word in column.words])
    try:
        known = pc.cast(words, pa.timestamp("ms")).cast(pa.int64()).to_numpy() / 1e3
    except pa.ArrowInvalid as error:
        raise RunDataError(
            f'{source.path}: timeStamp such as "{column.words[0][:40]}" cannot be read; expected ms since 1970, or yyyy/MM/dd HH:mm:ss.SSS'
        ) from error
    moments: NDArray[np.float64] = known[column.codes]
    return moments


FORM = Form(Tool.JMETER, "CSV", recognises, read)
