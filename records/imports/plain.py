"""A plain table of latencies, one request a row: any CSV whose columns can be told, by their names or by the user.

The unit is in a column's name (`latency_ms`, `elapsed (us)`) or told. Times, names and endings are read where there are such columns.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from records.columns import Kind, Texts
from records.errors import RunDataError
from records.imported import NO_INTENDED_START, Gap, Tool
from records.imports.form import UNIT_WORDS, About, Form, Options, Unit
from records.imports.k6 import EPOCH_UNITS
from records.imports.named import operation_of
from records.imports.sample import OK, Ending, Floats, Ints, Samples, judged, of_message, of_status
from records.imports.source import Source
from records.imports.table import Header, Rows, combined, header_of, read_rows

LATENCY, TIME, OPERATION, STATUS = "latency", "time", "operation", "status"
KNOWN = {
    LATENCY: (
        "latency",
        "response_time",
        "response time",
        "response-time",
        "responsetime",
        "duration",
        "elapsed",
        "service_time",
        "rt",
    ),
    TIME: ("time", "timestamp", "start", "start_time", "started", "second", "offset", "ts"),
    OPERATION: ("operation", "name", "label", "endpoint", "url", "path", "request", "route"),
    STATUS: ("status", "status_code", "status-code", "code", "response_code", "success", "ok", "outcome"),
}
ONLY = "latency"  # the column of a file that has one, and no header
NO_NAME = "all requests"
GOOD = frozenset({"true", "ok", "yes", "success", "passed"})
_UNIT_AT_END = re.compile(
    r"^(.*?)[\s_\-.]*[(\[]?(ns|us|µs|ms|s|sec|secs|seconds|msec|usec|millis)[)\]]?$", re.IGNORECASE
)
_LONG_UNITS = {"sec": "s", "secs": "s", "seconds": "s", "msec": "ms", "millis": "ms", "usec": "us"}


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which columns hold what. `unit` of latencies, None where the name does not tell."""

    header: Header
    columns: Mapping[str, str]
    unit: Unit | None


def recognises(head: bytes) -> bool:
    """Tell whether a file may be a table of latencies: a first line of column names, or of a number."""
    line = head.split(b"\n", 1)[0].strip()
    return (
        bool(line)
        and b"\0" not in head
        and (_is_number(line) or header_of(head) is not None or _only_column(line) is not None)
    )


def read(sources: Sequence[Source], options: Options, about: About) -> Iterator[Samples]:
    """Yield the rows of tables; raise RunDataError where the latency column or its unit cannot be told."""
    about.lacks(NO_INTENDED_START.what, NO_INTENDED_START.because)
    for source in sources:
        layout = _layout(source, options)
        unit = options.unit or layout.unit
        if unit is None:
            raise RunDataError(
                f'{source.path}: the unit of column "{layout.columns[LATENCY]}" is not in its name; say it, such as --unit ms (expected ns, us, ms or s)'
            )
        if STATUS not in layout.columns:
            about.lacks(Gap.OUTCOMES, "how requests ended: each row counts as a good answer")
        if TIME in layout.columns:
            yield from _timed(source, layout, unit, options, about)
        else:
            yield from _untimed(source, layout, unit, options, about)


def _timed(source: Source, layout: _Layout, unit: Unit, options: Options, about: About) -> Iterator[Samples]:
    column, name = layout.columns[TIME], layout.header.names
    words = not _is_number(_cell(source, layout.header, name.index(column)).encode())
    for rows in read_rows(source, layout.header, _wanted(layout, words=words), _needed(layout), about):
        start_s = _moments(source, rows.texts[column]) if words else _since_epoch(rows.numbers[column])
        if start_s.size and start_s[0] < 1e8:  # from the run's own start, not since the epoch
            about.lacks(Gap.STARTED_AT, "when the run was made: it is dated by its file")
            start_s = start_s + float(int(options.modified_s))
        yield _samples(source, rows, layout, unit, start_s)


def _untimed(source: Source, layout: _Layout, unit: Unit, options: Options, about: About) -> Iterator[Samples]:
    """Yield the rows spread evenly over the length that the user told, in the order of the file."""
    about.lacks(Gap.COURSE, "what happened when: rows are spread evenly over the run, in their order")
    length_s = options.needed_length_s(str(source.path))
    begin_s = options.begin_s(about)
    lines, before = sum(piece.data.count(b"\n") for piece in source.pieces(quoted=True)), 0
    for rows in read_rows(source, layout.header, _wanted(layout, words=False), _needed(layout), about):
        rank = np.arange(before, before + rows.size, dtype=np.float64)
        before += rows.size
        yield _samples(source, rows, layout, unit, begin_s + np.floor(rank * length_s / max(1, lines)))


def _layout(source: Source, options: Options) -> _Layout:
    head = source.head()
    line = head.split(b"\n", 1)[0].strip()
    if _is_number(line):
        return _Layout(Header((ONLY,), ",", has_line=False), {LATENCY: ONLY}, None)
    header = header_of(head) or Header((line.decode("utf-8", "replace").strip('"'),), ",")
    columns: dict[str, str] = {}
    for what, known in KNOWN.items():
        told = options.columns.get(what)
        if told is not None and told not in header.names:
            raise RunDataError(
                f'{source.path}: has no column "{told}"; its columns are {", ".join(header.names)[:300]}'
            )
        found = told or _known(header.names, known)
        if found is not None and found not in columns.values():
            columns[what] = found
    if LATENCY not in columns:
        raise RunDataError(
            f"{source.path}: no column of latencies among {', '.join(header.names)[:300]}; name it, such as --column latency=COLUMN"
        )
    if len(set(header.names)) != len(header.names):
        raise RunDataError(f"{source.path}: line 1: a column name appears twice; expected each once")
    return _Layout(header, columns, _parted(columns[LATENCY])[1])


def _known(names: Sequence[str], known: Sequence[str]) -> str | None:
    """Return the column whose name, without its unit, is the first of the known ones that there is."""
    plain = {name: _parted(name)[0] for name in reversed(names)}
    return next((name for word in known for name, text in plain.items() if word in {text, name.lower()}), None)


def _parted(name: str) -> tuple[str, Unit | None]:
    """Return a column's name in small letters without the unit at its end, and the unit."""
    found = _UNIT_AT_END.match(name.strip())
    if found is None or not found.group(1):
        return name.strip().lower(), None
    word = found.group(2).lower()
    joined = name[len(found.group(1)) :][:1].isalpha()
    if joined:  # "status" ends in s, and is no unit
        return name.strip().lower(), None
    return found.group(1).lower(), UNIT_WORDS[_LONG_UNITS.get(word, word)]


def _only_column(line: bytes) -> str | None:
    name = line.decode("utf-8", "replace").strip('"')
    return name if _known([name], KNOWN[LATENCY]) else None


def _wanted(layout: _Layout, *, words: bool) -> dict[str, Kind]:
    kinds = {LATENCY: Kind.NUMBER, TIME: Kind.TEXT if words else Kind.NUMBER, OPERATION: Kind.TEXT, STATUS: Kind.TEXT}
    return {column: kinds[what] for what, column in layout.columns.items()}


def _needed(layout: _Layout) -> list[str]:
    return [column for what, column in layout.columns.items() if what in {LATENCY, TIME}]


def _samples(source: Source, rows: Rows, layout: _Layout, unit: Unit, start_s: Floats) -> Samples:
    latency_us = rows.numbers[layout.columns[LATENCY]] * unit.us
    if latency_us.size and not float(latency_us.min()) >= 0:
        raise RunDataError(
            f"{source.path}: a latency is {float(latency_us.min()) / unit.us:g}; expected 0 or more, take the row out"
        )
    nothing = np.zeros(rows.size, dtype=np.int64)
    operation, names = nothing, [NO_NAME]
    if OPERATION in layout.columns:
        column = rows.texts[layout.columns[OPERATION]]
        operation, combinations = combined(column)
        names = [operation_of(word or "") for (word,) in combinations]
    ending, endings = _endings(rows.texts.get(layout.columns.get(STATUS, "")), nothing)
    return Samples(start_s, latency_us, operation, names, ending, endings)


def _endings(column: Texts | None, nothing: Ints) -> tuple[Ints, list[Ending]]:
    if column is None:
        return nothing, [OK]
    ending, combinations = combined(column)
    return ending, [_ending(word or "") for (word,) in combinations]


def _ending(word: str) -> Ending:
    if word.isdigit() and len(word) == 3:
        return of_status(int(word))
    if word.lower() in GOOD or word == "1":
        return OK
    return of_message("no answer") if word in {"", "0"} else judged(word)


def _since_epoch(values: Floats) -> Floats:
    scale = next(scale for least, scale in EPOCH_UNITS if not values.size or values[0] >= least)
    return values * scale


def _moments(source: Source, column: Texts) -> Floats:
    try:
        known = pc.cast(pa.array(column.words), pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy() / 1e6
    except pa.ArrowInvalid:
        try:
            known = pc.cast(pa.array(column.words), pa.timestamp("us")).cast(pa.int64()).to_numpy() / 1e6
        except pa.ArrowInvalid as error:
            raise RunDataError(
                f'{source.path}: a time such as "{column.words[0][:40]}" cannot be read; expected a number, or ISO 8601'
            ) from error
    moments: Floats = known[column.codes]
    return moments


def _cell(source: Source, header: Header, place: int) -> str:
    lines = source.head().decode("utf-8", "replace").splitlines()
    cells = lines[1].split(header.delimiter) if len(lines) > 1 else []
    return cells[place].strip().strip('"') if place < len(cells) else "0"


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


FORM = Form(Tool.TABLE, "CSV", recognises, read)
