"""A mix: who comes (personas and their shares), how long they think, which branches they take."""

import math
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scenarios.document import Strict
from scenarios.errors import nearest_hint
from scenarios.quantity import PositiveDurationS, Ratio


class Persona(StrEnum):
    """Who a virtual user is; the value is the key in mixes and records."""

    NEW_CUSTOMER = "new_customer"
    RETURNING_CUSTOMER = "returning_customer"
    BARBER = "barber"
    PAYER = "payer"
    CALENDAR_SYNC = "calendar_sync"
    STRIPE_WEBHOOK = "stripe_webhook"
    MONITOR = "monitor"


class Think(Strict):
    """Think time before a step; `median` and, for the log-normal, `sigma` of its logarithm."""

    median: PositiveDurationS
    sigma: Annotated[float, Field(ge=0, le=2)] = 0.5


class Branches(Strict):
    """Probabilities of what people do on their way; each a share of those who get there."""

    new_customer_registers: Ratio = 0.3
    looks_at_another_day: Ratio = 0.0
    abandons_at_slots: Ratio = 0.03
    abandons_before_payment: Ratio = 0.04
    picks_barber: Ratio = 0.7
    tries_again_after_lost_slot: Ratio = 0.9
    retries_after_error: Ratio = 0.6
    reschedules: Ratio = 0.06
    cancels: Ratio = 0.05
    pays_at_once: Ratio = 0.85
    payer_looks_at_history: Ratio = 0.15
    card_declined: Ratio = 0.05
    declined_tries_other_card: Ratio = 0.8
    barber_refunds: Ratio = 0.04
    calendar_two_way_sync: Ratio = 1 / 3


class Popularity(Strict):
    """How unevenly barbers and hours are wanted: Zipf exponents (0 = evenly)."""

    barbers: Annotated[float, Field(ge=0, le=3)] = 0.8
    hours: Annotated[float, Field(ge=0, le=3)] = 0.6
    days_ahead: Annotated[int, Field(ge=1, le=30)] = 28


class Mix(Strict):
    """One mix file. Shares are of sessions and sum to 100 %."""

    format_version: Literal[1]
    name: str
    title: str
    personas: dict[str, Ratio]
    think: dict[str, Think]
    branches: Branches = Branches()
    popularity: Popularity = Popularity()

    @model_validator(mode="after")
    def _check(self) -> "Mix":
        if not self.personas:
            raise ValueError("personas is empty; expected at least one persona with its share")
        known = [persona.value for persona in Persona]
        unknown = [
            f"personas.{name} is not a known persona{nearest_hint(name, known)}"
            for name in self.personas
            if name not in known
        ]
        if unknown:
            raise ValueError("; ".join(unknown))
        total = math.fsum(self.personas.values())
        if abs(total - 1) > 1e-6:
            raise ValueError(f"personas: the shares sum to {total * 100:g} %; expected 100 %")
        missing = [step.value for step in Step if step.value not in self.think]
        if missing:
            raise ValueError(f"think: no entry for {', '.join(missing)}; each step needs a median")
        extra = [
            f"think.{name} is not a known step{nearest_hint(name, [s.value for s in Step])}"
            for name in self.think
            if name not in {s.value for s in Step}
        ]
        if extra:
            raise ValueError("; ".join(extra))
        return self


class Step(StrEnum):
    """What a person thinks before; the keys of a mix's `think` table."""

    CHOOSE_BARBER = "choose_barber"
    CHOOSE_SERVICE = "choose_service"
    CHOOSE_SLOT = "choose_slot"
    FILL_FORM = "fill_form"
    REVIEW = "review"
    PAY = "pay"
    LOOK = "look"
