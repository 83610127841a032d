"""How much of a pool may be in use until the latency objectives of a mix break, which is not the same for all mixes.

A request of another mix may be slow without any queue (a provider is asked) or have much room for one. So the queue of
`analysis.scaling.places` is put in front of each operation's own response times, mixed as the mix asks for them: the wait is the
same for all of them, since the pool is, and its length follows from how long the mix's operations hold their places.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from analysis.interval import needed_for_bound
from analysis.objective import judged_operations
from analysis.scaling.places import LEAST_USE, waits
from scenarios.objectives import LATENCY_QUANTILE, ObjectiveSet

Floats = NDArray[np.float64]
MOST_STRETCH = 3.0  # of waits, either way: a model that is further off says nothing of another mix
HARDLY = 0.1  # of the mean demand: an operation that takes less holds no place at all, and what it was given is chance


@dataclass(frozen=True, slots=True, eq=False)
class QuietOperations:
    """A pool and each operation without a queue for it.

    `names` (n,), `demand_s` (n,) seconds of a place in a request of each, `counts` (n, buckets) of responses in `response_us` (buckets,);
    `shares` (n,) of the mix that was measured, `holds` how often a request of it asks for a place, `variability` the squared
    coefficient of variation of its holds.
    """

    places: int
    names: tuple[str, ...]
    demand_s: Floats
    response_us: Floats
    counts: Floats
    shares: Floats
    holds: float
    variability: float


@dataclass(frozen=True, slots=True)
class Allowed:
    """The highest use at which a mix keeps its latency objectives; None: one of them is missed without a queue. `rule` is that which breaks."""

    use: float | None
    rule: str


@dataclass(frozen=True, slots=True)
class Judged:
    """By what a step of a climb is judged, and how many requests it has: an operation with few of them is not."""

    objectives: ObjectiveSet
    requests: int


def allowed_use(
    quiet: QuietOperations, mix: Mapping[str, float], judged: Judged, stretch: float = 1.0
) -> Allowed | None:
    """Return how much of the pool a mix may use; waits are `stretch` times those of the model.

    `mix` are requests by operation in any unit. None where no latency objective is about it, or it asks for no place.
    """
    queue = _queue_of(quiet, mix)
    if queue is None:
        return None
    rules = _rules(judged, quiet.names, queue.shares)
    return min(
        (_allowed(quiet, queue, rule, stretch) for rule in rules),
        key=lambda each: -1.0 if each.use is None else each.use,
        default=None,
    )


def stretch_at(quiet: QuietOperations, mix: Mapping[str, float], judged: Judged, use: float) -> float | None:
    """Return how many times longer than by the model waits are, if a mix was seen to break at a use; None: not within three times of it.

    Arrivals that come in bursts, or a pool that gives places out late, stretch them; what is left of a queue in the quiet responses shortens them.
    """
    queue = _queue_of(quiet, mix)
    rules = [] if queue is None else _rules(judged, quiet.names, queue.shares)
    if queue is None or not rules or not LEAST_USE < use < 1:
        return None

    def beyond(log_stretch: float) -> float:
        return max(_beyond(quiet, queue, rule, math.exp(log_stretch))(use) for rule in rules)

    most = math.log(MOST_STRETCH)
    if beyond(-most) > 0 or beyond(most) < 0:
        return None
    return math.exp(float(brentq(beyond, -most, most, xtol=1e-4)))


@dataclass(frozen=True, slots=True, eq=False)
class _Queue:
    """What the wait of a mix depends on: `hold_s` of a place each time with its variability, and how often each operation asks for one (n,)."""

    shares: Floats
    asks: Floats
    hold_s: float
    variability: float


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """A quantile of some operations together, (n,) with a share each, that must stay below a limit in us."""

    title: str
    limit_us: float
    quantile: float
    weights: Floats


def _queue_of(quiet: QuietOperations, mix: Mapping[str, float]) -> _Queue | None:
    """Return the queue of a mix, None where it asks for no place.

    An operation's own times are taken to vary alike: one coefficient for all, from what the measured mix's holds vary by together.
    """
    shares = np.array([mix.get(name, 0.0) for name in quiet.names])
    is_held = (quiet.demand_s > HARDLY * float(quiet.shares @ quiet.demand_s)).astype(np.float64)
    if not float(shares @ is_held) > 0:
        return None
    shares = shares / shares.sum()
    asks = is_held * quiet.holds / float(quiet.shares @ is_held)
    own = max(0.0, (1 + quiet.variability) / (1 + _between(quiet.demand_s, quiet.shares * asks)) - 1)
    variability = (1 + own) * (1 + _between(quiet.demand_s, shares * asks)) - 1
    return _Queue(shares, asks, float(shares @ quiet.demand_s) / float(shares @ asks), variability)


def _between(demand_s: Floats, weights: Floats) -> float:
    """Return the squared coefficient of variation of the operations' mean holds."""
    weights = weights / weights.sum()
    mean = float(weights @ demand_s)
    return float(weights @ demand_s**2) / mean**2 - 1


def _allowed(quiet: QuietOperations, queue: _Queue, rule: _Rule, stretch: float) -> Allowed:
    beyond, most = _beyond(quiet, queue, rule, stretch), 1 - 1e-9
    if beyond(LEAST_USE) >= 0:
        return Allowed(None, rule.title)
    return Allowed(float(brentq(beyond, LEAST_USE, most, xtol=1e-5)) if beyond(most) > 0 else 1.0, rule.title)


def _beyond(quiet: QuietOperations, queue: _Queue, rule: _Rule, stretch: float) -> Callable[[float], float]:
    """Return by how much more than a rule allows the share of its late requests is, as a function of use."""
    ratios = _ratios(quiet.counts)
    in_time = quiet.response_us <= rule.limit_us
    late = float((rule.weights @ ratios)[~in_time].sum())
    asking = ((rule.weights * np.minimum(1.0, queue.asks)) @ ratios)[in_time]
    room_us = rule.limit_us - quiet.response_us[in_time]
    filled = asking > 0
    asking, room_us = asking[filled], room_us[filled]

    def beyond(use: float) -> float:
        mean_us = stretch * 1e6 * (1 + queue.variability) / 2 * queue.hold_s / (quiet.places * (1 - use))
        return late + waits(quiet.places, use) * float(asking @ np.exp(-room_us / mean_us)) - (1 - rule.quantile)

    return beyond


def _rules(judged: Judged, names: Sequence[str], shares: Floats) -> list[_Rule]:
    """Return the latency objectives that a step of a mix is judged by."""
    found, objectives = [], judged.objectives
    asked = [name for name, share in zip(names, shares, strict=True) if share > 0]
    for row in objectives.objective:
        if row.metric not in LATENCY_QUANTILE:
            continue
        quantile = LATENCY_QUANTILE[row.metric]
        for operation in judged_operations(objectives, row, asked):
            wanted = [operation] if operation is not None else list(row.operations) or asked
            weights = shares * np.isin(names, wanted)
            if judged.requests * float(weights.sum()) >= needed_for_bound(quantile):
                title = row.title if operation is None else f"{row.title} ({operation})"
                found.append(_Rule(title, float(row.limit_us), quantile, weights / weights.sum()))
    return found


def _ratios(counts: Floats) -> Floats:
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0))
