"""All that a plan is made of. A what-if is another one of these; nothing else changes."""

from dataclasses import dataclass

from analysis.growth.forecast import Outlook
from analysis.planning.capacity import Capacity
from scenarios.price_list import PriceList


@dataclass(frozen=True, slots=True)
class RateTarget:
    """A promised rate of the peak hour, such as 1,000 requests per s (users by Little's law, where that was promised)."""

    name: str
    rate_per_s: float


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """`outlook` counts requests per s; `capacities` has WHOLE, and each priced resource of which a capacity is known.

    `assumptions`: what a what-if took for granted, one line each.
    """

    name: str
    outlook: Outlook
    capacities: tuple[Capacity, ...]
    prices: PriceList
    targets: tuple[RateTarget, ...] = ()
    assumptions: tuple[str, ...] = ()

    def capacity(self, resource: str) -> Capacity | None:
        """Return the capacity of a resource, None where it is not known."""
        return next((each for each in self.capacities if each.resource == resource), None)
