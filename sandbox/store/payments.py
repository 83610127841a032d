"""Payments: begun with an intent, captured at most once, given back at most in full."""

from dataclasses import dataclass

from sandbox.cells import moment_of
from sandbox.store.appointments import Appointment
from sandbox.store.database import Database, Row

PENDING, COMPLETED, PARTIALLY_REFUNDED, REFUNDED = "pending", "completed", "partially_refunded", "refunded"
_COLUMNS = (
    "id, appointment_id, user_id, barber_id, service_name, intent_id, original_cents, gift_cents, gift_code,"
    " amount_cents, status, refunded_cents, created_at"
)


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment. `amount_cents` is what the card pays, `gift_cents` what a gift certificate does."""

    id: int
    appointment_id: int
    user_id: int
    barber_id: int
    service_name: str
    intent_id: str | None
    original_cents: int
    gift_cents: int
    gift_code: str | None
    amount_cents: int
    status: str
    refunded_cents: int
    created_at: str


@dataclass(frozen=True, slots=True)
class PaymentTotals:
    """How many payments there are and what was taken with them."""

    count: int
    captured_cents: int


class Payments:
    """Begins, captures and gives back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_id(self, payment_id: int) -> Payment | None:
        """Return a payment."""
        return self._where("id", payment_id)

    def of_appointment(self, appointment_id: int) -> Payment | None:
        """Return the payment of an appointment; of several, which only a plant makes, the first."""
        return self._where("appointment_id", appointment_id)

    def by_intent(self, intent_id: str) -> Payment | None:
        """Return the payment that an intent belongs to."""
        return self._where("intent_id", intent_id)

    def begin(
        self,
        appointment: Appointment,
        user_id: int,
        *,
        intent_id: str | None,
        gift_cents: int,
        gift_code: str | None,
        unix_s: float,
        copy: int = 0,
    ) -> int:
        """Begin a payment and return its id; raise ConstraintError where the appointment has one of this copy.

        Only a plant gives another copy than 0.
        """
        price_cents = appointment.price_cents
        return self._database.insert(
            "INSERT INTO payments (appointment_id, copy, user_id, barber_id, service_name, intent_id, original_cents,"
            " gift_cents, gift_code, amount_cents, status, created_at, created_unix_s)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(appointment.id, copy, user_id, appointment.barber_id, appointment.service_name),
                *(intent_id, price_cents, gift_cents, gift_code, price_cents - gift_cents),
                *(PENDING, moment_of(unix_s), unix_s),
            ),
        )

    def capture(self, payment_id: int) -> bool:
        """Capture; False where it was captured before."""
        written = self._database.write(
            "UPDATE payments SET status = ? WHERE id = ? AND status = ?", (COMPLETED, payment_id, PENDING)
        )
        return written == 1

    def refund(self, payment_id: int, cents: int, *, unguarded: bool = False) -> bool:
        """Give back; False, and nothing given, where that would be more than was taken and this is not unguarded."""
        guard = "" if unguarded else " AND refunded_cents + ? <= amount_cents"
        written = self._database.write(
            "UPDATE payments SET refunded_cents = refunded_cents + ?, unguarded = ?, status = CASE WHEN"
            " refunded_cents + ? >= amount_cents THEN ? ELSE ? END"
            f" WHERE id = ? AND status IN (?, ?, ?){guard}",
            (
                *(cents, int(unguarded), cents, REFUNDED, PARTIALLY_REFUNDED, payment_id),
                *(COMPLETED, PARTIALLY_REFUNDED, REFUNDED if unguarded else COMPLETED),
                *(() if unguarded else (cents,)),
            ),
        )
        return written == 1

    def note_refund(self, payment_id: int, cents: int, reason: str, stripe_id: str, by_id: int, at: str) -> int:
        """Note a refund that was given and return its id."""
        return self._database.insert(
            "INSERT INTO refunds (payment_id, amount_cents, reason, stripe_refund_id, initiated_by_id, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (payment_id, cents, reason, stripe_id, by_id, at),
        )

    def page(
        self, *, user_id: int | None, barber_id: int | None, status: str | None, skip: int, limit: int
    ) -> tuple[list[Payment], PaymentTotals]:
        """Return some payments, the newest first, and the totals over all of them; None leaves a condition out."""
        conditions = {"user_id": user_id, "barber_id": barber_id, "status": status}
        held = {column: value for column, value in conditions.items() if value is not None}
        where = " AND ".join(f"{column} = ?" for column in held) or "1 = 1"
        values = tuple(held.values())
        rows = self._database.all(
            f"SELECT {_COLUMNS} FROM payments WHERE {where} ORDER BY id DESC LIMIT ? OFFSET ?", (*values, limit, skip)
        )
        totals = self._database.one(
            f"SELECT COUNT(*), COALESCE(SUM(CASE WHEN status <> ? THEN amount_cents END), 0) FROM payments WHERE {where}",
            (PENDING, *values),
        )
        assert totals is not None
        return [Payment(*row) for row in rows], PaymentTotals(int(totals[0]), int(totals[1]))

    def lately(self, user_id: int, since_unix_s: float) -> list[int]:
        """Return the amounts, in cents, of the payments that a user began since a moment."""
        rows: list[Row] = self._database.all(
            "SELECT original_cents FROM payments WHERE user_id = ? AND created_unix_s >= ?", (user_id, since_unix_s)
        )
        return [int(row[0]) for row in rows]

    def _where(self, column: str, value: object) -> Payment | None:
        sql = f"SELECT {_COLUMNS} FROM payments WHERE {column} = ? ORDER BY id LIMIT 1"
        row = self._database.one(sql, (value,))
        return None if row is None else Payment(*row)
