"""The database: SQLite in this process, in WAL mode, called from the event loop because a statement takes microseconds."""

import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

Row = tuple[Any, ...]


class ConstraintError(Exception):
    """A write that the tables rule out; nothing of it was kept."""


class Database:
    """One connection. Statements are standard SQL with `?` for values."""

    def __init__(self, path: str) -> None:
        """Open the file, or make it.

        The disk is not waited for (`synchronous = OFF`): what is committed survives the process, not the machine,
        which is as much as a stand-in needs.
        """
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=256, timeout=5.0)
        for pragma in ("journal_mode = WAL", "synchronous = OFF", "temp_store = MEMORY", "cache_size = -65536"):
            self._connection.execute(f"PRAGMA {pragma}")

    def is_empty(self) -> bool:
        """Tell whether there are no tables yet."""
        return self.one("SELECT 1 FROM sqlite_master WHERE name = 'users'") is None

    def made_of(self, table: str) -> str:
        """Return the SQL that a table was made with, "" where there is none."""
        row = self.one("SELECT sql FROM sqlite_master WHERE name = ?", (table,))
        return "" if row is None else str(row[0])

    def create(self, schema: str) -> None:
        """Make the tables."""
        self._connection.executescript(schema)

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """Return the first row, None where there is none."""
        row: Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return all rows."""
        return self._connection.execute(sql, values).fetchall()

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Write and return how many rows it touched; raise ConstraintError where the tables rule it out."""
        try:
            return self._connection.execute(sql, values).rowcount
        except sqlite3.IntegrityError as error:
            raise ConstraintError(str(error)) from error

    def insert(self, sql: str, values: Sequence[Any]) -> int:
        """Insert one row and return its id."""
        try:
            rows = self._connection.execute(f"{sql} RETURNING id", values).fetchall()
        except sqlite3.IntegrityError as error:
            raise ConstraintError(str(error)) from error
        return int(rows[0][0])

    def insert_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows."""
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.IntegrityError as error:
            raise ConstraintError(str(error)) from error

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All of what is written inside, or nothing of it. One inside another joins it."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def foreign_changes(self) -> int:
        """Return a number that changes when another connection has written."""
        row = self.one("PRAGMA data_version")
        assert row is not None
        return int(row[0])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
