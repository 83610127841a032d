"""Capacity: how many requests a second the modelled pool can serve, worked out from its configuration.

A pool of c places, each held for a mean of E[S] seconds a request, serves at most c / E[S] requests a second, whatever
the distribution of S is (the utilisation law; Lazowska et al., Quantitative System Performance, 1984, 3.3). Where those who hold places
hinder each other, a full pool holds each of them 1 + a (c - 1) + b c (c - 1) times as long (`timing.crowded`).
"""

from collections.abc import Mapping

from sandbox.timing import crowded, service_time_of

BOOKING_MIX = {
    "POST /auth/login": 75,
    "POST /auth/register-client": 6,
    "GET /auth/me": 12,
    "GET /barbers/": 65,
    "GET /services/": 46,
    "GET /appointments/slots": 146,
    "POST /appointments/": 54,
    "POST /appointments/guest": 18,
    "GET /appointments/": 21,
    "GET /appointments/{id}": 50,
    "PUT /appointments/{id}/cancel": 3,
    "POST /appointments/{id}/reschedule": 2,
    "POST /payments/create-intent": 45,
    "POST /payments/confirm": 46,
    "GET /payments/history": 2,
    "GET /barber-availability/schedule/{id}": 22,
    "GET /calendar/status": 11,
    "GET /calendar/free-busy": 4,
    "POST /calendar/sync-appointments": 8,
    "GET /google-calendar/events": 2,
    "POST /google-calendar/sync": 3,
    "POST /webhooks/stripe": 1,
    "GET /health": 5,
}
"""Requests in 100 sessions of an ordinary day, counted; only their proportions matter."""


def mean_hold_s(mix: Mapping[str, float], factor: float = 1.0) -> float:
    """Return the mean time, in s, for which a request of a mix holds its place in the pool."""
    held = 0.0
    for operation, weight in mix.items():
        model = service_time_of(operation)
        held += 0.0 if model is None else weight * model.database.mean_s
    return factor * held / sum(mix.values())


def capacity_per_s(
    places: int, mix: Mapping[str, float], factor: float = 1.0, contention: float = 0.0, coherence: float = 0.0
) -> float:
    """Return the requests of a mix that a pool serves in a second while it is full; infinite where none of them needs a place.

    More than that are never served without coherence; with it, fewer places that are held may serve more.
    """
    held_s = mean_hold_s(mix, factor) * crowded(places, contention, coherence)
    return places / held_s if held_s > 0.0 else float("inf")
