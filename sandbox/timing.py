"""Modelled time: how long each operation takes, at the database and at its provider.

A request waits for a place in the connection pool, holds it for its database time, gives it back, and then waits for its
provider (Stripe, Google, the hashing of a password). Both times are log-normal, each drawn from a generator of its own
that is seeded by the operation's name: the k-th request of an operation takes the same time in every sandbox of the same
seed (common random numbers; Law, Simulation Modeling and Analysis, 11.2), whatever other operations do meanwhile, and
under a plant the same time stretched. Two versions are so compared on the same draws.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from random import Random

from sandbox.plants import CACHE_OFF_FACTOR, SLOW_PAYMENTS_RATIO, SLOW_SLOTS_FACTOR, SLOW_STRIPE_FACTOR, Plant


@dataclass(frozen=True, slots=True)
class Part:
    """A log-normal time: its median in ms and the standard deviation of its logarithm."""

    median_ms: float
    sigma: float

    @property
    def mean_s(self) -> float:
        """Return the mean: median · exp(σ²/2)."""
        return self.median_ms / 1e3 * math.exp(self.sigma**2 / 2)

    def draw_s(self, rng: Random) -> float:
        """Return one time."""
        return self.median_ms / 1e3 * math.exp(self.sigma * rng.gauss())


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """What one operation takes. `statements` share the database time evenly."""

    database: Part
    statements: int = 3
    provider: str | None = None
    outside: Part | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """What one request takes, in s; `statements` is the number of database queries it makes."""

    database_s: float
    outside_s: float
    statements: int


STRIPE, GOOGLE, HASHING = "stripe", "google", "hashing"
SLOTS = "GET /appointments/slots"
CREATE_INTENT = "POST /payments/create-intent"
CONFIRM = "POST /payments/confirm"
SIGN_INS = frozenset({"POST /auth/login", "POST /auth/register-client"})
LOOKS = frozenset({SLOTS, "GET /appointments/slots/next-available"})

SERVICE_TIMES = {
    "POST /auth/login": ServiceTime(Part(18, 0.30), 2, HASHING, Part(105, 0.16)),
    "POST /auth/register-client": ServiceTime(Part(30, 0.30), 4, HASHING, Part(105, 0.16)),
    "POST /auth/refresh": ServiceTime(Part(15, 0.30), 1),
    "GET /auth/me": ServiceTime(Part(22, 0.30), 1),
    "GET /services/": ServiceTime(Part(45, 0.28), 4),
    "GET /barbers/": ServiceTime(Part(30, 0.28), 2),
    SLOTS: ServiceTime(Part(72, 0.31), 8),
    "GET /appointments/slots/next-available": ServiceTime(Part(60, 0.31), 8),
    "POST /appointments/": ServiceTime(Part(58, 0.27), 6),
    "POST /appointments/guest": ServiceTime(Part(58, 0.27), 6),
    "GET /appointments/": ServiceTime(Part(45, 0.28), 3),
    "GET /appointments/{id}": ServiceTime(Part(25, 0.28), 2),
    "PUT /appointments/{id}/cancel": ServiceTime(Part(45, 0.28), 4),
    "POST /appointments/{id}/reschedule": ServiceTime(Part(62, 0.27), 6),
    "GET /barber-availability/schedule/{id}": ServiceTime(Part(48, 0.28), 4),
    CREATE_INTENT: ServiceTime(Part(30, 0.25), 4, STRIPE, Part(84, 0.68)),
    CONFIRM: ServiceTime(Part(38, 0.25), 5, STRIPE, Part(84, 0.68)),
    "POST /payments/refund": ServiceTime(Part(30, 0.25), 4, STRIPE, Part(100, 0.55)),
    "GET /payments/history": ServiceTime(Part(45, 0.28), 3),
    "POST /webhooks/stripe": ServiceTime(Part(30, 0.28), 3),
    "GET /calendar/status": ServiceTime(Part(22, 0.28), 1, GOOGLE, Part(60, 0.25)),
    "GET /calendar/list": ServiceTime(Part(20, 0.28), 1, GOOGLE, Part(160, 0.25)),
    "GET /calendar/free-busy": ServiceTime(Part(30, 0.28), 2, GOOGLE, Part(90, 0.30)),
    "GET /calendar/availability": ServiceTime(Part(30, 0.28), 2, GOOGLE, Part(90, 0.30)),
    "POST /calendar/check-conflicts/{id}": ServiceTime(Part(30, 0.28), 3, GOOGLE, Part(90, 0.30)),
    "POST /calendar/validate": ServiceTime(Part(20, 0.28), 1, GOOGLE, Part(250, 0.25)),
    "POST /calendar/sync-appointment/{id}": ServiceTime(Part(30, 0.28), 3, GOOGLE, Part(250, 0.25)),
    "POST /calendar/sync-appointments": ServiceTime(Part(40, 0.28), 4, GOOGLE, Part(150, 0.60)),
    "POST /calendar/bulk-sync": ServiceTime(Part(40, 0.28), 4, GOOGLE, Part(150, 0.60)),
    "GET /google-calendar/events": ServiceTime(Part(30, 0.28), 2, GOOGLE, Part(90, 0.30)),
    "POST /google-calendar/sync": ServiceTime(Part(40, 0.28), 4, GOOGLE, Part(150, 0.60)),
}
OTHER = ServiceTime(Part(25, 0.28), 2)
"""Operations without a line of their own."""
SLOWED: dict[str, frozenset[str] | None] = {
    "slots": frozenset({SLOTS}),
    "payments": frozenset({CREATE_INTENT, CONFIRM}),
    "sign-in": SIGN_INS,
    "all": None,
}
"""What `--slow` may name, with its operations; None is every one that takes modelled time."""
AT_ONCE = frozenset(
    {
        *("GET /health", "GET /metrics", "GET /sandbox/plants", "PUT /sandbox/plants/{name}"),
        *("DELETE /sandbox/plants/{name}", "GET /sandbox/log", "GET /sandbox/instances"),
        *("PUT /sandbox/instances/{id}", "DELETE /sandbox/instances/{id}"),
    }
)
"""Operations that ask nobody and take no modelled time; the detailed health checks are cached by the real system."""


def service_time_of(operation: str) -> ServiceTime | None:
    """Return what an operation takes, None for those that take no modelled time."""
    return None if operation in AT_ONCE else SERVICE_TIMES.get(operation, OTHER)


class Draws:
    """Draws the times of requests, in the order in which they come. `plants` is looked at with each draw."""

    def __init__(
        self,
        seed: int,
        factor: float = 1.0,
        plants: Collection[Plant] = (),
        slow: Collection[tuple[str, float]] = (),
    ) -> None:
        self._seed = seed
        self._factor = factor
        self._plants = plants
        self._slow = slow
        self._sources: dict[str, tuple[Random, Random]] = {}

    def next(self, operation: str) -> Times | None:
        """Return the times of the next request of an operation, None where it takes none."""
        model = service_time_of(operation)
        if model is None:
            return None
        database, outside = self._sources_of(operation)
        factor = self._factor * slow_ratio(operation, self._slow)
        times = Times(
            database_s=model.database.draw_s(database) * factor,
            outside_s=0.0 if model.outside is None else model.outside.draw_s(outside) * factor,
            statements=model.statements,
        )
        return stretched(operation, times, self._plants)

    def _sources_of(self, operation: str) -> tuple[Random, Random]:
        found = self._sources.get(operation)
        if found is None:
            found = Random(f"{self._seed}:{operation}:database"), Random(f"{self._seed}:{operation}:outside")
            self._sources[operation] = found
        return found


def crowded(held: int, contention: float, coherence: float) -> float:
    """Return how many times as long a place is held of which `held` are held, itself among them: 1 + a (n - 1) + b n (n - 1).

    With n held all the time n / (E[S] (1 + a (n - 1) + b n (n - 1))) are served in a second, which is the universal scalability
    law (N. J. Gunther, Guerrilla Capacity Planning, 2007, ch. 4): contention a is waiting for what only one can have, coherence b
    is what each pair has to tell each other.
    """
    return 1.0 + contention * (held - 1) + coherence * held * (held - 1)


def slow_ratio(operation: str, slow: Collection[tuple[str, float]]) -> float:
    """Return how many times as long an operation takes; what is named twice is slowed twice."""
    found = ((SLOWED[name], ratio) for name, ratio in slow)
    return math.prod(ratio for operations, ratio in found if operations is None or operation in operations)


def stretched(operation: str, times: Times, plants: Collection[Plant]) -> Times:
    """Return the times under some plants."""
    if not plants:
        return times
    database_s, outside_s, statements = times.database_s, times.outside_s, times.statements
    if operation == SLOTS and Plant.SLOW_SLOTS in plants:
        database_s, statements = database_s * SLOW_SLOTS_FACTOR, round(statements * SLOW_SLOTS_FACTOR)
    if operation in LOOKS and Plant.CACHE_OFF in plants:
        database_s *= CACHE_OFF_FACTOR
    if operation in {CREATE_INTENT, CONFIRM} and Plant.SLOW_PAYMENTS in plants:
        outside_s += SLOW_PAYMENTS_RATIO * (database_s + outside_s)
    if Plant.SLOW_STRIPE in plants and provider_of(operation) == STRIPE:
        outside_s *= SLOW_STRIPE_FACTOR
    if Plant.SLOW_SIGN_IN in plants and operation in SIGN_INS:
        outside_s = 0.0  # the process is blocked instead
    return Times(database_s, outside_s, statements)


def provider_of(operation: str) -> str | None:
    """Return who has to be asked for an operation: Stripe, Google, or None."""
    model = SERVICE_TIMES.get(operation)
    return None if model is None or model.provider == HASHING else model.provider
