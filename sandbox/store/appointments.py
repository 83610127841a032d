"""Appointments, and the chair time that comes with them."""

from dataclasses import dataclass

from sandbox.cells import cells_of
from sandbox.store.chairs import Chairs
from sandbox.store.database import ConstraintError, Database, Row
from sandbox.store.services import Service

SCHEDULED, CONFIRMED, CANCELLED = "scheduled", "confirmed", "cancelled"
_COLUMNS = (
    "id, user_id, barber_id, service_id, service_name, first_cell, duration_minutes, price_cents, status, notes,"
    " google_event_id, created_at, guest_name, guest_email, guest_phone, reference"
)


@dataclass(frozen=True, slots=True)
class Guest:
    """Who books without an account, and the reference given for it."""

    name: str
    email: str
    phone: str | None
    reference: str


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment. `first_cell` is the half hour it begins in."""

    id: int
    user_id: int | None
    barber_id: int
    service_id: int
    service_name: str
    first_cell: int
    duration_minutes: int
    price_cents: int
    status: str
    notes: str | None
    google_event_id: str | None
    created_at: str
    guest_name: str | None
    guest_email: str | None
    guest_phone: str | None
    reference: str | None


class SlotTakenError(Exception):
    """The barber's chair is taken at that time."""


class Appointments:
    """Books, moves and cancels. Each is all or nothing."""

    def __init__(self, database: Database, chairs: Chairs) -> None:
        self._database = database
        self._chairs = chairs

    def by_id(self, appointment_id: int, *, for_update: bool = False) -> Appointment | None:
        """Return an appointment; for an update, keep others off it until the transaction ends."""
        lock = self._database.for_update if for_update else ""
        row = self._database.one(f"SELECT {_COLUMNS} FROM appointments WHERE id = ?{lock}", (appointment_id,))
        return None if row is None else Appointment(*row)

    def book(
        self,
        *,
        barber_id: int,
        service: Service,
        first_cell: int,
        created_at: str,
        user_id: int | None = None,
        guest: Guest | None = None,
        notes: str | None = None,
        unguarded: bool = False,
    ) -> int:
        """Book and return the id; raise SlotTakenError where a half hour of it is taken and this is not unguarded."""
        person = (None,) * 4 if guest is None else (guest.name, guest.email, guest.phone, guest.reference)
        try:
            with self._database.transaction():
                number = self._database.insert(
                    "INSERT INTO appointments (user_id, barber_id, service_id, service_name, first_cell,"
                    " duration_minutes, price_cents, status, notes, created_at, guest_name, guest_email, guest_phone,"
                    " reference) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(user_id, barber_id, service.id, service.name, first_cell, service.duration_minutes),
                        *(service.price_cents, SCHEDULED, notes, created_at, *person),
                    ),
                )
                cells = cells_of(first_cell, service.duration_minutes)
                self._chairs.take(barber_id, cells, number, unguarded=unguarded)
                self._chairs.publish()
        except ConstraintError as error:
            raise SlotTakenError from error
        return number

    def reschedule(self, appointment: Appointment, first_cell: int, *, unguarded: bool = False) -> None:
        """Move to another time with the same barber; raise SlotTakenError, and leave it where it is, where that is taken."""
        try:
            with self._database.transaction():
                self._chairs.free(appointment.id)
                cells = cells_of(first_cell, appointment.duration_minutes)
                self._chairs.take(appointment.barber_id, cells, appointment.id, unguarded=unguarded)
                self._database.write(
                    "UPDATE appointments SET first_cell = ?, google_event_id = NULL WHERE id = ?",
                    (first_cell, appointment.id),
                )
                self._chairs.publish()
        except ConstraintError as error:
            self._chairs.forget()
            raise SlotTakenError from error

    def cancel(self, appointment_id: int) -> None:
        """Cancel and free the chair."""
        with self._database.transaction():
            self._chairs.free(appointment_id)
            self._database.write("UPDATE appointments SET status = ? WHERE id = ?", (CANCELLED, appointment_id))
            self._chairs.publish()

    def lose(self, appointment_id: int) -> None:
        """Take an appointment away as though it had never been: a planted lost write."""
        with self._database.transaction():
            self._chairs.free(appointment_id)
            self._database.write("DELETE FROM appointments WHERE id = ?", (appointment_id,))
            self._chairs.publish()

    def confirm(self, appointment_id: int) -> None:
        """Mark as confirmed, unless it is cancelled."""
        self._database.write(
            "UPDATE appointments SET status = ? WHERE id = ? AND status = ?", (CONFIRMED, appointment_id, SCHEDULED)
        )

    def page(
        self, *, user_id: int | None, barber_id: int | None, status: str | None, skip: int, limit: int
    ) -> tuple[list[Appointment], int]:
        """Return some appointments, the newest first, and how many there are; None leaves a condition out."""
        conditions = {"user_id": user_id, "barber_id": barber_id, "status": status}
        held = {column: value for column, value in conditions.items() if value is not None}
        where = " AND ".join(f"{column} = ?" for column in held) or "1 = 1"
        values = tuple(held.values())
        rows = self._database.all(
            f"SELECT {_COLUMNS} FROM appointments WHERE {where} ORDER BY id DESC LIMIT ? OFFSET ?",
            (*values, limit, skip),
        )
        if len(rows) < limit and skip == 0:
            return [Appointment(*row) for row in rows], len(rows)
        total = self._database.one(f"SELECT COUNT(*) FROM appointments WHERE {where}", values)
        assert total is not None
        return [Appointment(*row) for row in rows], int(total[0])

    def of_barber(self, barber_id: int, first_cell: int, end_cell: int) -> list[Appointment]:
        """Return a barber's appointments that begin in some cells (the end left out), cancelled ones left out."""
        rows: list[Row] = self._database.all(
            f"SELECT {_COLUMNS} FROM appointments WHERE barber_id = ? AND first_cell >= ? AND first_cell < ?"
            " AND status <> ? ORDER BY first_cell",
            (barber_id, first_cell, end_cell, CANCELLED),
        )
        return [Appointment(*row) for row in rows]

    def write_to_google(self, barber_id: int, first_cell: int, end_cell: int) -> int:
        """Give a Google event to each of a barber's appointments in some cells; return how many got one."""
        return self._database.write(
            "UPDATE appointments SET google_event_id = 'evt' || id WHERE barber_id = ? AND first_cell >= ?"
            " AND first_cell < ? AND status <> ? AND google_event_id IS NULL",
            (barber_id, first_cell, end_cell, CANCELLED),
        )
