"""The ledger: every write that a virtual user made, what it meant, what it was told, what identifies it."""

from enum import StrEnum
from typing import Any, NamedTuple


class Write(StrEnum):
    """What a write is."""

    REGISTER = "register"
    BOOK = "book"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"
    INTENT = "intent"
    CONFIRM = "confirm"
    REFUND = "refund"
    CALENDAR_SYNC = "calendar_sync"
    WEBHOOK = "webhook"


class Answer(StrEnum):
    """What the user was told. `unknown`: no answer, or a 5xx: it may or may not have happened."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Entry(NamedTuple):
    """One write. Times are seconds from the run's start; `start_time` is the appointment's, ISO, as the target gave it.

    `client` is the account or guest that wrote. Ids are None where the answer had none. Money in cents. `provoked` names the
    provocation that a write belongs to (`scenarios.provoke`), None for everyday ones. `repeat` is None where a person asks for
    something the first time, 1 for the same once more, at the same moment or later, then 2 and so on. `owner_id` is the account that
    the answer called the owner; `business` is True of a refusal that is no mistake of ours (slot lost, card declined); `service` is what
    a booking asked for. A tuple, since there
    are hundreds of thousands: a frozen dataclass takes five times as long to make.
    """

    sent_s: float
    answered_s: float
    write: Write
    answer: Answer
    status: int
    client: str
    session: int
    appointment_id: int | None = None
    barber_id: int | None = None
    start_time: str | None = None
    duration_minutes: int | None = None
    payment_id: int | None = None
    amount_cents: int | None = None
    key: str | None = None
    reference: str | None = None
    provoked: str | None = None
    repeat: int | None = None
    owner_id: int | None = None
    business: bool | None = None
    service: str | None = None

    def as_record(self) -> dict[str, Any]:
        """Return the line's content, without what is None."""
        return {name: value for name, value in zip(self._fields, self, strict=True) if value is not None}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Entry":
        """Return the entry of a line; raise TypeError, ValueError or KeyError where it is damaged."""
        return cls(**{**record, "write": Write(record["write"]), "answer": Answer(record["answer"])})
