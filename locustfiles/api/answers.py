"""What answers of the shop mean. An answer of another type than expected is None or an empty list, never an exception."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Appointment:
    """An appointment as the shop told it; `start_time` is UTC without a zone (a guest is told the shop's local time)."""

    id: int
    barber_id: int | None
    start_time: str
    duration_minutes: int | None
    status: str
    owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment begun; the amount is in cents, None where the shop did not say."""

    payment_id: int
    payment_intent_id: str
    amount_cents: int | None


@dataclass(frozen=True, slots=True)
class PaidPayment:
    """A payment that a barber may give back."""

    payment_id: int
    amount_cents: int


PAID_STATUSES = frozenset({"completed", "succeeded", "paid"})


def appointment_of(body: Any) -> Appointment | None:
    """Return the appointment in an answer to a client."""
    if not isinstance(body, dict) or not isinstance(body.get("id"), int):
        return None
    return Appointment(
        id=body["id"],
        barber_id=_whole(body.get("barber_id")),
        start_time=str(body.get("start_time", "")),
        duration_minutes=_whole(body.get("duration_minutes")),
        status=str(body.get("status", "")),
        owner_id=_whole(body.get("user_id", body.get("client_id"))),
    )


def guest_appointment_of(body: Any) -> Appointment | None:
    """Return the appointment in an answer to a guest: there is no barber in it, and the time is local."""
    if not isinstance(body, dict) or not isinstance(body.get("id"), int):
        return None
    local = f"{body.get('date')}T{str(body.get('time'))[:5]}:00"
    return Appointment(body["id"], None, local, None, str(body.get("status", "")))


def appointments_of(body: Any) -> list[Appointment]:
    """Return the appointments of a list."""
    found = [appointment_of(item) for item in _items(body, "appointments")]
    return [appointment for appointment in found if appointment is not None]


def barber_ids_of(body: Any) -> list[int]:
    """Return the ids of the barbers, the longest with the shop first."""
    return sorted(item["id"] for item in _items(body, None) if isinstance(item.get("id"), int))


def free_times_of(body: Any) -> list[str]:
    """Return the times ("HH:MM") that are free on the day asked for."""
    return [str(item["time"]) for item in _items(body, "slots") if item.get("available") is True and "time" in item]


def offers_no_times_of(body: Any) -> bool:
    """Tell whether the day has no times at all, taken or free."""
    return not _items(body, "slots")


def intent_of(body: Any) -> Intent | None:
    """Return the payment begun."""
    if not isinstance(body, dict) or not isinstance(body.get("payment_id"), int):
        return None
    return Intent(body["payment_id"], str(body.get("payment_intent_id")), cents_of(body.get("amount")))


def paid_payments_of(body: Any) -> list[PaidPayment]:
    """Return the payments of a history that were paid and not given back."""
    found = []
    for item in _items(body, "payments"):
        number, cents = _whole(item.get("id", item.get("payment_id"))), cents_of(item.get("amount"))
        if number is not None and cents and str(item.get("status", "")).lower() in PAID_STATUSES:
            found.append(PaidPayment(number, cents))
    return found


def refund_id_of(body: Any) -> str | None:
    """Return the id of a refund; None where the shop told none."""
    found = body.get("refund_id", body.get("id")) if isinstance(body, dict) else None
    return None if found is None else str(found)


def cents_of(dollars: Any) -> int | None:
    """Return dollars as cents; None where it is no number."""
    return round(dollars * 100) if isinstance(dollars, (int, float)) and not isinstance(dollars, bool) else None


def message_of(body: Any, text: str = "") -> str:
    """Return what an error answer says, lower case; the API has two forms of it."""
    if isinstance(body, dict):
        error = body.get("error")
        found = error.get("message") if isinstance(error, dict) else body.get("detail", body.get("message"))
        return str(found or "").lower()
    return text.lower()


def _items(body: Any, key: str | None) -> list[dict[str, Any]]:
    held = body.get(key) if key is not None and isinstance(body, dict) else body
    return [item for item in held if isinstance(item, dict)] if isinstance(held, list) else []


def _whole(value: Any) -> int | None:
    """Return a whole number; ids come as numbers, and in the payment history of some versions as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None
