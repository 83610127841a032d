"""Chairs: which half hours of which barber are taken.

The days that were looked at are kept in memory, as one bit a half hour for each barber, and follow each write made
here. They are forgotten when another process has written to the database, and after a write that was taken back.
"""

from collections.abc import Iterable

from sandbox.cells import CELLS_PER_DAY, CLOSING_CELL
from sandbox.store.database import Database

DAYS_KEPT = 64  # a month ahead and those just past; the oldest is forgotten

Taken = dict[int, int]
"""Barber to the half hours taken on one day: bit n is the n-th since midnight."""


class Chairs:
    """Takes and frees half hours. `hits` and `misses` count looks at a day."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._days: dict[int, Taken] = {}
        self._seen = database.foreign_changes()
        self.hits = 0
        self.misses = 0

    def taken_on(self, day_cell: int) -> Taken:
        """Return what is taken on the day that begins with a cell; barbers without any are left out."""
        self._notice_other_writers()
        taken = self._days.get(day_cell)
        if taken is not None:
            self.hits += 1
            return taken
        self.misses += 1
        return self._read(day_cell)

    def take(self, barber_id: int, cells: Iterable[int], appointment_id: int) -> None:
        """Take half hours; raise ConstraintError, and change nothing, where one of them is taken."""
        wanted = list(cells)
        self._database.insert_many(
            "INSERT INTO chair_time (barber_id, cell, appointment_id) VALUES (?, ?, ?)",
            [(barber_id, cell, appointment_id) for cell in wanted],
        )
        for cell in wanted:
            taken = self._days.get(cell // CELLS_PER_DAY * CELLS_PER_DAY)
            if taken is not None:
                taken[barber_id] = taken.get(barber_id, 0) | 1 << cell % CELLS_PER_DAY

    def free(self, appointment_id: int) -> None:
        """Free the half hours of an appointment."""
        rows = self._database.all("SELECT cell FROM chair_time WHERE appointment_id = ?", (appointment_id,))
        self._database.write("DELETE FROM chair_time WHERE appointment_id = ?", (appointment_id,))
        for (cell,) in rows:
            self._days.pop(cell // CELLS_PER_DAY * CELLS_PER_DAY, None)

    def forget(self) -> None:
        """Forget what is kept in memory: what was written was taken back."""
        self._days.clear()

    def _read(self, day_cell: int) -> Taken:
        rows = self._database.all(
            "SELECT barber_id, cell FROM chair_time WHERE cell BETWEEN ? AND ?", (day_cell, day_cell + CLOSING_CELL)
        )
        taken: Taken = {}
        for barber_id, cell in rows:
            taken[barber_id] = taken.get(barber_id, 0) | 1 << cell - day_cell
        if len(self._days) >= DAYS_KEPT:
            del self._days[next(iter(self._days))]
        self._days[day_cell] = taken
        return taken

    def _notice_other_writers(self) -> None:
        version = self._database.foreign_changes()
        if version != self._seen:
            self._seen = version
            self._days.clear()
