"""What another mix would carry: from what each operation takes of each resource, and a climb of that mix held against it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.figures import listed, number
from analysis.quarter.basis import Basis
from analysis.quarter.climbed import Climbed
from analysis.quarter.makeup import Makeup
from analysis.quarter.mix_bound import PER_REQUEST, Bound, bounds_of, missed_at_once, unknown_to
from analysis.quarter.sustained import DRAWS, HIGH, LOW, SEED, sustained_of
from analysis.scaling.choice import MAX_RANGE
from analysis.scaling.nodes import users_of_rate
from analysis.scaling.places import MODEL_ERROR

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """A mix that is asked about, with what its sessions are made of and the climbs of it, the oldest first; `word` names it on a command line."""

    name: str
    word: str
    makeup: Makeup
    climbs: tuple[Climbed, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """An operation's share of the requests of the measured mix and of the other, and its demand in s on what held the measured one back."""

    operation: str
    measured: float
    other: float
    demand_s: float | None


@dataclass(frozen=True, slots=True)
class Check:
    """Where climbs of the other mix broke, in requests per s. `deviation_ratio`: the prediction over it, less 1; None: no prediction.

    `overlaps` tells whether the two 90 % intervals have anything in common; `at_least`: nothing broke in the climbs.
    """

    runs: tuple[str, ...]
    measured_per_s: float
    interval: Interval
    at_least: bool
    deviation_ratio: float | None
    overlaps: bool | None


@dataclass(frozen=True, slots=True)
class OtherMix:
    """At which rate another mix would break, in requests per s, with a 90 % interval; None: `because` says why.

    `at_least`: no more than that can be said. `users` are the same inside sessions at once, None where nobody knows how long one lasts.
    `resource` holds it back, at a `use` (a ratio, None: not known). `check` is None where no climb of it is among the runs; `make_one` makes
    such a climb.
    """

    name: str
    requests_per_session: float
    length_s: float | None
    rate_per_s: float | None
    interval: Interval | None
    at_least: bool
    users: float | None
    users_interval: Interval | None
    resource: str | None
    use: float | None
    parts: tuple[Part, ...]
    because: str
    said: tuple[str, ...]
    check: Check | None
    make_one: tuple[str, ...]


def other_mix(basis: Basis, asked: Asked) -> OtherMix:
    """Return the prediction; raise RunDataError where the climb says too little of what the mix asks for."""
    mix = asked.makeup.operations
    missed = missed_at_once(basis, mix)
    if missed is not None:
        return _row(
            basis,
            asked,
            None,
            f"{missed.rule} is missed at any rate: its operations take too long without a queue already",
        )
    bounds = bounds_of(basis, mix)
    first = min(bounds, key=lambda bound: bound.middle_per_s)
    noise = np.exp(MODEL_ERROR * np.random.default_rng(SEED).standard_normal(DRAWS))
    draws = np.min([bound.draws_per_s for bound in bounds], axis=0) * noise
    return _row(basis, asked, Bound(first.resource, first.middle_per_s, draws, first.use), "")


def not_told(basis: Basis, asked: Asked, because: str) -> OtherMix:
    """Return a mix of which nothing can be predicted, with what was measured of it."""
    return _row(basis, asked, None, because)


def _row(basis: Basis, asked: Asked, bound: Bound | None, because: str) -> OtherMix:
    reach = MAX_RANGE * basis.most_per_s
    is_beyond = bound is not None and bound.middle_per_s > reach
    rate = None if bound is None else min(reach, bound.middle_per_s)
    interval = None if bound is None else _interval(np.minimum(reach, bound.draws_per_s))
    requests, length_s = asked.makeup.requests, length_of(basis, asked.makeup)
    each = None if length_s is None else users_of_rate(1.0, length_s, requests)
    return OtherMix(
        name=asked.name,
        requests_per_session=requests,
        length_s=length_s,
        rate_per_s=rate,
        interval=None if is_beyond else interval,
        at_least=is_beyond or (bound is not None and basis.sustained.at_least),
        users=None if rate is None or each is None else rate * each,
        users_interval=None
        if interval is None or each is None or is_beyond
        else (interval[0] * each, interval[1] * each),
        resource=None if bound is None or is_beyond else bound.resource,
        use=None if bound is None or is_beyond else bound.use or None,
        parts=_parts(basis, asked.makeup.operations),
        because=because,
        said=(asked.makeup.said, *_said(basis, asked, bound, is_beyond=is_beyond)),
        check=_check(asked.climbs, rate, interval),
        make_one=command_for(basis, asked, rate),
    )


def _interval(draws: np.ndarray) -> Interval:
    low, high = np.quantile(draws, (LOW, HIGH))
    return float(low), float(high)


def length_of(basis: Basis, makeup: Makeup) -> float | None:
    """Return the length of a session in s: its thinking, and its requests as long as each took at the highest step that held; None: not known."""
    if makeup.think_s is None:
        return None
    stage = basis.climb.stage(basis.climb.last_good.stage)
    usual_us = stage.histogram().mean_us() or 0.0
    taken_us = {name: stage.histogram([name]).mean_us() for name in makeup.operations}
    return makeup.think_s + sum(
        count * (usual_us if taken_us[name] is None else taken_us[name] or 0.0) / 1e6
        for name, count in makeup.operations.items()
    )


def _parts(basis: Basis, mix: Mapping[str, float]) -> tuple[Part, ...]:
    """Return the operations, those first whose shares differ most."""
    totals = sum(basis.shares.values()), sum(mix.values())
    found = [] if basis.bottleneck is None else basis.bottleneck.demands.rows
    known = {row.operation: row.demand_s for row in found}
    parts = [
        Part(name, basis.shares.get(name, 0.0) / totals[0], mix.get(name, 0.0) / totals[1], known.get(name))
        for name in {**basis.shares, **mix}
    ]
    return tuple(sorted(parts, key=lambda part: (-abs(part.other - part.measured), part.operation)))


def _said(basis: Basis, asked: Asked, bound: Bound | None, *, is_beyond: bool) -> list[str]:
    told = list(basis.said)
    unknown = unknown_to(basis, asked.makeup.operations)
    if bound is not None and unknown:
        told.append(f"nothing is known of what it takes of {listed(unknown)}")
    if basis.sustained.at_least:
        told.append(
            "nothing broke with the measured mix: this one is carried with as much of each resource as that took"
        )
    if bound is not None and bound.resource == PER_REQUEST:
        told.append(
            f"no resource that a probe saw held the measured mix back: taken as {PER_REQUEST} (a rate limit), which is the same "
            "number of requests per s whatever the mix; of a lock or a pool that no probe sees it would not be true"
        )
    if is_beyond:
        told.append(
            f"beyond {MAX_RANGE:g} times the highest rate that was served, {number(basis.most_per_s)} requests per s, nothing is said: measure nearer to it"
        )
    return told


def _check(climbs: tuple[Climbed, ...], rate: float | None, interval: Interval | None) -> Check | None:
    if not climbs:
        return None
    found = sustained_of(climbs)
    deviation = None if rate is None else rate / found.middle_per_s - 1
    overlaps = None
    if interval is not None:
        overlaps = interval[1] >= found.interval[0] and (found.at_least or interval[0] <= found.interval[1])
    return Check(found.used, found.middle_per_s, found.interval, found.at_least, deviation, overlaps)


def command_for(basis: Basis, asked: Asked, rate_per_s: float | None) -> tuple[str, ...]:
    """Return the command of the measured climb for the other mix, its load scaled so that the steps lie as they did about the break."""
    manifest = basis.climb.run.manifest
    words, plan = list(manifest.command), manifest.plan
    for option in ("--mix", "--load-scale"):
        while option in words[:-1]:
            at = words.index(option)
            del words[at : at + 2]
    if words[:2] != ["rushhour", "run"]:
        words = ["rushhour", "run", plan.scenario, "--target", plan.target.name]
    own = basis.sustained.middle_per_s / basis.requests_per_session
    wanted = own if rate_per_s is None else rate_per_s / asked.makeup.requests
    return (*words, "--mix", asked.word, "--load-scale", f"{plan.load_scale * wanted / own:.2g}")
