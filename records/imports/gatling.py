"""Gatling: `simulation.log` in its text form (3.0 to 3.10): lines of fields between tabs, a request in each line that begins with REQUEST.

The fields before OK or KO are end, start (ms since the epoch), name and groups; how many stand before them has changed from version to
version, so that they are counted from OK or KO. Newer versions write a binary form, which is refused: only their own reader knows it.
"""

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.csv as pv

from records.columns import Kind
from records.errors import RunDataError
from records.imported import NO_INTENDED_START, Gap, Tool
from records.imports.form import About, Form, Options
from records.imports.named import operation_of
from records.imports.sample import OK, Ending, Samples, judged, of_message, of_status
from records.imports.source import Piece, Source
from records.imports.table import CUT_OFF, combined, rows_of

REQUEST = b"REQUEST\t"
ENDED = (b"OK", b"KO")
RESOLUTION_US = 1000.0
BEFORE = 3  # fields before OK or KO that are needed: name, start, end
_FOUND = re.compile(r"found (\d{3})\b")
_NO_ANSWER = re.compile(r"exception|timeout|premature close|connection|unknown ?host|handshake", re.IGNORECASE)
_WANTED = {"name": Kind.TEXT, "start": Kind.NUMBER, "end": Kind.NUMBER, "ended": Kind.TEXT, "message": Kind.TEXT}


def recognises(head: bytes) -> bool:
    """Tell whether a file begins as the text form does: a line RUN, after assertions."""
    lines = [line for line in head.split(b"\n") if line and not line.startswith(b"ASSERTION\t")]
    return bool(lines) and lines[0].startswith(b"RUN\t")


def is_binary(head: bytes) -> bool:
    """Tell whether a file begins as the binary form of newer versions does: a record of kind 0, then the version as text."""
    return head[:1] == b"\0" and re.match(rb"\0{1,4}.{1,8}?3\.\d+\.\d+", head[:32], re.DOTALL) is not None


def read(sources: Sequence[Source], _options: Options, about: About) -> Iterator[Samples]:
    """Yield the requests of logs; several files are generators of one run."""
    about.lacks(NO_INTENDED_START.what, NO_INTENDED_START.because)
    about.lacks(Gap.RESOLUTION, "latencies finer than 1 ms")
    about.resolution_us = RESOLUTION_US
    for source in sources:
        for piece in source.pieces(quoted=False):
            try:
                yield from _of_piece(source, piece)
            except RunDataError:
                if not piece.torn:
                    raise
                about.leave_out(CUT_OFF)


def refuse(sources: Sequence[Source], _options: Options, _about: About) -> Iterator[Samples]:
    """Raise RunDataError: the binary form is known to Gatling alone."""
    raise RunDataError(
        f"{sources[0].path}: is the binary simulation.log of Gatling 3.11 and newer, known to Gatling's own reader alone; "
        f"expected the text form, turn it into a table (start, name, status, latency) and import that"
    )
    yield  # pragma: no cover - a generator, as the other readers are


def _of_piece(source: Source, piece: Piece) -> Iterator[Samples]:
    """Yield the requests of some lines, those with as many fields together: a message stands only where there is one."""
    shapes: dict[int, list[bytes]] = {}
    for line in piece.data.split(b"\n"):
        if line.startswith(REQUEST):
            shapes.setdefault(line.count(b"\t"), []).append(line)
    for lines in shapes.values():
        yield _samples(source, piece, lines)


def _samples(source: Source, piece: Piece, lines: list[bytes]) -> Samples:
    fields = lines[0].rstrip(b"\r").split(b"\t")
    place = next((place for place, value in enumerate(fields) if value in ENDED and place > BEFORE), None)
    if place is None:
        raise _damage(source, piece)
    names = [str(number) for number in range(len(fields))]
    names[place - 3 : place + 1] = ["name", "start", "end", "ended"]
    if place + 1 < len(names):
        names[place + 1] = "message"
    wanted = {name: kind for name, kind in _WANTED.items() if name in names}
    convert = pv.ConvertOptions(
        include_columns=list(wanted),
        column_types={
            name: pa.float64() if kind is Kind.NUMBER else pa.dictionary(pa.int32(), pa.string())
            for name, kind in wanted.items()
        },
        null_values=[],
    )
    parse = pv.ParseOptions(delimiter="\t", quote_char=False)
    try:
        table = pv.read_csv(
            pa.BufferReader(b"\n".join(lines) + b"\n"), pv.ReadOptions(column_names=names), parse, convert
        )
    except pa.ArrowInvalid as error:
        raise _damage(source, piece) from error
    rows = rows_of(table, wanted)
    ended = rows.texts["ended"]
    if not set(ended.words) <= {"OK", "KO"}:
        raise _damage(source, piece)
    start_ms, name = rows.numbers["start"], rows.texts["name"]
    columns = [ended, rows.texts["message"]] if "message" in wanted else [ended]
    ending, combinations = combined(*columns)
    return Samples(
        start_s=start_ms / 1e3,
        latency_us=(rows.numbers["end"] - start_ms) * 1e3,
        operation=name.codes,
        names=[operation_of(word) for word in name.words],
        ending=ending,
        endings=[_ending(*parts) for parts in combinations],
    )


def _ending(ended: str | None, message: str | None = None) -> Ending:
    """Return how a request ended, by the words of Gatling's check or exception where it failed."""
    if ended == "OK":
        return OK
    words = message or ""
    status = _FOUND.search(words)
    if status is not None:
        plain = of_status(int(status.group(1)))
        return plain if plain.kind else judged(words)
    return of_message(words) if _NO_ANSWER.search(words) else judged(words.strip())


def _damage(source: Source, piece: Piece) -> RunDataError:
    for number, line in enumerate(piece.data.splitlines(), start=piece.first_line):
        fields = line.split(b"\t")
        if line.startswith(REQUEST) and not _is_request(fields):
            return RunDataError(
                f"{source.path}: line {number} is damaged ({line[:60].decode('utf-8', 'replace')!r}); expected REQUEST with name, start, end, OK or KO, mend the line or take it out"
            )
    return RunDataError(
        f"{source.path}: a line from {piece.first_line} on is damaged; expected lines of a simulation.log, all of one version"
    )


def _is_request(fields: Sequence[bytes]) -> bool:
    return any(
        value in ENDED and fields[place - 1].isdigit() and fields[place - 2].isdigit()
        for place, value in enumerate(fields)
        if place > BEFORE
    )


FORM = Form(Tool.GATLING, "simulation.log", recognises, read)
BINARY = Form(Tool.GATLING, "binary simulation.log", is_binary, refuse)
