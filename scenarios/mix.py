"""A mix: who comes (personas and their shares), how long they think, which branches they take."""

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scenarios.document import Strict
from scenarios.errors import nearest_hint
from scenarios.provoke import Provoke
from scenarios.quantity import Ratio
from scenarios.session import SessionSize
from scenarios.think import Think


class Persona(StrEnum):
    """Who a virtual user is; the value is the key in mixes and records."""

    NEW_CUSTOMER = "new_customer"
    RETURNING_CUSTOMER = "returning_customer"
    BARBER = "barber"
    PAYER = "payer"
    CALENDAR_SYNC = "calendar_sync"
    STRIPE_WEBHOOK = "stripe_webhook"
    MONITOR = "monitor"


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
    """One mix file. Shares are of sessions and sum to 100 %. `sessions` are measured means; they shape no load."""

    format_version: Literal[1]
    name: str
    title: str
    personas: dict[str, Ratio]
    think: dict[str, Think]
    branches: Branches = Branches()
    popularity: Popularity = Popularity()
    provoke: Provoke = Provoke()
    sessions: dict[str, SessionSize] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> "Mix":
        if not self.personas:
            raise ValueError("personas is empty; expected at least one persona with its share")
        problems = _unknown("personas", self.personas, Persona, "persona")
        problems += _unknown("think", self.think, Step, "step")
        problems += _unknown("sessions", self.sessions, Persona, "persona")
        for name, size in self.sessions.items():
            problems += _unknown(f"sessions.{name}.thinks", size.thinks, Step, "step")
        missing = [step.value for step in Step if step.value not in self.think]
        if missing:
            problems.append(f"think: no entry for {', '.join(missing)}; each step needs its think time")
        total = math.fsum(self.personas.values())
        if abs(total - 1) > 1e-6 and not any(problem.startswith("personas.") for problem in problems):
            problems.append(f"personas: the shares sum to {total * 100:g} %; expected 100 %")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def asks_alike(self, other: "Mix") -> bool:
        """Tell whether people of another mix ask for the same things as often; how long they think is left out."""
        return all(
            getattr(self, name) == getattr(other, name) for name in ("personas", "branches", "popularity", "provoke")
        )


class Step(StrEnum):
    """What a person thinks before; the keys of a mix's `think` table."""

    CHOOSE_BARBER = "choose_barber"
    CHOOSE_SERVICE = "choose_service"
    CHOOSE_SLOT = "choose_slot"
    FILL_FORM = "fill_form"
    REVIEW = "review"
    PAY = "pay"
    LOOK = "look"


def _unknown(table: str, names: Iterable[str], known: type[StrEnum], noun: str) -> list[str]:
    words = [member.value for member in known]
    return [f"{table}.{name} is not a known {noun}{nearest_hint(name, words)}" for name in names if name not in words]
