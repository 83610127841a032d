"""The rows of the plan: the whole, each resource, the database's connections, and each promised rate."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.figures import percent
from analysis.growth.capacity_date import capacity_date
from analysis.growth.demand import BUSY_WEEKS, Floats
from analysis.growth.forecast import P90, Forecast
from analysis.planning.capacity import WHOLE
from analysis.planning.connections import opened, remedy
from analysis.planning.estate import Estate
from analysis.planning.inputs import PlanInputs, RateTarget
from analysis.planning.moment import QUARTERS_WEEKS, Moment
from analysis.planning.purchase import purchases_at, purchases_for
from analysis.planning.quantiles import quantiles_of
from analysis.planning.row import PlanRow, Purchase, Use, for_nine_of_ten, peak_until, uses_of
from scenarios.price_list import PricedResource

OF_MEMORY = "memory_base and memory_per_request_per_s of the price list"
FIND_OUT = Purchase("find what holds it back: more of a resource would not help", None)


def whole_row(
    inputs: PlanInputs, found: Forecast, moments: Sequence[Moment], estate: Estate, whole_per_s: Floats
) -> PlanRow:
    """Return the row of all objectives; what is bought is what any resource then needs."""
    date = capacity_date(found, whole_per_s)
    now, uses = uses_of(moments, whole_per_s, 1.0)
    purchases = purchases_for(inputs, inputs.prices.resources, found.paths, date)
    if date.p10 is not None and estate.first.name is None:
        purchases = (FIND_OUT, *purchases)
    return PlanRow(
        as_of=inputs.outlook.demand.end,
        date=date,
        purchases=purchases,
        notes=(estate.first.because,),
        target=WHOLE,
        unit="ratio",
        now=now,
        limit=1.0,
        uses=uses,
        capacity_per_s=quantiles_of(whole_per_s),
        first=estate.first.name,
        source=_source(inputs),
    )


def resource_row(
    inputs: PlanInputs, found: Forecast, moments: Sequence[Moment], resource: PricedResource, sustains_per_s: Floats
) -> PlanRow:
    """Return the row of one resource against its own limit."""
    capacity = inputs.capacity(resource.name)
    limit, unit, source = (resource.memory_use, "ratio", OF_MEMORY)
    if capacity is not None:
        limit, unit, source = capacity.limit, capacity.unit, capacity.source
    date = capacity_date(found, sustains_per_s)
    now, uses = uses_of(moments, sustains_per_s, limit)
    return PlanRow(
        as_of=inputs.outlook.demand.end,
        date=date,
        purchases=purchases_for(inputs, [resource], found.paths, date),
        notes=(),
        target=resource.name,
        unit=unit,
        now=now,
        limit=limit,
        uses=uses,
        capacity_per_s=quantiles_of(sustains_per_s),
        first=resource.name,
        source=source,
    )


def rate_row(
    inputs: PlanInputs, found: Forecast, moments: Sequence[Moment], estate: Estate, target: RateTarget
) -> PlanRow:
    """Return the row of a promised rate: how much of it demand uses, when it exceeds it, and what has to be bought to keep it."""
    promised = np.full(found.paths.shape[1], target.rate_per_s)
    now, uses = uses_of(moments, promised, target.rate_per_s)
    purchases = purchases_at(inputs, inputs.prices.resources, promised)
    holds = "what the estate of now sustains is not known"
    if estate.whole is not None:
        share = float((estate.whole >= promised).mean())
        holds = f"the estate of now sustains it in {percent(share)} of the draws"
        purchases = purchases if share >= P90 or estate.first.name is not None else (FIND_OUT, *purchases)
    return PlanRow(
        as_of=inputs.outlook.demand.end,
        date=capacity_date(found, promised),
        purchases=purchases,
        notes=(holds,),
        target=target.name,
        unit="requests per s",
        now=now,
        limit=target.rate_per_s,
        uses=uses,
        capacity_per_s=None if estate.whole is None else quantiles_of(estate.whole),
        first=estate.first.name,
        source=_source(inputs),
    )


def connections_row(inputs: PlanInputs, found: Forecast) -> PlanRow | None:
    """Return the row of database connections with as many units as each week needs; None where the price list has no limit."""
    sums = opened(inputs, found.paths)
    if sums is None or inputs.prices.connections is None:
        return None
    date = capacity_date(replace(found, paths=sums.by_week), np.array([float(sums.limit)]))
    purchases: tuple[Purchase, ...] = ()
    if date.p10 is not None:
        most = for_nine_of_ten(peak_until(sums.by_week, date, BUSY_WEEKS))
        purchases = (remedy(most, sums.limit, inputs.prices),)
    return PlanRow(
        as_of=inputs.outlook.demand.end,
        date=date,
        purchases=purchases,
        notes=(f"the limit is {sums.limit_of}",),
        target="database connections",
        unit="count",
        now=quantiles_of(np.array([float(sums.now)])),
        limit=float(sums.limit),
        uses=tuple(_use(weeks, sums.by_week) for weeks in QUARTERS_WEEKS[1:]),
        capacity_per_s=None,
        first="database connections",
        source="the pools of the price list",
    )


def _use(weeks: int, counts: Floats) -> Use:
    most = quantiles_of(counts[max(0, weeks - BUSY_WEEKS) : weeks].max(axis=0))
    return Use(weeks, most.p50, most.p90)


def _source(inputs: PlanInputs) -> str:
    capacity = inputs.capacity(WHOLE)
    return "" if capacity is None else capacity.source
