"""What the readers of CSV files share: rows under their header, a number of a cell, and how many bad rows are told."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.errors import ScenarioError, close_to

SHOWN_PROBLEMS = 10  # a wrong file is wrong in each line
SHOWN_CHARACTERS = 40  # of a cell in a message: one that was never closed is the rest of the file
SHOWN_COLUMNS = 12
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it ends in the file, and its cells by column, "" for one that is not there."""

    line: int
    cells: dict[str, str]


def read_table(text: str, where: str) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Return the columns and rows of CSV text, blanks around names left out, blank rows too.

    Raise ScenarioError where the cells are not those of the header: a decimal comma makes two of one number, and neither is right.
    """
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise ScenarioError([f"{where}: line {reader.line_num}: {error}; expected a CSV file"]) from None
    columns = tuple(name.strip() for name in lines[0][1]) if lines else ()
    refuse(where, _of_header(columns, where))
    rows = lines[1:]
    refuse(where, _too_long([(line, cells) for line, cells in rows if _filled(cells) > len(columns)], columns, where))
    return columns, tuple(Row(line, _named(cells, columns)) for line, cells in rows)


def found_columns(columns: Sequence[str]) -> str:
    """Return what a header has, as a message says it."""
    if not columns:
        return "nothing"
    more = len(columns) - SHOWN_COLUMNS
    return f"the columns {', '.join(shown(name) for name in columns[:SHOWN_COLUMNS])}{f' and {more} more' if more > 0 else ''}"


def misspelt(columns: Sequence[str], known: Sequence[str]) -> str:
    """Return a hint for each column that is nearly a known one, empty where there is none."""
    near = [(name, close_to(name.lower(), known)) for name in columns[:SHOWN_COLUMNS] if name not in known]
    return "".join(f'; did you mean "{word}" by "{shown(name)}"?' for name, word in near if word is not None)


def finite_number(text: str | None) -> float | None:
    """Return a cell as a number, None where it is none or not finite."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def shown(text: str) -> str:
    """Return a cell as a message shows it: in one line, and cut."""
    printable = "".join(
        character if character.isprintable() else "\ufffd" for character in text[: SHOWN_CHARACTERS + 1]
    )
    return printable if len(printable) <= SHOWN_CHARACTERS else printable[: SHOWN_CHARACTERS - 1] + "…"


def refuse(where: str, problems: Sequence[str]) -> None:
    """Raise ScenarioError with the first ten problems and the number of the others; return where there is none."""
    if problems:
        more = len(problems) - SHOWN_PROBLEMS
        raise ScenarioError(
            [*problems[:SHOWN_PROBLEMS], *([f"{where}: and {more:,} more such lines"] if more > 0 else [])]
        )


def _of_header(columns: Sequence[str], where: str) -> list[str]:
    for separator, name in OTHER_SEPARATORS.items():
        if len(columns) == 1 and separator in columns[0]:
            return [
                f"{where}: line 1: its cells are separated by {name}; expected commas between cells and points in numbers, save it so"
            ]
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    return [f"{where}: line 1: has the column {shown(name)} twice; expected each name once" for name in twice]


def _too_long(rows: Sequence[tuple[int, Sequence[str]]], columns: Sequence[str], where: str) -> list[str]:
    """Return one line for all rows that have more cells than the header: it is the same mistake in each."""
    if not rows:
        return []
    line, cells = rows[0]
    more = f", and {len(rows) - 1:,} more rows too" if len(rows) > 1 else ""
    found = f"has {_filled(cells)} cells, the header {len(columns)}{more}"
    return [f"{where}: line {line}: {found}; expected as many; a number has a point, not a comma, such as 12.5"]


def _filled(cells: Sequence[str]) -> int:
    """Return how many cells a row has up to the last that is not blank."""
    return max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)


def _named(cells: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    filled = [*cells, *[""] * (len(columns) - len(cells))]
    return dict(zip(columns, filled, strict=False))
