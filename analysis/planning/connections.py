"""Database connections: the sum of all pools against what the server allows and what the product has promised to stay under."""

from dataclasses import dataclass

import numpy as np

from analysis.figures import listed
from analysis.growth.demand import Floats
from analysis.planning.inputs import PlanInputs
from analysis.planning.need import needed
from analysis.planning.row import Purchase
from scenarios.price_list import PriceList

PROMISED = 1000  # an objective of the product (docs/capacity.md)


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """Connections that may be open at once: now, and by week and path, shape (weeks, paths); and the limit with where it is from."""

    now: int
    by_week: Floats
    limit: int
    limit_of: str


def opened(inputs: PlanInputs, rates_per_s: Floats) -> Opened | None:
    """Return the pool sums with as many units as rates of the weeks ahead need, never fewer than now; None where no limit is given."""
    connections = inputs.prices.connections
    if connections is None:
        return None
    total = np.full(rates_per_s.shape, float(connections.others))
    for resource in inputs.prices.resources:
        if resource.pool:
            need = needed(resource, inputs.prices, inputs.capacity(resource.name), rates_per_s)
            total += np.maximum(resource.now, need.units) * resource.pool
    own = connections.limit <= PROMISED
    return Opened(
        now=connections.others + sum(resource.pool * resource.now for resource in inputs.prices.resources),
        by_week=total,
        limit=min(connections.limit, PROMISED),
        limit_of="max_connections" if own else "the product's objective",
    )


def remedy(most: float, limit: int, prices: PriceList) -> Purchase:
    """Return what to do where `most` connections will be open at once; its units are the connections that are too many."""
    assert prices.connections is not None
    count = int(np.ceil(most))
    if count <= PROMISED:
        what = f"raise max_connections from {prices.connections.limit:,} to {count:,}, or make the pools smaller"
    else:
        pooled = listed([resource.name for resource in prices.resources if resource.pool]) or "its clients"
        what = f"put a connection pooler between the database and {pooled}: {count:,} connections exceed {PROMISED:,}"
    return Purchase(what, prices.connections.lead_time, count - limit)
