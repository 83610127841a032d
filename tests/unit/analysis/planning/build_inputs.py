"""An estate made by hand for tests: demand without noise, capacities without spread, round prices."""

from datetime import date

import numpy as np

from analysis.growth.demand import Demand
from analysis.growth.forecast import Outlook
from analysis.planning.capacity import WHOLE, Capacity
from analysis.planning.inputs import PlanInputs, RateTarget
from scenarios.growth_rate import GrowthRate, parse_growth
from scenarios.price_list import (
    Connections,
    Conversion,
    Egress,
    FixedCost,
    Growing,
    Instance,
    PricedResource,
    PriceList,
    Storage,
)
from scenarios.traffic_history import Unit

STEADY = GrowthRate("none", 0.0)
ONE_PERCENT = parse_growth("1 % per week")


def price_list(*resources: PricedResource) -> PriceList:
    """Return prices of 100 and 60 (reserved) a month for a small instance, the double for a large one, the double again for huge."""
    return PriceList(
        format_version=1,
        name="trial",
        title="Trial prices",
        currency="EUR",
        prices_of=date(2026, 1, 1),
        traffic=Conversion.model_validate(
            {"peak_to_mean": 4.0, "requests_per_booking": 40.0, "bytes_per_request": "5 kB"}
        ),
        instances=tuple(
            Instance.model_validate(
                {
                    "name": name,
                    "vcpus": 4 * size,
                    "memory": f"{8 * size} GB",
                    "price": f"{100 * size} per month",
                    "reserved_price": f"{60 * size} per month",
                }
            )
            for name, size in (("small", 1), ("large", 2), ("huge", 4))
        ),
        resources=resources or (application(), database()),
        connections=Connections.model_validate({"limit": 200, "others": 20, "lead_time": "3 weeks"}),
        storage=Storage.model_validate({"now": "100 GB", "per_booking": "10 kB", "price": "0.1 per GB month"}),
        egress=Egress.model_validate({"price": "0.05 per GB", "free": "100 GB"}),
        fixed=(FixedCost.model_validate({"name": "monitoring", "price": "50 per month"}),),
    )


def application(**changes: object) -> PricedResource:
    """Return an application of four small instances, one of them spare, two reserved, 40 connections each."""
    values = {
        "name": "application",
        "instance": "small",
        "now": 4,
        "reserved": 2,
        "headroom": 0.25,
        "lead_time": "2 weeks",
        "pool": 40,
    }
    return PricedResource.model_validate({**values, **changes})


def database(**changes: object) -> PricedResource:
    """Return a database that grows from small to huge."""
    values = {
        "name": "database", "grows_by": Growing.SIZE, "instance": "small", "sizes": ("small", "large", "huge"), "now": 1, "spare": 0,
        "headroom": 0.25, "lead_time": "6 weeks",
    }  # fmt: skip
    return PricedResource.model_validate({**values, **changes})


def capacity(resource: str, per_s: float, units: int = 4, limit: float = 0.7) -> Capacity:
    """Return a capacity that is known exactly."""
    return Capacity(resource, np.full(10, per_s), units, limit, "ratio", "run-1")


def inputs(
    prices: PriceList | None = None,
    growth: GrowthRate = STEADY,
    capacities: tuple[Capacity, ...] = (
        capacity(WHOLE, 380.0),
        capacity("application", 400.0),
        capacity("database", 500.0, units=1),
    ),
    level: float = 200.0,
    targets: tuple[RateTarget, ...] = (),
) -> PlanInputs:
    """Return the estate with a demand of 200 requests per s at the peak for ten weeks, which goes on with a given growth."""
    demand = Demand("peaks.csv", Unit.REQUESTS_PER_S, "UTC", date(2026, 2, 2), (level,) * 10)
    return PlanInputs("plan", Outlook(demand, growth=growth), capacities, prices or price_list(), targets)
