import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from analysis.planning.capacity import WHOLE, Capacity
from analysis.planning.inputs import RateTarget
from analysis.planning.plan import CapacityPlan, capacity_plan
from analysis.planning.row import PlanRow
from analysis.planning.side_by_side import side_by_side
from analysis.planning.what_if import with_event, with_growth, with_nodes, with_prices
from scenarios.calendar_event import CalendarEvent
from scenarios.errors import ScenarioError
from scenarios.growth_rate import parse_growth
from scenarios.price_list import Connections
from tests.unit.analysis.planning.build_inputs import ONE_PERCENT, application, capacity, database, inputs, price_list

AS_OF = date(2026, 4, 13)


def row(plan: CapacityPlan, target: str) -> PlanRow:
    return next(each for each in plan.rows if each.target == target)


def week_over(rate_per_s: float) -> int:
    """Return the first week ahead with more than a rate: 200 x 1.01^(2.5 + week), by logarithms."""
    return math.ceil(math.log(rate_per_s / 200) / math.log(1.01) - 2.5)


def test_demand_that_stays_needs_nothing_and_has_no_date() -> None:
    plan = capacity_plan(inputs())
    for each in plan.rows:
        assert (each.date.p10, each.action, each.decide_by, each.lead_days) == (None, "nothing to buy", None, None)
    assert row(plan, "application").because == "not within 52 weeks in any of the paths"


def test_use_is_demand_over_capacity_times_the_limit() -> None:
    """By hand: 200 of 400 per s at a limit of 70 % are 35 %; in 13 weeks 200 x 1.01^14.5 are the busiest."""
    found = row(capacity_plan(inputs(growth=ONE_PERCENT)), "application")
    assert found.now.p50 == pytest.approx(0.35)
    assert found.uses[0].p90 == pytest.approx(0.35 * 1.01**14.5)
    assert [use.weeks_ahead for use in found.uses] == [13, 26, 52]
    assert found.capacity_per_s is not None
    assert found.capacity_per_s.p50 == 400


def test_the_date_is_that_of_the_model_and_the_decision_a_lead_time_earlier() -> None:
    plan = capacity_plan(inputs(growth=parse_growth("2 % per week")))
    found = row(plan, "application")
    week = math.ceil(math.log(2) / math.log(1.02) - 2.5)
    assert found.date.p10 == found.date.p50 == AS_OF + timedelta(weeks=week)
    assert found.decide_by == AS_OF + timedelta(weeks=week - 2)
    assert not found.overdue


def test_what_is_bought_lasts_a_quarter_past_the_date() -> None:
    """By hand: the database (500 per s) is exceeded at 2 % a week; 13 weeks later the rate with its headroom decides the size."""
    found = row(capacity_plan(inputs(growth=parse_growth("2 % per week"))), "database")
    week = math.ceil(math.log(2.5) / math.log(1.02) - 2.5)
    later = 200 * 1.02 ** (2.5 + min(51, week + 13)) * 1.25
    assert 500 < later < 1000
    assert found.action == "move database from small to large"
    assert found.cost_per_month == pytest.approx(100)
    assert found.lead_days == 42


def test_the_whole_names_what_is_used_up_first_and_buys_all_that_is_short() -> None:
    found = row(capacity_plan(inputs(growth=parse_growth("2 % per week"))), WHOLE)
    assert found.first == "application"
    assert found.action == "add 4 × small to application; move database from small to large"
    week = math.ceil(math.log(380 / 200) / math.log(1.02) - 2.5)
    needed = math.ceil(200 * 1.02 ** (2.5 + week + 13) * 1.25 / 100) + 1
    assert needed == 8
    assert found.purchases[0].units == 4
    assert found.cost_per_month == pytest.approx(4 * 100 + 100)
    assert "no run had more than 4 × application: measure before relying on 8" in found.because


def test_a_decision_that_should_have_been_made_is_overdue() -> None:
    found = row(capacity_plan(inputs(growth=ONE_PERCENT, level=395.0)), "application")
    assert found.date.p10 == AS_OF
    assert found.decide_by == AS_OF - timedelta(days=14)
    assert found.overdue


def test_objectives_that_break_long_before_any_resource_are_not_cured_by_buying() -> None:
    lock = inputs(capacities=(capacity(WHOLE, 210.0), capacity("application", 400.0)), growth=ONE_PERCENT)
    found = row(capacity_plan(lock), WHOLE)
    assert found.first is None
    assert found.purchases[0].action == "find what holds it back: more of a resource would not help"
    assert "objectives break at 52.5 % of what application sustains: a lock, a pool or a rate limit" in found.because
    near = inputs(capacities=(capacity(WHOLE, 380.0), capacity("application", 400.0)), growth=ONE_PERCENT)
    assert row(capacity_plan(near), WHOLE).first == "application"


def test_without_a_breaking_point_the_first_resource_stands_for_the_whole_and_it_is_told() -> None:
    plan = capacity_plan(inputs(capacities=(capacity("application", 400.0),)))
    found = row(plan, WHOLE)
    assert found.capacity_per_s is not None
    assert found.capacity_per_s.p50 == 400
    assert any("no breaking point was measured" in line for line in plan.assumptions)
    assert any("database: what it sustains is not known; it is kept at 1 × small" in line for line in plan.assumptions)


def test_a_promised_rate_says_what_it_takes_and_what_that_costs() -> None:
    """By hand: 1,000 per s need ceil(1250 / 100) + 1 = 14 applications, and a huge database (2,000 per s)."""
    plan = capacity_plan(inputs(targets=(RateTarget("1,000 requests per s", 1000.0),)))
    found = row(plan, "1,000 requests per s")
    assert found.action == "add 10 × small to application; move database from small to huge"
    assert (found.now.p50, found.limit) == (200, 1000)
    assert "the estate of now sustains it in 0 % of the draws" in found.because
    (promised,) = plan.target_bills
    assert [need.units.p90 for need in promised.needs] == [14, 1]
    assert promised.needs[0].memory_bytes.p50 == 14 * 8e9
    parts = {part.name: part.cost.p50 for part in promised.bill.parts}
    assert (parts["application"], parts["database"]) == (2 * 60 + 12 * 100, 400)


def test_a_rate_that_no_list_serves_says_so() -> None:
    plan = capacity_plan(inputs(targets=(RateTarget("a great rate", 10_000.0),)))
    found = row(plan, "a great rate")
    assert "huge, the largest on the list, does not suffice" in found.action
    assert "what is on the list serves 0 % of the paths" in found.because
    assert found.cost_per_month is None


def test_connections_are_the_sum_of_the_pools_of_as_many_units_as_are_needed() -> None:
    """By hand: 4 x 40 + 20 now; a fifth unit makes 220, over max_connections of 200, when 1.25 x rate exceeds 400."""
    plan = capacity_plan(inputs(growth=ONE_PERCENT))
    found = row(plan, "database connections")
    assert (found.now.p50, found.limit, found.unit) == (180, 200, "count")
    assert found.date.p10 == AS_OF + timedelta(weeks=week_over(240.0))
    assert found.action.startswith("raise max_connections from 200 to ")
    assert found.decide_by == AS_OF + timedelta(weeks=week_over(240.0) - 3)


def test_beyond_what_the_product_promised_a_pooler_is_the_answer() -> None:
    prices = price_list(application(pool=300), database()).model_copy(
        update={"connections": Connections.model_validate({"limit": 5000, "others": 0, "lead_time": "3 weeks"})}
    )
    found = row(capacity_plan(inputs(prices)), "database connections")
    assert (found.now.p50, found.limit) == (1200, 1000)
    assert found.action.startswith(
        "put a connection pooler between the database and application: 1,200 connections exceed 1,000"
    )
    assert "the limit is the product's objective" in found.because


def test_a_capacity_measured_with_fewer_units_is_scaled_and_told() -> None:
    plan = capacity_plan(inputs(capacities=(capacity(WHOLE, 95.0, units=1), capacity("application", 100.0, units=1))))
    assert row(plan, "application").now.p50 == pytest.approx(0.35)
    whole = row(plan, WHOLE)
    assert whole.capacity_per_s is not None
    assert whole.capacity_per_s.p50 == pytest.approx(380)
    assert any("application: 4 sustain 4 / 1 of what 1 did in run-1" in line for line in plan.assumptions)


def test_the_bill_of_now_is_of_what_there_is_and_later_of_what_is_needed() -> None:
    plan = capacity_plan(inputs(growth=ONE_PERCENT))
    assert [bill.weeks_ahead for bill in plan.bills] == [0, 13, 26, 52]
    parts = [{part.name: part.cost.p50 for part in bill.parts} for bill in plan.bills]
    assert parts[0]["application"] == 320
    later = math.ceil(200 * 1.01**53.5 * 1.25 / 100) + 1
    assert parts[3]["application"] == 120 + (later - 2) * 100
    assert [need.units.p50 for need in plan.needs if need.resource == "application"][0::3] == [4, later]


def test_the_same_inputs_give_the_same_plan() -> None:
    assert capacity_plan(inputs(growth=ONE_PERCENT)) == capacity_plan(inputs(growth=ONE_PERCENT))


def test_what_if_growth_moves_the_date_and_leaves_the_inputs_as_they_were() -> None:
    before = inputs(growth=ONE_PERCENT)
    faster = with_growth(before, parse_growth("2 % per week"))
    assert before.outlook.growth == ONE_PERCENT
    first, second = row(capacity_plan(before), WHOLE), row(capacity_plan(faster), WHOLE)
    assert first.date.p10 is None or second.date.p10 is None or second.date.p10 < first.date.p10
    assert second.date.p10 is not None
    assert faster.name == "plan, growth 2 % per week"


def test_what_if_an_event_brings_the_date_to_its_week() -> None:
    sale = with_event(inputs(), CalendarEvent("sale", 2.5, AS_OF + timedelta(days=30)))
    assert row(capacity_plan(sale), WHOLE).date.p10 == AS_OF + timedelta(weeks=4)


def test_what_if_nodes_scale_their_capacity_their_pools_and_the_bill() -> None:
    plan = capacity_plan(with_nodes(inputs(), "application", 8))
    assert row(plan, "application").now.p50 == pytest.approx(0.175)
    assert row(plan, "database connections").now.p50 == 340
    whole = row(plan, WHOLE)
    assert whole.capacity_per_s is not None
    assert whole.capacity_per_s.p50 == 500  # the database holds it back from there
    assert {part.name: part.cost.p50 for part in plan.bills[0].parts}["application"] == 120 + 6 * 100


@pytest.mark.parametrize(
    ("resource", "now", "expected"),
    [
        ("aplication", 5, 'did you mean "application"'),
        ("application", 0, r"application is 0; expected 1 \(its minimum\) to 10,000"),
    ],
)
def test_nodes_that_cannot_be_get_their_line(resource: str, now: int, expected: str) -> None:
    with pytest.raises(ScenarioError, match=expected):
        with_nodes(inputs(), resource, now)


def test_what_if_prices_take_the_capacity_along_in_proportion_to_vcpus() -> None:
    other = price_list(application(instance="large"), database()).model_copy(
        update={"name": "other", "currency": "USD"}
    )
    moved = with_prices(inputs(), other)
    plan = capacity_plan(moved)
    assert row(plan, "application").now.p50 == pytest.approx(0.175)
    assert any("large of other is taken to sustain 2 times what small did" in line for line in plan.assumptions)
    assert plan.currency == "USD"


def test_prices_that_lack_a_measured_resource_are_refused() -> None:
    with pytest.raises(ScenarioError, match="trial: has no resource database, whose capacity was measured"):
        with_prices(inputs(), price_list(application()))


def test_two_plans_beside_each_other_show_what_differs() -> None:
    first, second = inputs(growth=parse_growth("2 % per week")), inputs(growth=parse_growth("4 % per week"))
    rows = {beside.what: beside for beside in side_by_side(capacity_plan(first), capacity_plan(second))}
    moved = rows["all objectives: date P10"]
    assert isinstance(moved.first, date)
    assert isinstance(moved.second, date)
    assert moved.change == (moved.second - moved.first).days < 0
    costs = rows["in 52 weeks: cost per month P50"]
    assert costs.unit == "EUR"
    assert costs.change is not None
    assert costs.change > 0
    assert rows["now: cost per month P50"].change == 0


def test_costs_in_two_currencies_are_shown_and_not_compared() -> None:
    plan = capacity_plan(inputs())
    rows = side_by_side(plan, replace(plan, currency="USD"))
    (costs,) = [beside for beside in rows if beside.what == "now: cost per month P50"]
    assert (costs.unit, costs.change) == ("EUR, USD", None)


def test_an_unsure_capacity_gives_use_an_interval() -> None:
    spread = Capacity("application", np.linspace(300, 500, 201), 4, 0.7, "ratio", "run-1")
    now = row(capacity_plan(inputs(capacities=(spread,))), "application").now
    assert now.p10 == pytest.approx(200 / 480 * 0.7, rel=0.01)
    assert now.p90 == pytest.approx(200 / 320 * 0.7, rel=0.01)
