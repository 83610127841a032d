"""A quarter made of one climb on a simulated pool (about 60 per s), growth by hand, and round prices."""

from collections.abc import Sequence
from datetime import date

from analysis.growth.demand import Demand
from analysis.growth.forecast import Outlook
from analysis.quarter.climbed import Climbed, climbed
from analysis.quarter.quarter import Quarter, inputs_of, measured_of, quarter_of
from scenarios.growth_rate import GrowthRate
from scenarios.traffic_history import Unit
from tests.unit.analysis.build_queue import pool_climb
from tests.unit.analysis.planning.build_inputs import STEADY, application, database, price_list


def pool() -> Climbed:
    """Return a climb on four places that are held for 50 ms."""
    return climbed(pool_climb(hold_s=30))


def quarter_with(climb: Climbed, level: float = 20.0, growth: GrowthRate = STEADY) -> Quarter:
    """Return the quarter for a demand of `level` requests per s that grows as given."""
    return quarter_of_climbs([climb], level, growth)


def quarter_of_climbs(climbs: Sequence[Climbed], level: float = 20.0, growth: GrowthRate = STEADY) -> Quarter:
    """Return the quarter of several climbs."""
    prices = price_list(application(measured_as=("connection pool",)), database())
    demand = Demand("peaks.csv", Unit.REQUESTS_PER_S, "UTC", date(2026, 2, 2), (level,) * 10)
    measured = measured_of(climbs, [])
    return quarter_of(measured, inputs_of(measured, Outlook(demand, growth=growth), prices, {"application": 4}))
