"""A section of the quarterly report: sentences, pictures by name, and tables of ready text, for the page and for paper alike."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reports import wording
from reports.page import Row

MOST_WIDTH = 34  # characters; a longer cell is broken into lines
EDGES = 4  # characters: what the edges of a column take
LINE = 110  # characters of a table's type on paper
_PERCENT = re.compile(r"(?<=\d) %")
_UNIT = re.compile(r"(?<=\d) (?:%|per s|[µm]?s\b|[kMG]?B\b|[A-Z]{3}\b|days?\b|weeks?\b)")
MOST_CHARACTERS = 600  # of a cell or a sentence: names come from the target, and a long one is cut


@dataclass(frozen=True, slots=True)
class Table:
    """Ready text: a head and rows of as many cells; `note` says what is what."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def row(self) -> Row:
        """Return it for a template, with the share of the paper's width that each column gets; every row has as many cells as the head."""
        assert all(len(row) == len(self.head) for row in self.rows), self.title
        rows = [[_PERCENT.sub("\u00a0%", wording.plain(cell, MOST_CHARACTERS)) for cell in row] for row in self.rows]
        return {
            "title": self.title,
            "head": list(self.head),
            "rows": rows,
            "widths": _widths(list(zip(self.head, *rows, strict=True))),
            "note": self.note,
        }


def tight(text: str) -> str:
    """Return text in which a number and its unit stay in one line."""
    return _UNIT.sub(lambda found: found[0].replace(" ", "\u00a0"), text)


def _widths(columns: Sequence[tuple[str, ...]]) -> list[float]:
    """Return how many characters each column gets: its longest cell up to a bound, and never less than its longest word.

    Where they want more than a line has, each has its longest word, and what is left is shared out in proportion.
    """
    least = [EDGES + max(len(word) for cell in cells for word in re.split("[ -]", cell)) for cells in columns]
    wanted = [
        max(word, EDGES + min(MOST_WIDTH, max(len(cell) for cell in cells)))
        for word, cells in zip(least, columns, strict=True)
    ]
    room, more = LINE - sum(least), sum(wanted) - sum(least)
    if room <= 0 or more <= room:
        return [float(width) for width in wanted]
    return [round(word + (width - word) * room / more, 1) for word, width in zip(least, wanted, strict=True)]


@dataclass(frozen=True, slots=True)
class Section:
    """`name` is its anchor; `pictures` are names of `capacity_figure`."""

    name: str
    title: str
    words: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    points: tuple[str, ...] = ()

    def row(self) -> Row:
        """Return it for a template."""
        return {
            "name": self.name,
            "title": self.title,
            "words": _plain(self.words),
            "pictures": list(self.pictures),
            "tables": [table.row() for table in self.tables if table.rows],
            "points": _plain(self.points),
        }


def _plain(texts: tuple[str, ...]) -> list[str]:
    return [tight(wording.plain(text, MOST_CHARACTERS)) for text in texts]
