"""The seam to the capacity model: what one configuration sustains, as draws, for each resource that can be used up."""

from dataclasses import dataclass

import numpy as np

from analysis.growth.capacity_date import paired
from analysis.growth.demand import Floats

WHOLE = "all objectives"  # the resource of lambda*: whatever it is that breaks them
MAX_BEYOND = 1.5  # no model is trusted past 1.5 times the largest size that was measured (docs/exhaustion.md)


@dataclass(frozen=True, slots=True, eq=False)
class Capacity:
    """Requests per s until `resource` is at its `limit`, in draws of any number, for `units` of it.

    `resource` is the name of a priced resource, or WHOLE for lambda*. `limit` is in `unit`: a ratio of use, or a count. `source`
    names the runs that it comes from.
    """

    resource: str
    draws_per_s: Floats
    units: int
    limit: float
    unit: str
    source: str

    def __post_init__(self) -> None:
        """Assert what the model promises: finite rates over 0 of at least one unit."""
        assert self.draws_per_s.ndim == 1
        assert self.draws_per_s.size >= 1
        assert self.units >= 1
        assert self.limit > 0
        assert np.isfinite(self.draws_per_s).all()
        assert (self.draws_per_s > 0).all()

    def per_unit(self, paths: int) -> Floats:
        """Return what one unit sustains, a draw for each path, shape (paths,)."""
        return paired(self.draws_per_s, paths) / self.units


def of_demand(demand_s: Floats, servers: int, use_limit: float) -> Floats:
    """Return the requests per s that keep a unit of `servers` (cores, places) under its limit of use: c U / D.

    `demand_s`: draws of the service demand D of a request, s. Source: utilisation law, P. J. Denning, J. P. Buzen, ACM Computing
    Surveys 10 (1978) 225.
    """
    return servers * use_limit / demand_s
