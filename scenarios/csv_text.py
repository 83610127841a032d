"""What the readers of CSV files share: a number of a cell, the columns of a header, and how many bad rows are told."""

import csv
import io
import math
from collections.abc import Sequence

from scenarios.errors import ScenarioError

SHOWN_PROBLEMS = 10  # a wrong file is wrong in each line


def open_table(text: str) -> tuple["csv.DictReader[str]", list[str]]:
    """Return a reader of the rows of CSV text, and the names of its columns without the blanks around them."""
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    columns = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = columns
    return reader, columns


def finite_number(text: str | None) -> float | None:
    """Return a cell as a number, None where it is none or not finite."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def refuse(where: str, problems: Sequence[str]) -> None:
    """Raise ScenarioError with the first ten problems and the number of the others; return where there is none."""
    if problems:
        more = len(problems) - SHOWN_PROBLEMS
        raise ScenarioError(
            [*problems[:SHOWN_PROBLEMS], *([f"{where}: and {more:,} more such lines"] if more > 0 else [])]
        )
