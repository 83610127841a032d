"""What the shop shows, as rows. Whatever is not as expected is left out, never guessed."""

from collections.abc import Iterator
from typing import Any

from records.readback import Row, RowKind

GUEST_FIELDS = ("guest_name", "guest_email", "guest_phone")


def items_of(body: Any, key: str) -> list[dict[str, Any]]:
    """Return the objects of a list, held under a key or bare."""
    held = body.get(key) if isinstance(body, dict) else body
    return [item for item in held if isinstance(item, dict)] if isinstance(held, list) else []


def appointment_row(item: dict[str, Any], read_s: float) -> Row | None:
    """Return an appointment; None where it has no id."""
    number = whole(item.get("id"))
    if number is None:
        return None
    owner = whole(item.get("user_id"))
    return Row(
        RowKind.APPOINTMENT,
        number,
        read_s,
        barber_id=whole(item.get("barber_id")),
        owner_id=owner if owner is not None else whole(item.get("client_id")),
        guest=any(item.get(name) for name in GUEST_FIELDS) if any(name in item for name in GUEST_FIELDS) else None,
        status=state(item.get("status")),
        start_time=text(item.get("start_time")),
        duration_minutes=whole(item.get("duration_minutes")),
        created_at=text(item.get("created_at")),
    )


def payment_row(item: dict[str, Any], barber_id: int, read_s: float) -> Row | None:
    """Return a payment of a history; None where it has no id. Amounts are dollars there."""
    number = whole(item.get("id", item.get("payment_id")))
    if number is None:
        return None
    return Row(
        RowKind.PAYMENT,
        number,
        read_s,
        barber_id=barber_id,
        status=state(item.get("status")),
        created_at=text(item.get("created_at")),
        appointment_id=whole(item.get("booking_id", item.get("appointment_id"))),
        amount_cents=cents(item.get("amount")),
        refunded_cents=cents(item.get("refunded_amount", item.get("refund_amount"))),
    )


def schedule_rows(body: Any, barber_id: int, read_s: float) -> list[Row] | None:
    """Return the appointments of a barber's schedule, wherever its days hold them; None where it has no days."""
    days = body.get("schedule", body.get("days")) if isinstance(body, dict) else body
    if not isinstance(days, dict | list):
        return None
    found = []
    for day in days.values() if isinstance(days, dict) else days:
        for item in _booked(day):
            row = appointment_row({**item, "id": item.get("id", item.get("appointment_id"))}, read_s)
            if row is not None:
                found.append(row._replace(row=RowKind.SCHEDULE, barber_id=barber_id, guest=None, created_at=None))
    return found


def _booked(day: Any) -> Iterator[dict[str, Any]]:
    if isinstance(day, dict):
        yield from items_of(day, "appointments")
    elif isinstance(day, list):
        yield from items_of(day, "")


def whole(value: Any) -> int | None:
    """Return a whole number that is not negative; ids come as numbers, and in some answers as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and 0 <= value < 2**63 else None


def cents(dollars: Any) -> int | None:
    """Return dollars as cents; None where it is no number, or none that can be an amount."""
    known = isinstance(dollars, int | float) and not isinstance(dollars, bool) and 0 <= dollars < 1e12
    return round(dollars * 100) if known else None


def text(value: Any) -> str | None:
    """Return a text; None for anything else."""
    return value if isinstance(value, str) and value else None


def state(value: Any) -> str | None:
    """Return a state in lower case: some versions write them large."""
    found = text(value)
    return None if found is None else found.lower()
