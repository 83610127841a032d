"""k6: the points of `--out json=FILE` and of `--out csv=FILE`. Only `http_req_duration` is read: one point a request.

A point is stamped when its request ended; it began that much earlier. `http_req_duration` is sending, waiting and receiving:
connecting comes before it. Source: k6's documentation of its results output, and its list of error codes.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.json as pj
from numpy.typing import NDArray

from records.columns import Kind, Texts
from records.errors import RunDataError
from records.imported import NO_INTENDED_START, Gap, Tool
from records.imports.form import About, Form, Options
from records.imports.named import operation_of
from records.imports.sample import REFUSED as EXPECTED_REFUSAL
from records.imports.sample import Ending, Samples, judged, of_message, of_status
from records.imports.source import Piece, Source
from records.imports.table import CUT_OFF, Header, combined, header_of, read_rows, rows_of
from records.window import Outcome

DURATION = "http_req_duration"
DROPPED = "dropped_iterations"
TAGS = ("method", "name", "status", "error_code", "expected_response")
CSV_HEAD = ("metric_name", "timestamp", "metric_value")
REQUEST_TIMEOUT = "1050"  # k6's error code of a request that ran out of time
EPOCH_UNITS = (
    (1e17, 1e-9),
    (1e14, 1e-6),
    (1e11, 1e-3),
    (0.0, 1.0),
)  # ns, us, ms and s since the epoch cannot be mistaken
_SCHEMA = pa.schema(
    [
        ("metric", pa.string()),
        (
            "data",
            pa.struct(
                [
                    ("time", pa.timestamp("ns", tz="UTC")),
                    ("value", pa.float64()),
                    ("tags", pa.struct([(name, pa.string()) for name in TAGS])),
                ]
            ),
        ),
    ]
)


def is_json(head: bytes) -> bool:
    """Tell whether a file begins as the JSON output of k6 does."""
    try:
        first = orjson.loads(head.split(b"\n", 1)[0])
    except orjson.JSONDecodeError:
        return False
    return isinstance(first, dict) and first.get("type") in {"Metric", "Point"} and "metric" in first


def is_csv(head: bytes) -> bool:
    """Tell whether a file begins as the CSV output of k6 does."""
    header = header_of(head)
    return header is not None and header.names[:3] == CSV_HEAD


def read_json(sources: Sequence[Source], _options: Options, about: About) -> Iterator[Samples]:
    """Yield the requests of JSON outputs; several files are generators of one run."""
    _note(about)
    for source in sources:
        for piece in source.pieces(quoted=False):
            yield from _of_piece(source, piece, about)


def read_csv(sources: Sequence[Source], _options: Options, about: About) -> Iterator[Samples]:
    """Yield the requests of CSV outputs; several files are generators of one run."""
    _note(about)
    for source in sources:
        header = header_of(source.head())
        assert header is not None
        _check_columns(source, header)
        wanted = {
            "metric_name": Kind.TEXT,
            "timestamp": Kind.NUMBER,
            "metric_value": Kind.NUMBER,
            **{name: Kind.TEXT for name in TAGS if name in header.names},
        }
        for rows in read_rows(source, header, wanted, CSV_HEAD, about):
            metric = rows.texts["metric_name"]
            _count_dropped(about, rows.numbers["metric_value"][metric.are(DROPPED)])
            chosen = np.flatnonzero(metric.are(DURATION))
            tags = {name: column.take(chosen) for name, column in rows.texts.items()}
            end_s = rows.numbers["timestamp"][chosen]
            if end_s.size:
                scale = next(scale for least, scale in EPOCH_UNITS if end_s[0] >= least)
                if scale == 1.0:
                    about.lacks(Gap.COURSE, "more than the whole second in which a request ended")
                yield _samples(end_s * scale, rows.numbers["metric_value"][chosen], tags)


def _note(about: About) -> None:
    about.lacks(NO_INTENDED_START.what, NO_INTENDED_START.because)
    about.lacks(
        Gap.CONNECTING, "the time to look up a name, to connect and for TLS, which http_req_duration leaves out"
    )


def _of_piece(source: Source, piece: Piece, about: About) -> Iterator[Samples]:
    """Yield the requests of some lines. The others are not parsed: a request has a dozen points."""
    lines = piece.data.split(b"\n")
    dropped = [line for line in lines if b'"dropped_iterations"' in line and b'"Point"' in line]
    try:
        _count_dropped(about, np.array([float(orjson.loads(line)["data"]["value"]) for line in dropped]))
        chosen = [line for line in lines if b'"http_req_duration"' in line and b'"Point"' in line]
        if not chosen:
            if piece.torn:
                orjson.loads(piece.data)
            return
        options = pj.ParseOptions(explicit_schema=_SCHEMA, unexpected_field_behavior="ignore")
        text = b"\n".join(chosen) + b"\n"
        table = pj.read_json(pa.BufferReader(text), pj.ReadOptions(block_size=2 << 20), options).flatten().flatten()
    except (pa.ArrowInvalid, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        if piece.torn:
            about.leave_out(CUT_OFF)
            return
        raise _damage(source, piece) from error
    if table.column("data.time").null_count or table.column("data.value").null_count:
        raise _damage(source, piece)
    end_s = table.column("data.time").cast(pa.int64()).to_numpy() / 1e9
    wanted = {"data.value": Kind.NUMBER, **{f"data.tags.{name}": Kind.TEXT for name in TAGS}}
    rows = rows_of(table, wanted)
    tags = {name: rows.texts[f"data.tags.{name}"] for name in TAGS}
    yield _samples(end_s, rows.numbers["data.value"], tags)


def _damage(source: Source, piece: Piece) -> RunDataError:
    """Return the error that names the first line that is no point."""
    for number, line in enumerate(piece.data.splitlines(), start=piece.first_line):
        problem = _problem(line)
        if problem:
            return RunDataError(
                f"{source.path}: line {number} is damaged ({problem}); expected a point of k6 as JSON, mend the line or take it out"
            )
    return RunDataError(
        f"{source.path}: a line from {piece.first_line} on is damaged; expected points of k6 as JSON, one a line"
    )


def _problem(line: bytes) -> str:
    """Return what is wrong with a line, "" where nothing is, or where it is no request's."""
    try:
        record = orjson.loads(line) if line.strip() else {}
    except orjson.JSONDecodeError as error:
        return str(error)
    if not isinstance(record, dict) or record.get("type") != "Point" or record.get("metric") not in {DURATION, DROPPED}:
        return ""
    data = record.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("value"), int | float):
        return "without data.value, a number"
    try:
        datetime.fromisoformat(str(data.get("time"))[:19])
    except ValueError:
        return f"data.time is {str(data.get('time'))[:40]!r}, no moment"
    return ""


def _check_columns(source: Source, header: Header) -> None:
    absent = [name for name in ("name", "status") if name not in header.names]
    if absent:
        raise RunDataError(
            f"{source.path}: has no column {' or '.join(absent)}; expected k6's system tags, see --system-tags of k6 run"
        )


def _count_dropped(about: About, values: NDArray[np.float64]) -> None:
    dropped = int(values.sum())
    if dropped:
        about.lacks(Gap.DROPPED, "what the iterations would have met that k6 dropped for want of a free user")
        about.leave_out("iteration dropped by k6 itself", dropped)


def _samples(end_s: NDArray[np.float64], value_ms: NDArray[np.float64], tags: Mapping[str, Texts]) -> Samples:
    nothing = Texts(np.full(end_s.size, -1, dtype=np.int64), ())
    operation, named = combined(tags.get("method", nothing), tags.get("name", nothing))
    ending, ended = combined(*(tags.get(name, nothing) for name in TAGS[2:]))
    return Samples(
        start_s=end_s - value_ms / 1e3,
        latency_us=value_ms * 1e3,
        operation=operation,
        names=[operation_of(name or "", method or "") for method, name in named],
        ending=ending,
        endings=[_ending(*parts) for parts in ended],
    )


def _ending(status: str | None, error_code: str | None, expected: str | None) -> Ending:
    """Return how a request ended. What the script said it expects is no failure, whatever its status."""
    code = int(status) if status and status.isdigit() else 0
    if code == 0:
        if error_code == REQUEST_TIMEOUT:
            return Ending(Outcome.TIMEOUT, "timeout", f"k6 error {error_code}")
        return of_message(f"k6 error {error_code or 'without a code'}")
    plain = of_status(code)
    if expected == "true" and plain.outcome is Outcome.CLIENT_ERROR:
        return EXPECTED_REFUSAL
    if expected == "false" and not plain.kind:
        return judged(f"status {code} was not expected")
    return plain


JSON = Form(Tool.K6, "JSON", is_json, read_json)
CSV = Form(Tool.K6, "CSV", is_csv, read_csv)
