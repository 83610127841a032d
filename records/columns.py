"""A file of JSON lines as columns: a million rows are too many to be objects.

Read with Arrow's JSON reader, piece by piece, so that the text itself is never in memory as a whole. What is missing is -1
in a column of whole numbers and of flags, NaN in one of numbers, and no word in one of texts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
from numpy.typing import NDArray

from records.errors import RunDataError, damaged_line

MISSING = -1  # ids, amounts and durations are never negative
PIECE_BYTES = 8 << 20  # of the file at a time
BLOCK_BYTES = 2 << 20  # of a piece at a time; a line is far shorter

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Kind(Enum):
    """What a column holds."""

    NUMBER = "number"
    WHOLE = "whole number"
    TEXT = "text"
    FLAG = "true or false"


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of texts, shape (n,): `codes` index `words`, -1 where there is none."""

    codes: Ints
    words: tuple[str, ...]

    @classmethod
    def of(cls, values: Sequence[str | None]) -> "Texts":
        """Return a column of these texts."""
        places: dict[str, int] = {}
        codes = [MISSING if value is None else places.setdefault(value, len(places)) for value in values]
        return cls(np.array(codes, dtype=np.int64), tuple(places))

    def at(self, index: int) -> str | None:
        """Return one text."""
        code = int(self.codes[index])
        return None if code == MISSING else self.words[code]

    def take(self, rows: NDArray[Any]) -> "Texts":
        """Return the texts of some rows, with all words."""
        return Texts(self.codes[rows], self.words)

    def are(self, *words: str) -> Flags:
        """Tell of each row whether it is one of some words."""
        wanted = [code for code, word in enumerate(self.words) if word in words]
        return np.isin(self.codes, wanted)


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of the same length by name."""

    size: int
    numbers: dict[str, Floats]
    wholes: dict[str, Ints]
    texts: dict[str, Texts]


_ARROW = {Kind.NUMBER: pa.float64(), Kind.WHOLE: pa.int64(), Kind.TEXT: pa.string(), Kind.FLAG: pa.bool_()}


def read_columns(
    path: Path,
    fields: Mapping[str, Kind],
    *,
    required: Sequence[str],
    check: Callable[[dict[str, Any]], object],
    torn: list[str],
) -> Columns:
    """Return the fields of all lines; a last line without its end is left out and its file added to `torn`.

    Raise RunDataError where the file is missing or a line is damaged. `check` takes one line and raises TypeError, ValueError or
    KeyError where it is none: it is asked only to find the line after Arrow has said that there is one.
    """
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in fields.items()])
    gathered = _Gathered(fields)
    try:
        with path.open("rb") as file:
            for first_line, piece in whole_lines(file, path.name, torn):
                gathered.add(_table(path, first_line, piece, schema, required, check))
    except FileNotFoundError:
        raise RunDataError(f"{path}: missing; expected it in a run folder, this run cannot be used") from None
    except OSError as error:
        raise RunDataError(f"{path}: cannot be read: {error.strerror or error}") from error
    columns = gathered.columns()
    pa.default_memory_pool().release_unused()
    return columns


def columns_of(rows: Sequence[Any], fields: Mapping[str, Kind]) -> Columns:
    """Return the columns of rows in memory, by their attributes of these names."""
    numbers: dict[str, Floats] = {}
    wholes: dict[str, Ints] = {}
    texts: dict[str, Texts] = {}
    for name, kind in fields.items():
        values: list[Any] = [getattr(row, name) for row in rows]
        match kind:
            case Kind.NUMBER:
                numbers[name] = np.array(values, dtype=np.float64)
            case Kind.TEXT:
                texts[name] = Texts.of(values)
            case Kind.WHOLE | Kind.FLAG:
                wholes[name] = np.array([MISSING if value is None else int(value) for value in values], dtype=np.int64)
    return Columns(len(rows), numbers, wholes, texts)


def whole_at(column: Ints, index: int) -> int | None:
    """Return one whole number of a column, None where it is missing."""
    value = int(column[index])
    return None if value == MISSING else value


def whole_lines(
    file: BinaryIO, name: str, torn: list[str], piece_bytes: int = PIECE_BYTES
) -> Iterator[tuple[int, bytes]]:
    """Yield whole lines, some at a time, each with the number of its first; a last line without its end adds `name` to `torn`."""
    line, rest = 1, b""
    while block := file.read(piece_bytes):
        piece, end, rest = (rest + block).rpartition(b"\n")
        if end:
            yield line, piece + end
            line += piece.count(b"\n") + 1
    if rest:
        torn.append(name)


def _table(
    path: Path,
    first_line: int,
    piece: bytes,
    schema: Any,
    required: Sequence[str],
    check: Callable[[dict[str, Any]], object],
) -> Any:
    options = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    try:
        table = pj.read_json(pa.BufferReader(piece), pj.ReadOptions(block_size=BLOCK_BYTES, use_threads=False), options)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise _damage(path, first_line, piece, check, str(error)) from error
    if table.num_rows != piece.count(b"\n") or any(table.column(name).null_count for name in required):
        raise _damage(path, first_line, piece, check, f"without {' or '.join(required)}")
    return table


def _damage(
    path: Path, first_line: int, piece: bytes, check: Callable[[dict[str, Any]], object], why: str
) -> RunDataError:
    """Return the error that names the first line that is no record."""
    for number, line in enumerate(piece.splitlines(), start=first_line):
        try:
            check(orjson.loads(line))
        except (ValueError, TypeError, KeyError) as error:
            return damaged_line(path, number, error)
    return RunDataError(
        f"{path}: a line from {first_line} on is damaged ({why.splitlines()[0]}); expected records, this run cannot be used as it is"
    )


class _Gathered:
    """The columns of the pieces so far: numbers as arrays, so that no piece stays in Arrow's memory, texts as they are."""

    def __init__(self, fields: Mapping[str, Kind]) -> None:
        self._fields = fields
        self._numbers: dict[str, list[NDArray[Any]]] = {name: [] for name in fields}
        self._texts: dict[str, list[Any]] = {name: [] for name in fields}

    def add(self, table: Any) -> None:
        """Take one piece."""
        for name, kind in self._fields.items():
            column = table.column(name)
            match kind:
                case Kind.NUMBER:
                    self._numbers[name].append(pc.fill_null(column, np.nan).to_numpy())
                case Kind.WHOLE:
                    self._numbers[name].append(pc.fill_null(column, MISSING).to_numpy())
                case Kind.FLAG:
                    self._numbers[name].append(pc.fill_null(pc.cast(column, pa.int64()), MISSING).to_numpy())
                case Kind.TEXT:
                    self._texts[name] += [chunk.dictionary_encode() for chunk in column.chunks]

    def columns(self) -> Columns:
        """Return all pieces as one."""
        numbers: dict[str, Floats] = {}
        wholes: dict[str, Ints] = {}
        texts: dict[str, Texts] = {}
        size = 0
        for name, kind in self._fields.items():
            match kind:
                case Kind.TEXT:
                    texts[name] = texts_of(self._texts.pop(name))
                case Kind.NUMBER:
                    numbers[name] = np.concatenate([np.empty(0), *self._numbers.pop(name)])
                    size = numbers[name].size
                case _:
                    wholes[name] = np.concatenate([np.empty(0, dtype=np.int64), *self._numbers.pop(name)])
        return Columns(size, numbers, wholes, texts)


def texts_of(chunks: Sequence[Any]) -> Texts:
    """Return encoded chunks as one column: their words are the same ones again and again."""
    if not chunks:
        return Texts(np.empty(0, dtype=np.int64), ())
    encoded = pa.chunked_array(chunks).unify_dictionaries()
    indices = [chunk.indices for chunk in encoded.chunks]
    codes = [(pc.fill_null(each, MISSING) if each.null_count else each).to_numpy() for each in indices]
    return Texts(np.concatenate(codes).astype(np.int64), tuple(encoded.chunk(0).dictionary.to_pylist()))
