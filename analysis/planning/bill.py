"""The bill of a month: instances with what is committed to, storage, egress, what is fixed; and what 1,000 bookings cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.growth.demand import Floats
from analysis.planning.moment import Moment
from analysis.planning.need import Need
from analysis.planning.quantiles import Quantiles, quantiles_of
from scenarios.price_list import PriceList

BYTES_PER_GB = 1e9


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the bill, per month in the currency of the price list."""

    name: str
    cost: Quantiles


@dataclass(frozen=True, slots=True)
class Bill:
    """A month at one moment of the plan. `bookings` per month; costs in `currency`."""

    weeks_ahead: int
    currency: str
    cost: Quantiles
    parts: tuple[Part, ...]
    bookings: Quantiles
    cost_per_1000_bookings: Quantiles


def bill_of(prices: PriceList, needs: Sequence[Need], moment: Moment) -> Bill:
    """Return the bill for what is needed; instances run the whole month."""
    lines: list[tuple[str, Floats]] = [(need.resource.name, instances_cost(need)) for need in needs]
    paths = moment.busiest_per_s.size
    if prices.storage is not None:
        kept = prices.storage.now + prices.storage.per_booking * moment.bookings_until
        lines.append(("storage", kept / BYTES_PER_GB * prices.storage.price))
    if prices.egress is not None:
        sent = moment.requests_per_month * prices.traffic.bytes_per_request
        lines.append(("egress", np.maximum(0.0, sent - prices.egress.free) / BYTES_PER_GB * prices.egress.price))
    lines += [(each.name, np.full(paths, each.price)) for each in prices.fixed]
    total = np.sum([cost for _, cost in lines], axis=0)
    return Bill(
        weeks_ahead=moment.weeks_ahead,
        currency=prices.currency,
        cost=quantiles_of(total),
        parts=tuple(Part(name, quantiles_of(cost)) for name, cost in lines),
        bookings=quantiles_of(moment.bookings_per_month),
        cost_per_1000_bookings=quantiles_of(total / moment.bookings_per_month * 1000),
    )


def instances_cost(need: Need) -> Floats:
    """Return what the units of a need cost a month: those committed to whether used or not, the others at the full price."""
    price = np.array([size.price for size in need.sizes])[need.size]
    committed = np.array([size.price if size.reserved_price is None else size.reserved_price for size in need.sizes])[
        need.size
    ]
    reserved = need.resource.reserved
    cost: Floats = reserved * committed + np.maximum(0, need.units - reserved) * price
    return cost
