"""A comparison of any two as text: a terminal's table, and Markdown for a pull request."""

from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from analysis.contrast import Contrast
from analysis.side import ALL, Side
from analysis.verdict import Statement
from reports import wording
from reports.contrast import HEADS, METRICS, Cell, basis_words, cell_of, difference_rows, headline, table_rows
from reports.markdown import escaped, folded
from reports.markdown import table as markdown_table

STYLE = {
    wording.STATEMENT_WORD[Statement.REGRESSED]: "bold red",
    wording.STATEMENT_WORD[Statement.IMPROVED]: "green",
    "more errors": "bold red",
}
MOST_DIFFERENCES = 30
MOST_ROWS = 20  # of a terminal; the page has them all
FIRST = {Statement.REGRESSED: 0, Statement.IMPROVED: 1, Statement.CANNOT_TELL: 2, Statement.NO_CHANGE: 2}


def render_contrast_terminal(found: Contrast, page: Path) -> RenderableType:
    """Return the comparison for a terminal: what differs, then a table a stage, then where the page is."""
    parts: list[RenderableType] = [Text(headline(found), "bold")]
    parts += [_side_line(side) for side in (found.before, found.now)]
    parts.append(_differences(found))
    parts += [Text(f"– {wording.plain(line, 300)}") for line in found.only]
    parts.append(Text(basis_words(found)))
    parts.append(_rows(found))
    if len(found.rows) > MOST_ROWS:
        parts.append(Text(f"… and {len(found.rows) - MOST_ROWS} more rows on the page", "dim"))
    return Group(*parts, Text(f"Page  {page}", overflow="fold"))


def _rows(found: Contrast) -> Table:
    """Return the rows that say most: all operations together, what changed, then the largest changes."""
    table = Table("stage", "operation", "metric", "A → B", "change", box=None, pad_edge=False)
    table.columns[1].overflow = "fold"
    ranked = sorted(
        found.rows, key=lambda row: (row.operation != ALL, FIRST[row.statement], -abs(row.change_ratio or 0.0))
    )
    for row in ranked[:MOST_ROWS]:
        cell = cell_of(row)
        style = STYLE.get(cell.word, "")
        metric = HEADS[METRICS.index(row.metric)]
        table.add_row(
            wording.plain(row.stage, 12),
            wording.operation(row.operation),
            metric,
            cell.values,
            Text(f"{cell.symbol} {cell.change}".strip(), style),
        )
    return table


def _side_line(side: Side) -> Text:
    names = [run.summary.run_id for run in side.runs]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return Text.assemble((f"{side.label}  ", "bold"), f"{', '.join(wording.plain(name) for name in names[:3])}{more}")


def _differences(found: Contrast) -> RenderableType:
    rows = difference_rows(found)
    if not rows:
        return Text("Nothing that was recorded differs in how they were made.")
    table = Table("differs", "A", "B", box=None, pad_edge=False)
    for row in rows[:MOST_DIFFERENCES]:
        table.add_row(*row)
    return table


def render_contrast_markdown(found: Contrast) -> str:
    """Return the comparison as Markdown."""
    parts = ["## A and B", f"**{escaped(headline(found))}**"]
    for side in (found.before, found.now):
        names = ", ".join(escaped(run.summary.run_id) for run in side.runs[:20])
        parts.append(f"- **{side.label}**: {wording.counted(len(side.runs), 'run')}: {names}")
    rows = [tuple(escaped(cell) for cell in row) for row in difference_rows(found)]
    parts.append("### What differs in how they were made")
    parts.append(markdown_table(("What", "A", "B"), rows) if rows else "Nothing that was recorded.")
    if found.only:
        parts.append("\n".join(f"- {escaped(line)}" for line in found.only))
    parts += ["### What changed, from A to B", escaped(basis_words(found))]
    for first, second in found.stages:
        shown = [
            (escaped(operation), *("" if cell is None else _markdown_cell(cell) for cell in cells), counts)
            for operation, cells, counts in table_rows(found, second)
        ]
        table = markdown_table(("Operation", *HEADS, "Requests A / B"), shown)
        parts.append(folded(f"Stage {escaped(second if first == second else f'{first} / {second}')}", table))
    return "\n\n".join(parts) + "\n"


def _markdown_cell(cell: Cell) -> str:
    return f"{escaped(cell.values)}<br>{cell.symbol} {escaped(cell.word)} {escaped(cell.change)}".strip()
