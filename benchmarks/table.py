"""One row of figures a measurement, and the one table of `make bench` in which all of them meet."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROWS_FILE_ENV = "RUSHHOUR_BENCH_ROWS"  # where `python -m benchmarks` collects the rows of each benchmark it starts


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was measured, what came out, what is asked for. `kept` is None where nothing is asked for."""

    what: str
    measured: str
    wanted: str = ""
    kept: bool | None = None


def deliver(title: str, rows: Sequence[Row]) -> int:
    """Print the rows, hand them to `python -m benchmarks` if it asked, and return the exit code: 1 where one is missed."""
    show(title, rows)
    path = os.environ.get(ROWS_FILE_ENV)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(row)) + "\n" for row in rows)
    return exit_code(rows)


def exit_code(rows: Iterable[Row]) -> int:
    """Return 1 where a figure is missed, else 0."""
    return 1 if any(row.kept is False for row in rows) else 0


def delivered(path: Path) -> list[Row]:
    """Return the rows that benchmarks handed over in a file; none where there is no file."""
    if not path.exists():
        return []
    return [Row(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def show(title: str, rows: Iterable[Row]) -> None:
    """Print a table of rows."""
    table = Table(title=title, title_justify="left", show_lines=False)
    table.add_column("what")
    table.add_column("measured")
    table.add_column("wanted")
    table.add_column("")
    for row in rows:
        table.add_row(row.what, row.measured, row.wanted, _word(row.kept))
    Console().print(table)


def _word(kept: bool | None) -> str:
    return {True: "[green]kept[/green]", False: "[bold red]MISSED[/bold red]", None: "[dim]shown[/dim]"}[kept]
