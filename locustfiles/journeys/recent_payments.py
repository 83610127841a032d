"""Payments made lately by this process's customers: what Stripe tells of again, and what a barber may give back."""

from collections import deque
from dataclasses import dataclass

KEPT = 500  # enough for the few refunds and events; older payments are forgotten


@dataclass(frozen=True, slots=True)
class RecentPayment:
    """A payment that the shop confirmed."""

    appointment_id: int
    payment_id: int
    payment_intent_id: str
    amount_cents: int


RECENT: deque[RecentPayment] = deque(maxlen=KEPT)
