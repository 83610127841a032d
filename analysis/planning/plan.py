"""The capacity plan: targets with their dates and purchases, and the bill of now and of each quarter (docs/capacity.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from analysis.growth.forecast import P10, P50, P90, Forecast, forecast
from analysis.planning.bill import Bill, bill_of
from analysis.planning.estate import Estate, estate_of
from analysis.planning.inputs import PlanInputs
from analysis.planning.moment import QUARTERS_WEEKS, Moment, moment, steady
from analysis.planning.need import Need, kept, needed
from analysis.planning.quantiles import Quantiles, quantiles_of
from analysis.planning.row import PlanRow
from analysis.planning.targets import connections_row, rate_row, resource_row, whole_row
from scenarios.price_list import PricedResource
from scenarios.traffic_history import Unit


@dataclass(frozen=True, slots=True)
class NeedRow:
    """How many units of which size a resource needs so many weeks ahead, with all their memory; `enough_ratio`: share of paths that the list can serve."""

    resource: str
    weeks_ahead: int
    units: Quantiles
    memory_bytes: Quantiles
    size_p50: str
    size_p90: str
    enough_ratio: float


@dataclass(frozen=True, slots=True)
class DemandWeek:
    """The forecast of one week's peak hour, requests per s."""

    first: date
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class TargetBill:
    """What a promised rate would need and cost a month, if it were reached now."""

    target: str
    needs: tuple[NeedRow, ...]
    bill: Bill


@dataclass(frozen=True, slots=True)
class CapacityPlan:
    """The plan as a report shows it. `as_of` is the first day after the history, from which weeks ahead are counted."""

    name: str
    as_of: date
    currency: str
    prices: str
    prices_of: date
    method: str
    because: str
    interval_claimed: bool
    demand: tuple[DemandWeek, ...]
    rows: tuple[PlanRow, ...]
    needs: tuple[NeedRow, ...]
    bills: tuple[Bill, ...]
    target_bills: tuple[TargetBill, ...]
    assumptions: tuple[str, ...]


def capacity_plan(inputs: PlanInputs) -> CapacityPlan:
    """Return the plan of some inputs: the same ones give the same plan. Raise ScenarioError where demand cannot be forecast."""
    assert inputs.outlook.demand.unit is Unit.REQUESTS_PER_S, (
        "users are turned into requests before (analysis.growth.demand)"
    )
    found = forecast(inputs.outlook)
    paths = found.paths.shape[1]
    moments = [moment(found, inputs.prices.traffic, weeks) for weeks in QUARTERS_WEEKS]
    estate = estate_of(inputs, paths)
    needs = [_needs(inputs, each) for each in moments]
    return CapacityPlan(
        name=inputs.name,
        as_of=inputs.outlook.demand.end,
        currency=inputs.prices.currency,
        prices=inputs.prices.title,
        prices_of=inputs.prices.prices_of,
        method=found.method.value,
        because=found.because,
        interval_claimed=found.interval_claimed,
        demand=_weeks(found),
        rows=tuple(_rows(inputs, found, moments, estate)),
        needs=tuple(_need_row(need, each) for each, row in zip(moments, needs, strict=True) for need in row),
        bills=tuple(bill_of(inputs.prices, row, each) for each, row in zip(moments, needs, strict=True)),
        target_bills=tuple(_target_bill(inputs, target.name, target.rate_per_s, paths) for target in inputs.targets),
        assumptions=(*found.assumptions, *inputs.assumptions, *estate.assumptions, *_of_prices(inputs)),
    )


def _rows(inputs: PlanInputs, found: Forecast, moments: Sequence[Moment], estate: Estate) -> list[PlanRow]:
    rows = [] if estate.whole is None else [whole_row(inputs, found, moments, estate, estate.whole)]
    rows += [
        resource_row(inputs, found, moments, resource, estate.by_resource[resource.name])
        for resource in inputs.prices.resources
        if resource.name in estate.by_resource
    ]
    connections = connections_row(inputs, found)
    rows += [] if connections is None else [connections]
    return rows + [rate_row(inputs, found, moments, estate, target) for target in inputs.targets]


def _needs(inputs: PlanInputs, at: Moment) -> list[Need]:
    """Return what there is now, or what is needed at a moment ahead."""
    return [_need(inputs, resource, at) for resource in inputs.prices.resources]


def _need(inputs: PlanInputs, resource: PricedResource, at: Moment) -> Need:
    if at.weeks_ahead == 0:
        return kept(resource, inputs.prices, at.busiest_per_s.shape)
    return needed(resource, inputs.prices, inputs.capacity(resource.name), at.busiest_per_s)


def _need_row(need: Need, at: Moment) -> NeedRow:
    size = quantiles_of(need.size.astype(np.float64))
    memory = np.array([each.memory for each in need.sizes])[need.size]
    return NeedRow(
        resource=need.resource.name,
        weeks_ahead=at.weeks_ahead,
        units=quantiles_of(need.units.astype(np.float64)),
        memory_bytes=quantiles_of(need.units * memory),
        size_p50=need.sizes[int(size.p50)].name,
        size_p90=need.sizes[int(size.p90)].name,
        enough_ratio=float(need.enough.mean()),
    )


def _target_bill(inputs: PlanInputs, name: str, rate_per_s: float, paths: int) -> TargetBill:
    at = steady(rate_per_s, inputs.prices.traffic, paths)
    needs = [
        needed(resource, inputs.prices, inputs.capacity(resource.name), at.busiest_per_s)
        for resource in inputs.prices.resources
    ]
    return TargetBill(name, tuple(_need_row(need, at) for need in needs), bill_of(inputs.prices, needs, at))


def _weeks(found: Forecast) -> tuple[DemandWeek, ...]:
    low, middle, high = (found.quantile(probability).tolist() for probability in (P10, P50, P90))
    begin = found.demand.weeks
    return tuple(
        DemandWeek(found.demand.week(begin + index), low[index], middle[index], high[index])
        for index in range(len(middle))
    )


def _of_prices(inputs: PlanInputs) -> tuple[str, ...]:
    prices, traffic = inputs.prices, inputs.prices.traffic
    return (
        f"prices in {prices.currency} as of {prices.prices_of} ({prices.title}); instances run the whole month",
        f"the peak hour is {traffic.peak_to_mean:g} times the mean, a booking takes {traffic.requests_per_booking:g} requests",
    )
