"""PostgreSQL, by psycopg: each thread has a connection of its own, which is had again where it was lost.

Transactions are READ COMMITTED. What must not happen twice is ruled out by the tables; where a decision rests on a row that
was read, the row is locked (`for_update`); requests with one Idempotency-Key wait for each other at an advisory lock.
"""

import select
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from sandbox.store.database import ConstraintError, Done, Row, UnavailableError
from sandbox.store.schema import POSTGRESQL, schema

CONNECT_WITHIN_S = 2
TRIES = 5
"""Of work that PostgreSQL gives up for the sake of another's; each time one of them gets through."""

Connection = psycopg.Connection[Row]


class _Session(threading.local):
    """What a thread has: its connection, and whether a transaction is begun."""

    connection: Connection | None = None
    is_begun = False

    def __init__(self) -> None:
        self.afterwards: list[Callable[[], None]] = []


class PostgresDatabase:
    """As many connections as threads ask. Statements are written with `?`, as for SQLite."""

    is_remote = True
    for_update = " FOR UPDATE"

    def __init__(self, address: str) -> None:
        """Look whether it is there; raise UnavailableError, which says why not."""
        self._address = address
        self._session = _Session()
        self._all: set[Connection] = set()
        self._lock = threading.Lock()
        self._connected()

    def is_empty(self) -> bool:
        """Tell whether there are no tables yet."""
        return self.one("SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'users'") is None

    def fits(self) -> bool:
        """Tell whether the tables are those of this version."""
        return (
            self.one(
                "SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema()"
                " AND table_name = 'chair_time' AND column_name = 'copy'"
            )
            is not None
        )

    def create(self) -> None:
        """Make the tables."""
        with _told_apart():
            self._connected().execute(schema(POSTGRESQL).encode())

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """Return the first row, None where there is none."""
        return self._executed(sql, values).fetchone()

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return all rows."""
        return self._executed(sql, values).fetchall()

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Write and return how many rows it touched; raise ConstraintError where the tables rule it out."""
        return self._executed(sql, values).rowcount

    def insert(self, sql: str, values: Sequence[Any]) -> int:
        """Insert one row and return its id; raise ConstraintError where the tables rule it out."""
        row = self._executed(f"{sql} RETURNING id", values).fetchone()
        assert row is not None
        return int(row[0])

    def insert_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows; raise ConstraintError where the tables rule one out."""
        with _told_apart():
            self._connected().cursor().executemany(_translated(sql), rows)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All of what is written inside, or nothing of it. One inside another joins it."""
        session = self._session
        if session.is_begun:
            yield
            return
        self._executed("BEGIN")
        session.is_begun = True
        try:
            yield
        except BaseException:
            session.is_begun = False
            session.afterwards.clear()
            if session.connection is not None:  # else the server has taken it back
                with suppress(UnavailableError):
                    self._executed("ROLLBACK")
            raise
        try:
            self._executed("COMMIT")
        finally:
            session.is_begun = False
            afterwards, session.afterwards = session.afterwards, []
        for act in afterwards:
            act()

    def after_commit(self, act: Callable[[], None]) -> None:
        """Do something when the transaction is kept, and not where it is taken back."""
        self._session.afterwards.append(act)

    @contextmanager
    def savepoint(self) -> Generator[None]:
        """Within a transaction: nothing of what is written inside where it raises, and the transaction goes on."""
        self._executed("SAVEPOINT inner_work")
        try:
            yield
        except BaseException:
            self._executed("ROLLBACK TO inner_work")
            raise
        self._executed("RELEASE inner_work")

    def lock(self, name: str) -> None:
        """Keep others that ask for the same name waiting until the transaction ends."""
        self._executed("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (name,))

    def rest(self, seconds: float) -> None:
        """Spend modelled time in the database."""
        if seconds > 0.0:
            self._executed("SELECT pg_sleep(?)", (seconds,))

    def retried(self, work: Callable[[], Done]) -> Done:
        """Do work again where the database gave it up for the sake of another: a deadlock."""
        for _ in range(TRIES):
            with suppress(errors.DeadlockDetected, errors.SerializationFailure):
                return work()
        raise UnavailableError(f"given up {TRIES} times for the sake of others")

    def foreign_changes(self) -> int:
        """Return 0: PostgreSQL tells by no number who has written."""
        return 0

    def interrupt(self) -> None:
        """End what other threads are waiting for."""
        with self._lock:
            waiting = [each for each in self._all if each.info.transaction_status is TransactionStatus.ACTIVE]
        for connection in waiting:
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=1.0)

    def terminate(self) -> None:
        """Have the server end all connections of this process, as an administrator or a failover does."""
        with self._lock:
            pids = [connection.info.backend_pid for connection in self._all if not connection.closed]
        with suppress(psycopg.Error), psycopg.connect(self._address, connect_timeout=CONNECT_WITHIN_S) as other:
            other.execute(b"SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", (pids,))

    def release(self) -> None:
        """Close the connection of this thread."""
        self._drop()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            left, self._all = self._all, set()
        for connection in left:
            connection.close()

    def _executed(self, sql: str, values: Sequence[Any] = ()) -> psycopg.Cursor[Row]:
        connection = self._connected()
        try:
            with _told_apart():
                return connection.execute(_translated(sql), values)
        except UnavailableError:
            self._drop()
            raise

    def _connected(self) -> Connection:
        """Return this thread's connection; a new one where it was lost while nobody used it."""
        session = self._session
        connection = session.connection
        if connection is not None and (session.is_begun or not _is_lost(connection)):
            return connection
        self._drop()
        with _told_apart():
            connection = psycopg.connect(self._address, autocommit=True, connect_timeout=CONNECT_WITHIN_S)
        session.connection = connection
        with self._lock:
            self._all.add(connection)
        return connection

    def _drop(self) -> None:
        session = self._session
        connection, session.connection = session.connection, None
        if connection is not None:
            with self._lock:
                self._all.discard(connection)
            connection.close()


@contextmanager
def _told_apart() -> Generator[None]:
    """Raise what the store knows for what psycopg raises; deadlocks go on to who tries again."""
    try:
        yield
    except errors.IntegrityError as error:
        raise ConstraintError(str(error)) from error
    except (errors.DeadlockDetected, errors.SerializationFailure):
        raise
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise UnavailableError(str(error).strip().splitlines()[0] if str(error).strip() else "lost") from error


def _is_lost(connection: Connection) -> bool:
    """Tell whether an idle connection is at its end: then there is something to read, or nothing any more."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


@lru_cache(maxsize=512)
def _translated(sql: str) -> bytes:
    """Return a statement with psycopg's marks; none of ours has a percent sign or a question mark of its own."""
    return sql.replace("?", "%s").encode()
