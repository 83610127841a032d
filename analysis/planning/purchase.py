"""What to buy where a resource will be used up: enough for nine of ten paths, a quarter past the day of which one in ten says so."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.figures import percent
from analysis.growth.capacity_date import CapacityDate
from analysis.growth.demand import BUSY_WEEKS, Floats
from analysis.growth.forecast import P90
from analysis.planning.bill import instances_cost
from analysis.planning.capacity import MAX_BEYOND
from analysis.planning.inputs import PlanInputs
from analysis.planning.need import Need, kept, needed
from analysis.planning.row import Purchase, for_nine_of_ten, peak_until
from scenarios.price_list import Growing, PricedResource


def purchases_for(
    inputs: PlanInputs, resources: Sequence[PricedResource], paths_per_s: Floats, found: CapacityDate
) -> tuple[Purchase, ...]:
    """Return what to buy of some resources before a date; nothing where its P10 is beyond the horizon."""
    if found.p10 is None:
        return ()
    return purchases_at(inputs, resources, peak_until(paths_per_s, found, BUSY_WEEKS))


def purchases_at(inputs: PlanInputs, resources: Sequence[PricedResource], rate_per_s: Floats) -> tuple[Purchase, ...]:
    """Return what to buy of some resources so that they carry a rate, draws of shape (paths,), in nine of ten."""
    bought = (_purchase(inputs, resource, rate_per_s) for resource in resources)
    return tuple(each for each in bought if each is not None)


def _purchase(inputs: PlanInputs, resource: PricedResource, rate_per_s: Floats) -> Purchase | None:
    need = needed(resource, inputs.prices, inputs.capacity(resource.name), rate_per_s)
    served = float(need.enough.mean())
    if served < P90:
        return Purchase(
            _not_enough(need), resource.lead_time, because=f"what is on the list serves {percent(served)} of the paths"
        )
    match resource.grows_by:
        case Growing.COUNT:
            return _units(inputs, resource, int(for_nine_of_ten(need.units.astype(np.float64))))
        case Growing.SIZE:
            return _size(inputs, resource, int(for_nine_of_ten(need.size.astype(np.float64))))


def _units(inputs: PlanInputs, resource: PricedResource, units: int) -> Purchase | None:
    more = units - resource.now
    if more <= 0:
        return None
    added = _cost_of(inputs, resource, units, None) - _cost_of(inputs, resource, resource.now, None)
    capacity = inputs.capacity(resource.name)
    beyond = capacity is not None and units > MAX_BEYOND * capacity.units
    why = (
        f"no run had more than {capacity.units} × {resource.name}: measure before relying on {units}"
        if beyond and capacity
        else ""
    )
    return Purchase(f"add {more} × {resource.instance} to {resource.name}", resource.lead_time, more, added, why)


def _size(inputs: PlanInputs, resource: PricedResource, size: int) -> Purchase | None:
    name = resource.sizes[size]
    if name == resource.instance:
        return None
    added = _cost_of(inputs, resource, resource.now, size) - _cost_of(inputs, resource, resource.now, None)
    return Purchase(f"move {resource.name} from {resource.instance} to {name}", resource.lead_time, resource.now, added)


def _cost_of(inputs: PlanInputs, resource: PricedResource, units: int, size: int | None) -> float:
    """Return what a number of units costs a month, of the size in use or of another."""
    now = kept(resource, inputs.prices, (1,))
    return float(
        instances_cost(replace(now, units=np.array([units]), size=now.size if size is None else np.array([size])))[0]
    )


def _not_enough(need: Need) -> str:
    if need.resource.grows_by is Growing.SIZE:
        return f"{need.resource.name}: {need.sizes[-1].name}, the largest on the list, does not suffice; divide its work or list a larger one"
    return f"{need.resource.name}: {need.resource.most}, the most allowed, do not suffice; allow more, or make a request cheaper"
