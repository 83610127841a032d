"""Chairs: which half hours of which barber are taken.

The days that were looked at are kept in memory, as one bit a half hour for each barber, and follow each write made
here. They are forgotten when another process has written to the database, and after a write that was taken back.
"""

from collections.abc import Iterable
from typing import Protocol

from sandbox.cells import CELLS_PER_DAY, CLOSING_CELL
from sandbox.store.database import Database

DAYS_KEPT = 64  # a month ahead and those just past; the oldest is forgotten
GUARDED_COPY = 0
"""Of a half hour there is one row with it; a planted double booking writes another copy."""

Taken = dict[int, int]
"""Barber to the half hours taken on one day: bit n is the n-th since midnight."""


class Chairs(Protocol):
    """Takes and frees half hours. `hits` and `misses` count looks at a day; without `remembers` none is kept."""

    hits: int
    misses: int
    remembers: bool

    def taken_on(self, day_cell: int) -> Taken:
        """Return what is taken on the day that begins with a cell; barbers without any are left out."""

    def take(self, barber_id: int, cells: Iterable[int], appointment_id: int, *, unguarded: bool = False) -> None:
        """Take half hours; raise ConstraintError, and change nothing, where one of them is taken.

        Unguarded ones, which a plant takes, are had whether they are taken or not.
        """

    def free(self, appointment_id: int) -> None:
        """Free the half hours of an appointment."""

    def publish(self) -> None:
        """Tell other processes of the days that were changed; the last statement of a transaction that changed some."""

    def forget(self) -> None:
        """Forget what is kept in memory: what was written was taken back."""


class ChairsInMemory:
    """For a database that tells at once whether another process has written: SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._days: dict[int, Taken] = {}
        self._seen = database.foreign_changes()
        self.hits = 0
        self.misses = 0
        self.remembers = True

    def taken_on(self, day_cell: int) -> Taken:
        """Return what is taken on the day that begins with a cell; barbers without any are left out."""
        self._notice_other_writers()
        taken = self._days.get(day_cell)
        if taken is not None and self.remembers:
            self.hits += 1
            return taken
        self.misses += 1
        return self._read(day_cell)

    def take(self, barber_id: int, cells: Iterable[int], appointment_id: int, *, unguarded: bool = False) -> None:
        """Take half hours; raise ConstraintError, and change nothing, where one of them is taken."""
        wanted = list(cells)
        write_cells(self._database, barber_id, wanted, appointment_id, unguarded=unguarded)
        for cell in wanted:
            taken = self._days.get(day_cell_of(cell))
            if taken is not None:
                taken[barber_id] = taken.get(barber_id, 0) | 1 << cell % CELLS_PER_DAY

    def free(self, appointment_id: int) -> None:
        """Free the half hours of an appointment."""
        for day_cell, _, _ in free_cells_of(self._database, appointment_id):
            self._days.pop(day_cell, None)

    def publish(self) -> None:
        """Do nothing: SQLite tells."""

    def forget(self) -> None:
        """Forget what is kept in memory: what was written was taken back."""
        self._days.clear()

    def _read(self, day_cell: int) -> Taken:
        taken = read_day(self._database, day_cell)
        if len(self._days) >= DAYS_KEPT:
            del self._days[next(iter(self._days))]
        self._days[day_cell] = taken
        return taken

    def _notice_other_writers(self) -> None:
        version = self._database.foreign_changes()
        if version != self._seen:
            self._seen = version
            self._days.clear()


def day_cell_of(cell: int) -> int:
    """Return the cell in which a cell's day begins."""
    return cell - cell % CELLS_PER_DAY


def read_day(database: Database, day_cell: int) -> Taken:
    """Return what is taken on a day, read from the database."""
    rows = database.all(
        "SELECT barber_id, cell FROM chair_time WHERE cell BETWEEN ? AND ?", (day_cell, day_cell + CLOSING_CELL)
    )
    taken: Taken = {}
    for barber_id, cell in rows:
        taken[barber_id] = taken.get(barber_id, 0) | 1 << cell - day_cell
    return taken


def write_cells(
    database: Database, barber_id: int, cells: list[int], appointment_id: int, *, unguarded: bool = False
) -> None:
    """Take half hours in the database; raise ConstraintError where one is taken and this is not unguarded."""
    sql = "INSERT INTO chair_time (barber_id, cell, copy, appointment_id) VALUES (?, ?, ?, ?)"
    if not unguarded:
        database.insert_many(sql, [(barber_id, cell, GUARDED_COPY, appointment_id) for cell in cells])
        return
    for cell in cells:
        alone = f"{sql} ON CONFLICT (barber_id, cell, copy) DO NOTHING"
        if not database.write(alone, (barber_id, cell, GUARDED_COPY, appointment_id)):
            database.write(sql, (barber_id, cell, appointment_id, appointment_id))


def free_cells_of(database: Database, appointment_id: int) -> list[tuple[int, int, int]]:
    """Free the half hours of an appointment in the database; return (day, barber, half hour of the day) of each."""
    rows = database.all("SELECT barber_id, cell FROM chair_time WHERE appointment_id = ?", (appointment_id,))
    database.write("DELETE FROM chair_time WHERE appointment_id = ?", (appointment_id,))
    return [(day_cell_of(cell), barber_id, cell % CELLS_PER_DAY) for barber_id, cell in rows]
