"""A section of the quarterly report: sentences, pictures by name, and tables of ready text, for the page and for paper alike."""

from dataclasses import dataclass

from reports.page import Row


@dataclass(frozen=True, slots=True)
class Table:
    """Ready text: a head and rows of as many cells. `wide` is the column that takes the room that is left; `note` says what is what."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    wide: int = 0
    note: str = ""

    def row(self) -> Row:
        """Return it for a template; every row has as many cells as the head."""
        assert all(len(row) == len(self.head) for row in self.rows), self.title
        return {
            "title": self.title,
            "head": list(self.head),
            "rows": [list(row) for row in self.rows],
            "wide": self.wide,
            "note": self.note,
        }


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
            "words": list(self.words),
            "pictures": list(self.pictures),
            "tables": [table.row() for table in self.tables if table.rows],
            "points": list(self.points),
        }
