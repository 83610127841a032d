"""Plants: defects put in on purpose, so that a rule of the suite can be tried against a truth we know. One word each."""

import difflib
from enum import StrEnum

SLOW_SLOTS_FACTOR = 2.2
"""Slots asks the database once more for every barber: so many times the statements and the time."""
SLOW_PAYMENTS_RATIO = 0.6
"""So much of a payment's whole time comes on top, at Stripe."""
SLOW_STRIPE_FACTOR = 8.0
CACHE_OFF_FACTOR = 1.5
"""Whoever looks at a day reads it from the database: so many times the time."""
ERROR_RATIO = 0.015
STALL_S = 1.5
STALL_EVERY_S = 10.0
RACE_PAUSE_S = 0.08
"""Between looking and writing; a booking of the real system takes 92 ms, most of them between its look and its commit."""
LOST_ONE_IN = 50
LOST_AFTER_S = 0.3
LEAKED_BYTES = 64 * 1024
KEPT_PLACE_ONE_IN = 4
KEPT_PLACE_S = 5.0
DROP_EVERY_S = 1.0
SIGN_IN_BLOCKS_S = (0.23, 0.47)
"""bcrypt at cost 12 in the real system, from the fastest to the slowest that was measured."""


class Plant(StrEnum):
    """The defects there are."""

    SLOW_SLOTS = "slow-slots"
    SLOW_PAYMENTS = "slow-payments"
    ERRORS = "errors"
    DOUBLE_BOOKING = "double-booking"
    DOUBLE_BOOKING_RACE = "double-booking-race"
    DOUBLE_CHARGE = "double-charge"
    REFUND_RACE = "refund-race"
    LOST_WRITE = "lost-write"
    BROKEN_IDEMPOTENCY = "broken-idempotency"
    STALLS = "stalls"
    RATE_LIMITER = "rate-limiter"
    POOL_EXHAUSTION = "pool-exhaustion"
    MEMORY_LEAK = "memory-leak"
    HARD_CAP = "hard-cap"
    CACHE_OFF = "cache-off"
    SLOW_SIGN_IN = "slow-sign-in"
    STRIPE_OUTAGE = "stripe-outage"
    GOOGLE_OUTAGE = "google-outage"
    SLOW_STRIPE = "slow-stripe"
    CRASH = "crash"
    DATABASE_OUTAGE = "database-outage"
    DATABASE_CRASH = "database-crash"
    DROPPED_CONNECTIONS = "dropped-connections"

    @property
    def effect(self) -> str:
        """Return what it does, in a line."""
        return _EFFECTS[self]


_EFFECTS = {
    Plant.SLOW_SLOTS: f"slots takes {SLOW_SLOTS_FACTOR:g} times as long (N+1 statements)",
    Plant.SLOW_PAYMENTS: f"create-intent and confirm take {SLOW_PAYMENTS_RATIO:.0%} longer, at Stripe",
    Plant.ERRORS: f"{ERROR_RATIO:.1%} of requests answer 500 and lose their connection; health does not",
    Plant.DOUBLE_BOOKING: "no slot is ever taken: every booking of one is accepted",
    Plant.DOUBLE_BOOKING_RACE: f"bookings of one slot within {RACE_PAUSE_S * 1e3:g} ms are all accepted; later ones are not",
    Plant.DOUBLE_CHARGE: "create-intent at once begins several payments of a booking; each confirmation captures",
    Plant.REFUND_RACE: f"refunds of one payment within {RACE_PAUSE_S * 1e3:g} ms are all accepted; later ones are not",
    Plant.LOST_WRITE: f"one booking in {LOST_ONE_IN} is gone {LOST_AFTER_S:g} s after its 200",
    Plant.BROKEN_IDEMPOTENCY: "an Idempotency-Key sent again has the work done again",
    Plant.STALLS: f"the process answers nobody for {STALL_S:g} s every {STALL_EVERY_S:g} s",
    Plant.RATE_LIMITER: "the production rate limits apply, and take everybody behind the proxy for one client",
    Plant.POOL_EXHAUSTION: f"one place of the pool in {KEPT_PLACE_ONE_IN} is given back {KEPT_PLACE_S:g} s late",
    Plant.MEMORY_LEAK: f"each request leaves {LEAKED_BYTES // 1024} KiB behind",
    Plant.HARD_CAP: "no more than --hard-cap-per-s requests are served in a second; the rest waits in line",
    Plant.CACHE_OFF: f"days are read from the database at each look, which takes {CACHE_OFF_FACTOR:g} times as long",
    Plant.SLOW_SIGN_IN: "sign-in and registration block the whole process for 230 to 470 ms, as bcrypt does",
    Plant.STRIPE_OUTAGE: "Stripe is down: payments answer 502, all else goes on",
    Plant.GOOGLE_OUTAGE: "Google is down: calendar routes answer 502, all else goes on",
    Plant.SLOW_STRIPE: f"Stripe takes {SLOW_STRIPE_FACTOR:g} times as long",
    Plant.CRASH: "the process kills itself --crash-after-s after it listens, or when this is switched on",
    Plant.DATABASE_OUTAGE: "the embedded PostgreSQL is stopped, and started again when this is switched off",
    Plant.DATABASE_CRASH: "the embedded PostgreSQL is stopped as by a crash, and recovers when this is switched off",
    Plant.DROPPED_CONNECTIONS: f"all connections to PostgreSQL are terminated, at once and every {DROP_EVERY_S:g} s",
}


DATABASE_DOWN = frozenset({Plant.DATABASE_OUTAGE, Plant.DATABASE_CRASH})
"""Plants that stop the embedded PostgreSQL for as long as they are on."""
SWITCHED_ONLY = DATABASE_DOWN | {Plant.DROPPED_CONNECTIONS}
"""Plants that make no sense before the shop is open."""


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
