"""The database as the store sees it: one small door with SQLite and PostgreSQL behind it."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

Row = tuple[Any, ...]
Done = TypeVar("Done")


class ConstraintError(Exception):
    """A write that the tables rule out; nothing of it was kept."""


class UnavailableError(Exception):
    """The database cannot be reached, or was lost on the way: what was under way may have been kept, or not."""


class Database(Protocol):
    """Statements are standard SQL with `?` for values. After a ConstraintError a transaction has to end."""

    is_remote: bool
    """Whether a statement is waited for: then work is done in a thread, which has a connection of its own."""
    for_update: str
    """What a SELECT ends with to keep others off its rows until the transaction ends."""

    def is_empty(self) -> bool:
        """Tell whether there are no tables yet."""

    def fits(self) -> bool:
        """Tell whether the tables are those of this version."""

    def create(self) -> None:
        """Make the tables."""

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """Return the first row, None where there is none."""

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return all rows."""

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Write and return how many rows it touched; raise ConstraintError where the tables rule it out."""

    def insert(self, sql: str, values: Sequence[Any]) -> int:
        """Insert one row and return its id; raise ConstraintError where the tables rule it out."""

    def insert_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows; raise ConstraintError where the tables rule one out."""

    def transaction(self) -> AbstractContextManager[None]:
        """All of what is written inside, or nothing of it. One inside another joins it."""

    def savepoint(self) -> AbstractContextManager[None]:
        """Within a transaction: nothing of what is written inside where it raises, and the transaction goes on."""

    def lock(self, name: str) -> None:
        """Keep others that ask for the same name waiting until the transaction ends."""

    def rest(self, seconds: float) -> None:
        """Spend modelled time in the database, where it is remote."""

    def took_s(self) -> list[float]:
        """Return how long each statement of this thread took since it rested, in s; none where that is not measured."""

    def retried(self, work: Callable[[], Done]) -> Done:
        """Do work again where the database gave it up for the sake of another: a deadlock."""

    def foreign_changes(self) -> int:
        """Return a number that changes when another connection has written; 0 where the database does not tell."""

    def interrupt(self) -> None:
        """End what other threads are waiting for."""

    def terminate(self) -> None:
        """Have the server end all connections of this process."""

    def release(self) -> None:
        """Close the connection of this thread."""

    def close(self) -> None:
        """Close all connections."""
