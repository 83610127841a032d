"""Provoking traffic: what people do that brings out faults of correctness, and how much of it a mix has."""

from enum import StrEnum

from pydantic import model_validator

from scenarios.document import Strict
from scenarios.quantity import Ratio


class Provocation(StrEnum):
    """What provokes; the value is the key in a mix's `[provoke]` and in the ledger."""

    HOT_CHAIR = "hot_chair"
    DOUBLE_CLICK = "double_click"
    REPEAT = "repeat"
    CONCURRENT_PAYMENT = "concurrent_payment"
    CONCURRENT_REFUND = "concurrent_refund"
    RETRY = "retry"
    RESCHEDULE_RACE = "reschedule_race"


# Of one button, pressed once: a person presses it in one of these manners, or as everybody does.
EXCLUSIVE = {
    "payments": (Provocation.CONCURRENT_PAYMENT, Provocation.DOUBLE_CLICK, Provocation.RETRY),
    "refunds": (Provocation.CONCURRENT_REFUND, Provocation.RETRY),
}


class Provoke(Strict):
    """The share of those who get there that provoke; 0 where a mix says nothing. `docs/journeys.md` says what each does.

    `hot_chair`: of customers with an account who want to book. `double_click`: of bookings, and of payments. `repeat` and
    `reschedule_race`: of bookings made. `concurrent_payment`: of payments. `concurrent_refund`: of refunds. `retry`: of payments,
    and of refunds.
    """

    hot_chair: Ratio = 0.0
    double_click: Ratio = 0.0
    repeat: Ratio = 0.0
    concurrent_payment: Ratio = 0.0
    concurrent_refund: Ratio = 0.0
    retry: Ratio = 0.0
    reschedule_race: Ratio = 0.0

    @model_validator(mode="after")
    def _check(self) -> "Provoke":
        problems = []
        for what, kinds in EXCLUSIVE.items():
            total = sum(self.ratio(kind) for kind in kinds)
            if total > 1 + 1e-9:
                problems.append(
                    f"has {', '.join(kind.value for kind in kinds)} of {total * 100:g} % together; they are shares of the same "
                    f"{what}, expected at most 100 %"
                )
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def ratio(self, kind: Provocation) -> float:
        """Return the share of one kind."""
        share: float = getattr(self, kind.value)
        return share

    @property
    def is_any(self) -> bool:
        """Tell whether anything is provoked at all."""
        return any(self.ratio(kind) for kind in Provocation)
