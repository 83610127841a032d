"""CSV of other tools as columns, read by Arrow piece by piece; a damaged row is found again and named by its line."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
from numpy.typing import NDArray

from records.columns import Kind, Texts, texts_of
from records.errors import RunDataError
from records.imports.form import About
from records.imports.source import Piece, Source, one_ahead

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CUT_OFF = "the last line, cut off"
BLOCK_BYTES = 4 << 20  # of a piece at a time
MOST_COMBINATIONS = 4_000_000  # of a table look-up: 32 MB
_TYPE = {Kind.NUMBER: pa.float64(), Kind.TEXT: pa.dictionary(pa.int32(), pa.string())}
DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table: names, what stands between them, and whether the first line has the names."""

    names: tuple[str, ...]
    delimiter: str
    has_line: bool = True


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows: wanted columns by name."""

    size: int
    numbers: dict[str, Floats]
    texts: dict[str, Texts]


def header_of(head: bytes, delimiters: str = DELIMITERS) -> Header | None:
    """Return the header that the first line is, by the delimiter that parts it most; None where nothing parts it."""
    line = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip("\r")
    delimiter = max(delimiters, key=line.count)
    if delimiter not in line:
        return None
    names = next(csv.reader([line], delimiter=delimiter), [])
    return Header(tuple(name.strip() for name in names), delimiter)


def read_rows(
    source: Source, header: Header, wanted: Mapping[str, Kind], required: Sequence[str], about: About
) -> Iterator[Rows]:
    """Yield the wanted columns; raise RunDataError with the line where a row is damaged.

    Numbers without a value are NaN, texts without one have none. A last line that was cut off is left out, and noted. The next rows are
    read while those before are worked on.
    """
    return one_ahead(_all_rows(source, header, wanted, required, about))


def _all_rows(
    source: Source, header: Header, wanted: Mapping[str, Kind], required: Sequence[str], about: About
) -> Iterator[Rows]:
    for piece in source.pieces(quoted=True):
        first = piece
        if header.has_line and piece.first_line == 1:
            _, _, rest = piece.data.partition(b"\n")
            first = Piece(2, rest, piece.torn)
        if not first.data.strip():
            continue
        try:
            yield _rows(source, first, header, wanted, required)
        except RunDataError:
            if not first.torn:
                raise
            about.leave_out(CUT_OFF)


def _rows(source: Source, piece: Piece, header: Header, wanted: Mapping[str, Kind], required: Sequence[str]) -> Rows:
    convert = pv.ConvertOptions(
        include_columns=list(wanted),
        column_types={name: _TYPE[kind] for name, kind in wanted.items()},
        strings_can_be_null=True,
        null_values=["", "null", "N/A"],
    )
    try:
        table = _table(piece.data, header, convert)
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise _damage(source, piece, header, wanted, required, str(error)) from error
    for name in required:
        if table.column(name).null_count:
            raise _damage(source, piece, header, wanted, required, f"without {name}")
    return rows_of(table, wanted)


def _table(data: bytes, header: Header, convert: pv.ConvertOptions) -> Any:
    """Return a piece as Arrow reads it, in blocks beside one another; as one block where a line end inside quotes is where a block ends."""
    try:
        return _parsed(data, header, convert, BLOCK_BYTES)
    except pa.ArrowInvalid:
        if b'"' not in data:
            raise
        return _parsed(data, header, convert, len(data) + 1)


def _parsed(data: bytes, header: Header, convert: pv.ConvertOptions, block_bytes: int) -> Any:
    parse = pv.ParseOptions(delimiter=header.delimiter, quote_char='"', newlines_in_values=block_bytes > len(data))
    read = pv.ReadOptions(column_names=list(header.names), block_size=block_bytes)
    return pv.read_csv(pa.BufferReader(data), read, parse, convert)


def rows_of(table: Any, wanted: Mapping[str, Kind]) -> Rows:
    """Return the wanted columns of an Arrow table."""
    numbers, texts = {}, {}
    for name, kind in wanted.items():
        column = table.column(name)
        if kind is Kind.NUMBER:
            numbers[name] = (pc.fill_null(column, np.nan) if column.null_count else column).to_numpy()
        else:
            chunks = [
                chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode() for chunk in column.chunks
            ]
            texts[name] = texts_of(chunks)
    return Rows(int(table.num_rows), numbers, texts)


def _damage(
    source: Source, piece: Piece, header: Header, wanted: Mapping[str, Kind], required: Sequence[str], why: str
) -> RunDataError:
    """Return the error that names the first damaged line of a piece."""
    reader = csv.reader(io.StringIO(piece.data.decode("utf-8", "replace")), delimiter=header.delimiter)
    line = piece.first_line
    for row in reader:
        problem = _problem(row, header, wanted, required)
        if row and problem:
            return RunDataError(f"{source.path}: line {line}: {problem}; mend the line, or take it out")
        line = piece.first_line + reader.line_num
    return RunDataError(
        f"{source.path}: a line from {piece.first_line} on is damaged ({why.splitlines()[0]}); expected rows of {len(header.names)} columns"
    )


def _problem(row: Sequence[str], header: Header, wanted: Mapping[str, Kind], required: Sequence[str]) -> str:
    if len(row) != len(header.names):
        return f"{len(row)} columns; expected {len(header.names)}, as the header has"
    values = dict(zip(header.names, row, strict=True))
    for name, kind in wanted.items():
        if not values[name] and name in required:
            return f"{name} is empty; expected a {'number' if kind is Kind.NUMBER else 'word'}"
        if kind is Kind.NUMBER and values[name] and not _is_number(values[name]):
            return f'{name} is "{values[name][:40]}"; expected a number'
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text in {"null", "N/A"}
    return True


def combined(*columns: Texts) -> tuple[Ints, list[tuple[str | None, ...]]]:
    """Return each row's combination of texts as an index, and the combinations that are there."""
    if len(columns) == 1 and columns[0].codes.min(initial=0) >= 0:
        return columns[0].codes, [(word,) for word in columns[0].words]
    sizes = [len(column.words) + 1 for column in columns]
    key = np.zeros(columns[0].codes.size, dtype=np.int64)
    for column, size in zip(columns, sizes, strict=True):
        key = key * size + column.codes + 1
    total = int(np.prod([float(size) for size in sizes]))
    if total <= MOST_COMBINATIONS:
        used = np.flatnonzero(np.bincount(key, minlength=total))
        places = np.zeros(total, dtype=np.int64)
        places[used] = np.arange(used.size)
        codes = places[key]
    else:
        used, codes = np.unique(key, return_inverse=True)
    return codes, [_parts(int(value), columns, sizes) for value in used]


def _parts(key: int, columns: Sequence[Texts], sizes: Sequence[int]) -> tuple[str | None, ...]:
    found: list[str | None] = []
    for column, size in zip(reversed(columns), reversed(sizes), strict=True):
        key, code = divmod(key, size)
        found.append(column.words[code - 1] if code else None)
    return tuple(reversed(found))
