"""What a pool of another size would carry, from runs far below its limit: a queue for its places in front of what was measured.

The response at a load is what it is without a queue (measured at low load) and the wait for a place. In a first come, first served
queue of c places that wait is nothing with probability 1 - C, and else exponential with mean
(1 + v) / 2 x h / (c (1 - u)): C by Erlang (A. K. Erlang, 1917), the factor for the variability v of the times that places are held
(its squared coefficient of variation) by A. O. Allen and G. Cunneen (Allen, Probability, Statistics and Queueing Theory, 1990, ch. 5.3.5).
A wait is independent of one's own hold, so the two are added as independent times.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Floats = NDArray[np.float64]
MODEL_ERROR = (
    0.02  # of the rate at the limit: exponential waits and random arrivals are not quite true (docs/capacity.md)
)
DRAWS = 300
LEAST_USE = 1e-3


@dataclass(frozen=True, slots=True)
class Quiet:
    """What a target is like without a queue: responses (bucket middles in us, with counts), and the pool by what was seen of it.

    `hold_s` is how long a place is held each time, `holds` how many times a request asks for one, `variability` the squared
    coefficient of variation of a hold, `hold_error` the standard error of ln hold_s. `others_per_s`: how many times a second a place is
    asked for by whoever is not the load (a health check, a job), whatever the rate.
    """

    response_us: Floats
    counts: Floats
    hold_s: float
    holds: float
    variability: float
    hold_error: float
    others_per_s: float = 0.0

    @property
    def demand_s(self) -> float:
        """Return the seconds of a place that a request takes."""
        return self.hold_s * self.holds


@dataclass(frozen=True, slots=True)
class Carried:
    """The requests per s at which a percentile reaches a limit, with a 90 % interval; None: it is over the limit without a queue already."""

    places: int
    limit_us: float
    request_rate_per_s: float | None
    interval: tuple[float, float] | None
    draws: tuple[float, ...] = ()


def waits(places: int, use: float) -> float:
    """Return Erlang's C: the probability that all places are taken, `use` in [0, 1)."""
    offered, term, below = places * use, 1.0, 1.0
    for taken in range(1, places):
        term *= offered / taken
        below += term
    last = term * offered / places / (1 - use)
    return last / (below + last)


def over(quiet: Quiet, places: int, rate_per_s: float, limit_us: float) -> float:
    """Return the share of requests that take longer than a limit at a rate, for a pool of so many places."""
    use = (rate_per_s * quiet.demand_s + quiet.others_per_s * quiet.hold_s) / places
    if use >= 1:
        return 1.0
    must_wait = min(1.0, quiet.holds) * waits(places, use)
    mean_us = 1e6 * (1 + quiet.variability) / 2 * quiet.hold_s / (places * (1 - use))
    room = limit_us - quiet.response_us
    late = np.where(room < 0, 1.0, must_wait * np.exp(-np.maximum(room, 0.0) / mean_us))
    return float((late * quiet.counts).sum() / quiet.counts.sum())


def carried(quiet: Quiet, places: int, limit_us: float, quantile: float, seed: int) -> Carried:
    """Return the rate at which a quantile of the response reaches its limit, with what is not sure of it."""
    middle = _carried(quiet, places, limit_us, quantile)
    if middle is None:
        return Carried(places, limit_us, None, None)
    rng = np.random.default_rng(seed)
    total = int(quiet.counts.sum())
    shares = quiet.counts / quiet.counts.sum()
    drawn = []
    for _ in range(DRAWS):
        again = replace(
            quiet,
            counts=rng.multinomial(total, shares).astype(np.float64),
            hold_s=quiet.hold_s * math.exp(quiet.hold_error * rng.standard_normal()),
        )
        found = _carried(again, places, limit_us, quantile)
        if found is not None:
            drawn.append(found * math.exp(MODEL_ERROR * rng.standard_normal()))
    low, high = np.quantile(drawn, [0.05, 0.95]) if drawn else (middle, middle)
    return Carried(places, limit_us, middle, (float(low), float(high)), tuple(drawn))


def _carried(quiet: Quiet, places: int, limit_us: float, quantile: float) -> float | None:
    most = places / quiet.demand_s

    def beyond(use: float) -> float:
        return over(quiet, places, use * most, limit_us) - (1 - quantile)

    if beyond(LEAST_USE) >= 0:
        return None
    return most * float(brentq(beyond, LEAST_USE, 1 - 1e-9, xtol=1e-5))


def hold_of(uses: Sequence[float], places: int, rates_per_s: Sequence[float]) -> tuple[float, float]:
    """Return the seconds of a place that a request takes, and the standard error of its logarithm, from steps with use and rate."""
    quotients = np.log([use * places / rate for use, rate in zip(uses, rates_per_s, strict=True)])
    error = float(quotients.std(ddof=1) / math.sqrt(quotients.size)) if quotients.size > 1 else 0.1
    return float(np.exp(np.median(quotients))), error
