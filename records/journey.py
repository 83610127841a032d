"""Journeys: how far sessions got, by the second in which the session was meant to start."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Milestone(StrEnum):
    """What a session reached. The funnel is BEGUN to CONFIRMED; the others explain where people went.

    `begun` is the first look for a slot with the wish to book; `pays_later` is a booking to be paid at the shop, or another day.
    """

    SESSION_STARTED = "session_started"
    SESSION_ENDED = "session_ended"
    BEGUN = "begun"
    SLOT_CHOSEN = "slot_chosen"
    BOOKED = "booked"
    PAID = "paid"
    CONFIRMED = "confirmed"
    SLOT_LOST = "slot_lost"
    GAVE_UP = "gave_up"
    ABANDONED = "abandoned"
    PAYS_LATER = "pays_later"
    PAYMENT_TRIED = "payment_tried"
    PAYMENT_SUCCEEDED = "payment_succeeded"
    CARD_DECLINED = "card_declined"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


FUNNEL = (Milestone.BEGUN, Milestone.SLOT_CHOSEN, Milestone.BOOKED, Milestone.PAID, Milestone.CONFIRMED)


@dataclass(frozen=True, slots=True)
class JourneyCount:
    """`count` sessions of a persona, meant to start in `second`, reached `milestone`."""

    second: int
    persona: str
    milestone: Milestone
    count: int

    def as_record(self) -> dict[str, Any]:
        """Return the line's content."""
        return {"second": self.second, "persona": self.persona, "milestone": self.milestone.value, "count": self.count}
