"""A section of the quarterly report: sentences, pictures by name, and tables of ready text, for the page and for paper alike."""

import re
from dataclasses import dataclass

from reports import wording
from reports.page import Row

MOST_WIDTH = 34  # characters; a longer cell is broken into lines
EDGES = 4  # characters: what the edges of a column take
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
        widths = [_width(column) for column in zip(self.head, *self.rows, strict=True)]
        return {
            "title": self.title,
            "head": list(self.head),
            "rows": [_plain(row) for row in self.rows],
            "widths": widths,
            "note": self.note,
        }


def _width(cells: tuple[str, ...]) -> int:
    """Return how many characters a column wants: its longest cell up to a bound, and never less than its longest word."""
    longest_word = max(len(word) for cell in cells for word in re.split(r"[\s-]", cell))
    return EDGES + max(longest_word, min(MOST_WIDTH, max(len(cell) for cell in cells)))


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
    return [wording.plain(text, MOST_CHARACTERS) for text in texts]
