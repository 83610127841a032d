import numpy as np

from analysis.growth.demand import in_requests, weekly_peaks
from analysis.growth.forecast import Method, Outlook
from analysis.planning.capacity import WHOLE, Capacity
from analysis.planning.inputs import PlanInputs, RateTarget
from analysis.planning.plan import capacity_plan
from scenarios.library import load_price_list, load_traffic


def test_the_shipped_examples_make_a_plan() -> None:
    prices = load_price_list("example")
    demand = in_requests(
        weekly_peaks(load_traffic("example_40_weeks")), prices.traffic.requests_per_user_s, prices.name
    )
    draws = np.random.default_rng(1).normal(600, 20, 500)
    capacities = (
        Capacity(WHOLE, draws, 4, 1.0, "ratio", "run-1"),
        Capacity("application", draws * 1.05, 4, 0.7, "ratio", "run-1"),
    )
    plan = capacity_plan(
        PlanInputs("examples", Outlook(demand), capacities, prices, (RateTarget("1,000 requests per s", 1000.0),))
    )
    targets = ["all objectives", "application", "cache", "database connections", "1,000 requests per s"]
    assert [row.target for row in plan.rows] == targets
    assert plan.method == Method.MODELS.value
    assert len(plan.demand) == 52
    assert [bill.weeks_ahead for bill in plan.bills] == [0, 13, 26, 52]
    assert all(0 < bill.cost.p10 <= bill.cost.p50 <= bill.cost.p90 for bill in plan.bills)
    assert any("database: what it sustains is not known" in line for line in plan.assumptions)
    assert any("invented" in line for line in plan.assumptions)
