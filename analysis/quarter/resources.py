"""What each priced resource sustains, from how much of it a request took in the climbs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.figures import listed, percent
from analysis.growth.demand import Floats
from analysis.planning.capacity import WHOLE, Capacity, of_demand
from analysis.quarter.climbed import Climbed
from analysis.quarter.sustained import DRAWS, SEED, Sustained
from analysis.saturation import demand_of, seen_points
from scenarios.errors import ScenarioError, nearest_hint
from scenarios.price_list import MAX_UNITS, PricedResource, PriceList
from scenarios.probe import Resource

USE_LIMIT = 0.7  # the product's objective for CPU and memory
PLACES_LIMIT = 0.9  # of places that are held: 16 of them keep p95 up to 0.92 (docs/capacity.md)
RESAMPLED = 200  # a demand is a median; more resamples do not move its P5 and P95


def capacities_of(
    climbs: Sequence[Climbed], sustained: Sustained, prices: PriceList, measured: Mapping[str, int]
) -> tuple[tuple[Capacity, ...], tuple[str, ...]]:
    """Return the capacities of the whole and of each priced resource that was seen, and what was assumed.

    `measured`: how many units of a resource the runs' target had; by default as many as the price list has now.
    """
    _known(prices, measured)
    source, found, told = ", ".join(sustained.used), [], []
    for priced in prices.resources:
        told += _strange(climbs[-1], priced)
        units = measured.get(priced.name, priced.now)
        seen = [row for each in _resources(climbs, priced) if (row := _sustains(climbs, sustained, each)) is not None]
        if not seen:
            continue
        rates = np.min([row.rates_per_s for row in seen], axis=0)
        first = min(seen, key=lambda row: float(np.median(row.rates_per_s)))
        found.append(Capacity(priced.name, rates, units, first.limit, "ratio", source))
        told.append(
            f"{priced.name} is seen as {listed([row.name for row in seen])}; {first.name} decides, up to {percent(first.limit)} in use{first.why}"
        )
        if priced.name not in measured:
            told.append(
                f"the target of the runs is taken to have had {units} × {priced.name}, as the price list has now (--measured {priced.name}=N tells)"
            )
    leading = next((each.units for each in sorted(found, key=lambda each: float(np.median(each.draws_per_s)))), 1)
    whole = Capacity(WHOLE, sustained.draws_per_s, leading, 1.0, "ratio", source)
    return (whole, *found), tuple(told)


@dataclass(frozen=True, slots=True, eq=False)
class _Sustains:
    """What a resource of the target sustains, shape (DRAWS,), up to which use, and why so far."""

    name: str
    rates_per_s: Floats
    limit: float
    why: str


def _sustains(climbs: Sequence[Climbed], sustained: Sustained, resource: Resource) -> _Sustains | None:
    """Return what a resource sustains: lambda* where it is what held the target back, else up to its limit of use; None: not seen."""
    draws = demand_draws(climbs, resource.name)
    if draws is None:
        return None
    if climbs[-1].found.bottleneck == resource.name:
        limit = min(1.0, float(np.median(draws)) * sustained.middle_per_s)
        return _Sustains(resource.name, sustained.draws_per_s, limit, ", which is where the objectives break")
    return _Sustains(resource.name, of_demand(draws, 1, limit_of(resource)), limit_of(resource), "")


def limit_of(resource: Resource) -> float:
    """Return up to which use a resource is relied upon: places that are held higher than what is shared by all."""
    return USE_LIMIT if resource.hold is None else PLACES_LIMIT


def demand_draws(climbs: Sequence[Climbed], resource: str, seed: int = SEED) -> Floats | None:
    """Return draws of the share of a resource that one request per s takes, shape (DRAWS,), by resampling steps; None: not seen."""
    points = [point for climb in climbs for point in _points(climb, resource)]
    if demand_of(points)[0] is None:
        return None
    rng = np.random.default_rng(seed)
    drawn = [
        demand_of([points[index] for index in rng.integers(len(points), size=len(points))])[0] for _ in range(RESAMPLED)
    ]
    known = [value for value in drawn if value is not None]
    return rng.choice(np.array(known), DRAWS)


def _points(climb: Climbed, resource: str) -> list[tuple[float, float]]:
    return seen_points([(step, use) for step in climb.found.steps for use in step.uses if use.resource == resource])


def _resources(climbs: Sequence[Climbed], priced: PricedResource) -> list[Resource]:
    names = priced.measured_as or (priced.name,)
    return [each for each in climbs[-1].run.manifest.plan.target.resources if each.name in names]


def _strange(climb: Climbed, priced: PricedResource) -> list[str]:
    """Return a line for what `measured_as` names and the target profile does not know: by it nothing is seen."""
    target = climb.run.manifest.plan.target
    known = [each.name for each in target.resources]
    return [
        f'{priced.name}: nothing is seen by "{name}" of its measured_as, which is no resource of the target {target.name}{nearest_hint(name, known)}'
        for name in priced.measured_as
        if name not in known
    ]


def _known(prices: PriceList, measured: Mapping[str, int]) -> None:
    known = [each.name for each in prices.resources]
    problems = [
        f'--measured: resource "{name}" is not in {prices.name}{nearest_hint(name, known)}'
        for name in measured
        if name not in known
    ]
    problems += [
        f"--measured: {name} is {units}; expected 1 to {MAX_UNITS:,}"
        for name, units in measured.items()
        if not 1 <= units <= MAX_UNITS
    ]
    if problems:
        raise ScenarioError(problems)
