"""What if: the same inputs with one thing changed. Each returns new inputs; the plan is then made of them as of any others."""

from dataclasses import replace

from analysis.planning.capacity import Capacity
from analysis.planning.inputs import PlanInputs
from scenarios.calendar_event import CalendarEvent
from scenarios.errors import ScenarioError, nearest_hint
from scenarios.growth_rate import GrowthRate
from scenarios.price_list import MAX_UNITS, Instance, PricedResource, PriceList


def with_growth(inputs: PlanInputs, growth: GrowthRate) -> PlanInputs:
    """Return the inputs with a growth by hand in the place of what the history says."""
    return replace(inputs, name=f"{inputs.name}, growth {growth.text}", outlook=replace(inputs.outlook, growth=growth))


def with_event(inputs: PlanInputs, event: CalendarEvent) -> PlanInputs:
    """Return the inputs with one event more."""
    events = (*inputs.outlook.events, event)
    name = f"{inputs.name}, {event.name} × {event.factor:g} on {event.day}"
    return replace(inputs, name=name, outlook=replace(inputs.outlook, events=events))


def with_nodes(inputs: PlanInputs, resource: str, now: int) -> PlanInputs:
    """Return the inputs with another number of units of a resource now; raise ScenarioError where it cannot be."""
    known = [each.name for each in inputs.prices.resources]
    if resource not in known:
        raise ScenarioError(
            [f'--nodes: resource "{resource}" is not in {inputs.prices.name}{nearest_hint(resource, known)}']
        )
    minimum = next(each.minimum for each in inputs.prices.resources if each.name == resource)
    if not minimum <= now <= MAX_UNITS:
        raise ScenarioError([f"--nodes: {resource} is {now}; expected {minimum} (its minimum) to {MAX_UNITS:,}"])
    resources = tuple(_with_now(each, now) if each.name == resource else each for each in inputs.prices.resources)
    prices = inputs.prices.model_copy(update={"resources": resources})
    return replace(inputs, name=f"{inputs.name}, {now} × {resource}", prices=prices)


def with_prices(inputs: PlanInputs, prices: PriceList) -> PlanInputs:
    """Return the inputs with another price list; raise ScenarioError where it lacks a resource whose capacity is known."""
    names = {each.name for each in prices.resources}
    lost = [
        each.name
        for each in inputs.prices.resources
        if inputs.capacity(each.name) is not None and each.name not in names
    ]
    if lost:
        raise ScenarioError(
            [f"{prices.name}: has no resource {', '.join(lost)}, whose capacity was measured; expected the same names"]
        )
    moved = [_moved(each, inputs.prices, prices) for each in inputs.capacities]
    return replace(
        inputs,
        name=f"{inputs.name}, prices of {prices.name}",
        prices=prices,
        capacities=tuple(capacity for capacity, _ in moved),
        assumptions=(*inputs.assumptions, *(told for _, told in moved if told)),
    )


def _moved(capacity: Capacity, old: PriceList, new: PriceList) -> tuple[Capacity, str]:
    """Return a capacity on the instance type of another list: in proportion to the vCPUs, and what that takes for granted."""
    before, after = _instance(capacity.resource, old), _instance(capacity.resource, new)
    if before is None or after is None or before == after:
        return capacity, ""
    ratio = after.vcpus / before.vcpus
    told = f"{capacity.resource}: {after.name} of {new.name} is taken to sustain {ratio:g} times what {before.name} did, as its vCPUs"
    return replace(capacity, draws_per_s=capacity.draws_per_s * ratio), told


def _instance(resource: str, prices: PriceList) -> Instance | None:
    return next((prices.instance(each.instance) for each in prices.resources if each.name == resource), None)


def _with_now(resource: PricedResource, now: int) -> PricedResource:
    return resource.model_copy(update={"now": now, "most": max(now, resource.most)})
