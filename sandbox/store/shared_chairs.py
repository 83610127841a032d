"""Chairs on a database that several processes write to and that tells nobody: PostgreSQL.

Each write of a day raises the day's version in its own transaction, as its last statement, so that the row is locked for
the moment of the commit only. A look reads the version first: what is kept in memory is what the database holds where they
agree, else the day is read anew. Half hours taken here are put into what is kept, where nobody else wrote in between.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from sandbox.cells import CELLS_PER_DAY
from sandbox.store.chairs import DAYS_KEPT, Taken, day_cell_of, free_cells_of, read_day, write_cells
from sandbox.store.database import Database

Taking = tuple[int, int]
"""A barber and a half hour of the day."""


class CommittingDatabase(Database, Protocol):
    """A database that tells when a transaction was kept."""

    def after_commit(self, act: Callable[[], None]) -> None:
        """Do something when the transaction is kept, and not where it is taken back."""


class _Changes(threading.local):
    """What the transaction of a thread has changed so far, by day."""

    def __init__(self) -> None:
        self.taken: dict[int, list[Taking]] = {}
        self.freed: set[int] = set()


class SharedChairs:
    """Takes and frees half hours. `hits` and `misses` count looks at a day."""

    def __init__(self, database: CommittingDatabase) -> None:
        self._database = database
        self._days: dict[int, tuple[int, Taken]] = {}
        self._lock = threading.Lock()
        self._changes = _Changes()
        self.hits = 0
        self.misses = 0
        self.remembers = True

    def taken_on(self, day_cell: int) -> Taken:
        """Return what is taken on the day that begins with a cell; barbers without any are left out."""
        row = self._database.one("SELECT version FROM chair_days WHERE day_cell = ?", (day_cell,))
        version = 0 if row is None else int(row[0])
        with self._lock:
            kept = self._days.get(day_cell)
            if self.remembers and kept is not None and kept[0] == version:
                self.hits += 1
                return kept[1]
            self.misses += 1
        taken = read_day(self._database, day_cell)
        with self._lock:
            if len(self._days) >= DAYS_KEPT:
                del self._days[next(iter(self._days))]
            self._days[day_cell] = version, taken
        return taken

    def take(self, barber_id: int, cells: Iterable[int], appointment_id: int, *, unguarded: bool = False) -> None:
        """Take half hours; raise ConstraintError where one of them is taken."""
        wanted = list(cells)
        write_cells(self._database, barber_id, wanted, appointment_id, unguarded=unguarded)
        for cell in wanted:
            self._changes.taken.setdefault(day_cell_of(cell), []).append((barber_id, cell % CELLS_PER_DAY))

    def free(self, appointment_id: int) -> None:
        """Free the half hours of an appointment."""
        self._changes.freed.update(day for day, _, _ in free_cells_of(self._database, appointment_id))

    def publish(self) -> None:
        """Raise the versions of the days that were changed, in one order everywhere, so that nobody waits in a circle."""
        taken, freed = self._changes.taken, self._changes.freed
        self.forget()
        for day_cell in sorted({*taken, *freed}):
            row = self._database.one(
                "INSERT INTO chair_days (day_cell, version) VALUES (?, 1)"
                " ON CONFLICT (day_cell) DO UPDATE SET version = chair_days.version + 1 RETURNING version",
                (day_cell,),
            )
            assert row is not None
            if day_cell not in freed:
                self._database.after_commit(self._keeping(day_cell, int(row[0]), tuple(taken[day_cell])))

    def forget(self) -> None:
        """Forget the changes of a transaction that is over; what is kept of days is checked by its version."""
        self._changes.taken, self._changes.freed = {}, set()

    def _keeping(self, day_cell: int, version: int, takings: tuple[Taking, ...]) -> Callable[[], None]:
        def keep() -> None:
            with self._lock:
                kept = self._days.get(day_cell)
                if kept is None or kept[0] != version - 1:
                    return
                taken = dict(kept[1])
                for barber_id, half_hour in takings:
                    taken[barber_id] = taken.get(barber_id, 0) | 1 << half_hour
                self._days[day_cell] = version, taken

        return keep
