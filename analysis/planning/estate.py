"""The estate as it is now: what each resource and the whole sustain, and which resource is used up first."""

from dataclasses import dataclass

import numpy as np

from analysis.figures import percent
from analysis.growth.capacity_date import paired
from analysis.growth.demand import Floats
from analysis.planning.capacity import WHOLE
from analysis.planning.inputs import PlanInputs
from analysis.planning.need import sustained
from scenarios.price_list import Growing

CLEARLY = 0.9  # lambda* under this share of every resource's capacity: it is none of them that breaks


@dataclass(frozen=True, slots=True)
class First:
    """The resource that is used up first, in which share of the draws, and what is to be thought of it; None where none is known."""

    name: str | None
    share: float
    because: str


@dataclass(frozen=True, slots=True, eq=False)
class Estate:
    """Requests per s that each resource sustains and that the whole does, shape (paths,); None where nothing is known of the whole."""

    by_resource: dict[str, Floats]
    whole: Floats | None
    first: First
    assumptions: tuple[str, ...]


def estate_of(inputs: PlanInputs, paths: int) -> Estate:
    """Return what the estate sustains, draws in the order of the paths."""
    by_resource: dict[str, Floats] = {}
    told: list[str] = []
    for resource in inputs.prices.resources:
        capacity = inputs.capacity(resource.name)
        draws = sustained(resource, inputs.prices, capacity, paths)
        if draws is None:
            told.append(
                f"{resource.name}: what it sustains is not known; it is kept at {resource.now} × {resource.instance}"
            )
            continue
        by_resource[resource.name] = draws
        if capacity is not None and resource.grows_by is Growing.COUNT and resource.now != capacity.units:
            told.append(
                f"{resource.name}: {resource.now} sustain {resource.now} / {capacity.units} of what {capacity.units} did in {capacity.source}"
            )
        if resource.grows_by is Growing.SIZE:
            told.append(f"{resource.name}: a larger size sustains more in proportion to its vCPUs")
    first = _first(inputs, by_resource, paths)
    whole, why = _whole(inputs, by_resource, first, paths)
    return Estate(by_resource, whole, first, (*told, *why))


def _first(inputs: PlanInputs, by_resource: dict[str, Floats], paths: int) -> First:
    if not by_resource:
        return First(None, 0.0, "no resource's capacity is known")
    names = list(by_resource)
    least = np.argmin(np.stack([by_resource[name] for name in names]), axis=0)
    counts = np.bincount(least, minlength=len(names))
    name, share = names[int(counts.argmax())], float(counts.max() / paths)
    whole = inputs.capacity(WHOLE)
    if whole is not None:
        least_measured = min(_measured_median(inputs, by_resource, each) for each in names)
        ratio = float(np.median(whole.draws_per_s)) / least_measured
        if ratio < CLEARLY:
            return First(
                None,
                share,
                f"objectives break at {percent(ratio)} of what {name} sustains: a lock, a pool or a rate limit that is not among the resources",
            )
    return First(name, share, "")


def _measured_median(inputs: PlanInputs, by_resource: dict[str, Floats], name: str) -> float:
    """Return what a resource sustained in the configuration that was measured, as lambda* was: the median of its draws."""
    resource = next(each for each in inputs.prices.resources if each.name == name)
    capacity = inputs.capacity(name)
    median = float(np.median(by_resource[name]))
    if capacity is None or resource.grows_by is Growing.SIZE:
        return median
    return median * capacity.units / resource.now


def _whole(
    inputs: PlanInputs, by_resource: dict[str, Floats], first: First, paths: int
) -> tuple[Floats | None, tuple[str, ...]]:
    """Return lambda* of the estate: as measured, or scaled with the resource that held it back then, until another one does."""
    whole = inputs.capacity(WHOLE)
    if whole is None:
        if not by_resource:
            return None, ("nothing is known of what the whole sustains",)
        return np.min(np.stack(list(by_resource.values())), axis=0), (
            "no breaking point was measured: the whole is taken to sustain what its first resource does",
        )
    draws = paired(whole.draws_per_s, paths)
    leading = (
        None if first.name is None else min(by_resource, key=lambda name: _measured_median(inputs, by_resource, name))
    )
    resource = next((each for each in inputs.prices.resources if each.name == leading), None)
    if resource is None or resource.grows_by is Growing.SIZE or resource.now == whole.units:
        return draws, ()
    others = [values for name, values in by_resource.items() if name != resource.name]
    scaled = draws * (resource.now / whole.units)
    held = np.min(np.stack([scaled, *others]), axis=0)
    return held, (
        f"all objectives: λ* of {whole.source} with {whole.units} × {resource.name}, taken {resource.now} / {whole.units} times until another resource is used up",
    )
