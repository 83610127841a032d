"""Plants: defects put in on purpose, so that a rule of the suite can be tried against a truth we know. One word each."""

import difflib
from collections.abc import Iterable
from enum import StrEnum
from random import Random

SLOW_SLOTS_FACTOR = 2.2
"""Slots asks the database once more for every barber: so many times the statements and the time."""
SLOW_PAYMENTS_RATIO = 0.6
"""So much of a payment's whole time comes on top, at Stripe."""
ERROR_RATIO = 0.015
STALL_S = 1.5
STALL_EVERY_S = 10.0


class Plant(StrEnum):
    """The defects there are."""

    SLOW_SLOTS = "slow-slots"
    SLOW_PAYMENTS = "slow-payments"
    ERRORS = "errors"
    DOUBLE_BOOKING = "double-booking"
    STALLS = "stalls"
    RATE_LIMITER = "rate-limiter"

    @property
    def effect(self) -> str:
        """Return what it does, in a line."""
        return _EFFECTS[self]


_EFFECTS = {
    Plant.SLOW_SLOTS: f"slots takes {SLOW_SLOTS_FACTOR:g} times as long (N+1 statements)",
    Plant.SLOW_PAYMENTS: f"create-intent and confirm take {SLOW_PAYMENTS_RATIO:.0%} longer, at Stripe",
    Plant.ERRORS: f"{ERROR_RATIO:.1%} of requests answer 500 and lose their connection; health does not",
    Plant.DOUBLE_BOOKING: "no slot is ever taken: every booking of one is accepted",
    Plant.STALLS: f"the process answers nobody for {STALL_S:g} s every {STALL_EVERY_S:g} s",
    Plant.RATE_LIMITER: "the production rate limits apply, and take everybody behind the proxy for one client",
}


class UnknownPlantError(ValueError):
    """There is no plant of that name."""


def plant_named(name: str) -> Plant:
    """Return a plant; raise UnknownPlantError, which names the nearest one."""
    try:
        return Plant(name)
    except ValueError:
        names = [plant.value for plant in Plant]
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
        raise UnknownPlantError(f"--plant {name}: no such plant; {hint}") from None


class Faults:
    """Which requests fail of themselves: the same ones in the same order for one seed."""

    def __init__(self, plants: Iterable[Plant], seed: int) -> None:
        self._ratio = ERROR_RATIO if Plant.ERRORS in set(plants) else 0.0
        self._rng = Random(f"{seed}:errors")

    def next_fails(self) -> bool:
        """Tell whether the next request fails."""
        return self._ratio > 0.0 and self._rng.random() < self._ratio
