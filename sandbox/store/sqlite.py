"""SQLite in this process, in WAL mode, called from the event loop because a statement takes microseconds."""

import sqlite3
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from sandbox.store.database import ConstraintError, Done, Row
from sandbox.store.schema import SQLITE, schema


class SqliteDatabase:
    """One connection. A transaction keeps all other writers of the file waiting, so that no row needs a lock."""

    is_remote = False
    for_update = ""

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

    def fits(self) -> bool:
        """Tell whether the tables are those of this version."""
        return self.one("SELECT 1 FROM pragma_table_info('chair_time') WHERE name = 'copy'") is not None

    def create(self) -> None:
        """Make the tables."""
        self._connection.executescript(schema(SQLITE))

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
        """Insert one row and return its id; raise ConstraintError where the tables rule it out."""
        try:
            rows = self._connection.execute(f"{sql} RETURNING id", values).fetchall()
        except sqlite3.IntegrityError as error:
            raise ConstraintError(str(error)) from error
        return int(rows[0][0])

    def insert_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows; raise ConstraintError where the tables rule one out."""
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

    @contextmanager
    def savepoint(self) -> Generator[None]:
        """Within a transaction: nothing of what is written inside where it raises, and the transaction goes on."""
        self._connection.execute("SAVEPOINT inner_work")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK TO inner_work")
            raise
        finally:
            self._connection.execute("RELEASE inner_work")

    def lock(self, name: str) -> None:
        """Do nothing: a transaction has the whole file for itself."""

    def rest(self, seconds: float) -> None:
        """Do nothing: the time is spent in the event loop."""

    def took_s(self) -> list[float]:
        """Return nothing: a statement takes microseconds, and what is shown is modelled."""
        return []

    def retried(self, work: Callable[[], Done]) -> Done:
        """Do the work: who has the whole file is never given up."""
        return work()

    def foreign_changes(self) -> int:
        """Return a number that changes when another connection has written."""
        row = self.one("PRAGMA data_version")
        assert row is not None
        return int(row[0])

    def interrupt(self) -> None:
        """Do nothing: there are no other threads."""

    def terminate(self) -> None:
        """Do nothing: there is no server."""

    def release(self) -> None:
        """Do nothing: there is one connection, and `close` closes it."""

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
