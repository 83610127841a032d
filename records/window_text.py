"""`windows.jsonl` as series: an hour has a hundred thousand lines with a hundred numbers each, which are read many lines at once.

What is written as `Window.as_record` writes it is taken apart as text. Everything else is read line by line, which is half as fast and
says of a damaged line which one it is.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import orjson

from records.columns import whole_lines
from records.errors import RunDataError, damaged_line
from records.series import Cells, Collector, Ints, Series, ended, unpacked
from records.window import ErrorCount, Window, edges_of, errors_of, outcomes_of

_LINE = re.compile(
    rb'^\{"second":(\d+),"operation":("(?:[^"\\\n]|\\.)*"),"outcomes":(\{[^{}\n]*\}),"response_us":\[([\d,]*)\],'
    rb'"service_us":\[([\d,]*)\],"received_bytes":(\d+)(?:,(.*))?\}$',
    re.MULTILINE,
)
PIECE_BYTES = 1 << 20  # of the file at a time: what is made of it stays in memory that is used again
TOO_LARGE = np.iinfo(np.int64).max  # what is beyond is read as this
Errors = list[tuple[int, str, tuple[ErrorCount, ...]]]


class _OtherTextError(Exception):
    """A piece is not written as our own windows are: it has to be read line by line."""


def read_series(path: Path, torn: list[str]) -> Series:
    """Return the series of a file of windows; a last line without its end is left out and its file added to `torn`.

    Raise RunDataError where the file is missing or damaged.
    """
    collector = Collector()
    try:
        with path.open("rb") as file:
            for first_line, piece in whole_lines(file, path.name, torn, PIECE_BYTES):
                try:
                    _take(collector, piece)
                except (_OtherTextError, ValueError, TypeError, KeyError):
                    for window in _windows(path, first_line, piece):
                        collector.add(window)
        return collector.series()
    except FileNotFoundError:
        raise RunDataError(f"{path}: missing; expected it in a run folder, this run cannot be used") from None
    except OSError as error:
        raise RunDataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise RunDataError(f"{path}: a histogram is damaged ({error}); this run cannot be used") from error


def _windows(path: Path, first_line: int, piece: bytes) -> Iterator[Window]:
    """Yield the windows of whole lines; raise RunDataError with the line that is damaged."""
    for number, line in enumerate(piece.split(b"\n")[:-1], start=first_line):
        try:
            yield Window.from_record(orjson.loads(line.decode("utf-8", "replace")))
        except (ValueError, TypeError, KeyError) as error:
            raise damaged_line(path, number, error) from error


def _take(collector: Collector, piece: bytes) -> None:
    """Take all lines of a piece, or none of them and raise _OtherTextError, ValueError, TypeError or KeyError."""
    lines = _LINE.findall(piece)
    if len(lines) != piece.count(b"\n"):
        raise _OtherTextError
    seconds, names, outcomes, responses, services, received, rests = zip(*lines, strict=True)
    second = np.array([int(word) for word in seconds], dtype=np.int64)
    known = {word: orjson.loads(word) for word in dict.fromkeys(names)}
    places = {word: place for place, word in enumerate(known)}
    operation = np.array([places[word] for word in names], dtype=np.int64)
    more = [orjson.loads(b"{%b}" % rest) if rest else {} for rest in rests]
    if any(row.keys() - {"errors", "within_limit"} for row in more):
        raise _OtherTextError
    errors = [
        (int(moment), known[word], errors_of(row["errors"]))
        for moment, word, row in zip(seconds, names, more, strict=True)
        if "errors" in row
    ]
    counted = {text: ended(outcomes_of(orjson.loads(text))) for text in set(outcomes)}
    cells = (
        _cells(second, operation, responses),
        _cells(second, operation, services),
        _pairs(second, operation, [counted[text] for text in outcomes]),
        _pairs(second, operation, [edges_of(row.get("within_limit", ())) for row in more]),
    )
    numbers = np.array([collector.operation(name) for name in known.values()], dtype=np.int64)
    response, service, outcome, within_limit = (
        Cells(part.second, numbers[part.operation], part.cell, part.count) for part in cells
    )
    collector.add_all(response, service, outcome, within_limit, sum(int(word) for word in received))
    for moment, name, counts in errors:
        collector.add_errors(moment, name, counts)


def _cells(second: Ints, operation: Ints, texts: Sequence[bytes]) -> Cells:
    """Return the cells of sparse histograms, each as its numbers with commas between them."""
    length = np.array([text.count(b",") + 1 if text else 0 for text in texts], dtype=np.int64)
    if (length % 2).any():
        raise _OtherTextError
    joined = b",".join([text for text in texts if text])
    if b",," in joined or joined[:1] == b"," or joined[-1:] == b",":
        raise _OtherTextError
    numbers = np.fromstring(joined, dtype=np.int64, sep=",") if joined else np.empty(0, dtype=np.int64)
    if numbers.size != length.sum() or numbers.max(initial=0) == TOO_LARGE:
        raise _OtherTextError
    return unpacked(second, operation, length // 2, numbers, are_gaps=True)


def _pairs(second: Ints, operation: Ints, rows: Sequence[Sequence[tuple[int, int]]]) -> Cells:
    length = np.array([len(row) for row in rows], dtype=np.int64)
    numbers = np.array([number for row in rows for pair in row for number in pair], dtype=np.int64)
    return unpacked(second, operation, length, numbers, are_gaps=False)
