"""Up to which rate each resource lets another mix go: lambda* of the measured one, times what they take of it, one over the other."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.figures import listed
from analysis.growth.demand import Floats
from analysis.quarter.basis import Basis, Taken
from analysis.quarter.sustained import DRAWS, SEED
from analysis.scaling.allowed_use import Allowed
from records.errors import RunDataError

PER_REQUEST = "a limit per request"  # what is said to hold a mix back where no resource did
LEAST_DEMAND_S = 1e-9  # below it a mix takes nothing of a resource
Mix = Mapping[str, float]
"""Requests by operation, in any unit."""


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """What one resource lets a mix carry, requests per s: middle and draws, shape (DRAWS,); `use` of it then, 0: of no resource."""

    resource: str
    middle_per_s: float
    draws_per_s: Floats
    use: float


def missed_at_once(basis: Basis, mix: Mix) -> Allowed | None:
    """Return the latency objective that a mix misses without a queue already, None where there is none."""
    allowed = basis.allowed(mix)
    return allowed if allowed is not None and allowed.use is None else None


def bounds_of(basis: Basis, mix: Mix) -> list[Bound]:
    """Return at least one bound; raise RunDataError where the climb says too little of what the mix asks for.

    What held the measured mix back comes first. Each other resource is relied upon up to its limit, or up to what it was used to at
    lambda* where that is more; one of which nothing is known has no bound (`unknown_to`).
    """
    known = [each for each in basis.resources if each.demands.of_mix(mix) is not None]
    if basis.sustained.at_least:
        if not known:
            raise RunDataError(
                f"nothing broke in {basis.climb.run_id}, and no resource tells what this mix takes; expected a climb that breaks"
            )
        return [_as_much_as_it_took(basis, each, mix) for each in known]
    first = _of_what_broke(basis, mix)
    return [first, *(_up_to_its_limit(basis, each, mix) for each in known if each is not basis.bottleneck)]


def unknown_to(basis: Basis, mix: Mix) -> list[str]:
    """Return the resources of which nobody knows what a mix takes."""
    return [each.name for each in basis.resources if each.demands.of_mix(mix) is None]


def _of_what_broke(basis: Basis, mix: Mix) -> Bound:
    """Return the bound by the resource that held the measured mix back: the same use of it, or what a queue for its places allows this mix."""
    sustained = basis.sustained
    if basis.bottleneck is None:
        return Bound(PER_REQUEST, sustained.middle_per_s, sustained.draws_per_s, 0.0)
    bound = _as_much_as_it_took(basis, basis.bottleneck, mix)
    allowed = basis.allowed(mix)
    if allowed is None or allowed.use is None:
        return bound
    ratio = allowed.use / bound.use
    return Bound(bound.resource, bound.middle_per_s * ratio, bound.draws_per_s * ratio, allowed.use)


def _as_much_as_it_took(basis: Basis, taken: Taken, mix: Mix) -> Bound:
    """Return lambda* times the demand of the measured mix over that of the other: the use of the resource is then the same."""
    (own_s, own_draws), (other_s, other_draws) = (_demand(basis, taken, each) for each in (basis.shares, mix))
    sustained = basis.sustained
    return Bound(
        taken.name,
        sustained.middle_per_s * own_s / max(other_s, LEAST_DEMAND_S),
        sustained.draws_per_s * _paired(own_draws / np.maximum(other_draws, LEAST_DEMAND_S)),
        own_s * sustained.middle_per_s / taken.units,
    )


def _up_to_its_limit(basis: Basis, taken: Taken, mix: Mix) -> Bound:
    own_s = taken.demands.of_mix(basis.shares) or 0.0
    other_s, draws = _demand(basis, taken, mix)
    use = max(taken.limit, own_s * basis.sustained.middle_per_s / taken.units)
    most = use * taken.units
    return Bound(
        taken.name, most / max(other_s, LEAST_DEMAND_S), most / _paired(np.maximum(draws, LEAST_DEMAND_S)), use
    )


def _demand(basis: Basis, taken: Taken, mix: Mix) -> tuple[float, Floats]:
    """Return seconds of a resource in a request of a mix, and draws of it; raise RunDataError where they are not known."""
    middle, draws = taken.demands.of_mix(mix), taken.demands.draws_of_mix(mix)
    if middle is not None and draws is not None:
        return middle, draws
    where = f"{basis.climb.run_id} does not tell"
    if taken.demands.because:
        raise RunDataError(
            f"{where} what an operation takes of the {taken.name}: {taken.demands.because}; expected a longer climb"
        )
    missing = listed(list(taken.demands.unknown(mix)))
    raise RunDataError(
        f"{where} what {missing} takes of the {taken.name}: it hardly asked for that; expected a climb of a mix that does"
    )


def _paired(draws: Floats) -> Floats:
    """Return draws of demands in a random order that is the same for all resources, shape (DRAWS,): each draw is one world."""
    chosen = np.random.default_rng(SEED).integers(draws.size, size=DRAWS)
    return np.asarray(draws[chosen])
