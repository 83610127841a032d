import numpy as np
import pytest

from analysis.growth.forecast import forecast
from analysis.planning.bill import bill_of, instances_cost
from analysis.planning.moment import Moment, moment, steady
from analysis.planning.need import kept, needed
from scenarios.price import HOURS_PER_MONTH
from tests.unit.analysis.planning.build_inputs import ONE_PERCENT, application, capacity, database, inputs, price_list


@pytest.mark.parametrize(("now", "cost"), [(1, 120.0), (2, 120.0), (4, 320.0)])
def test_what_is_committed_to_is_paid_used_or_not_and_the_rest_at_the_full_price(now: int, cost: float) -> None:
    """By hand: two reserved at 60, and each beyond at 100."""
    resource = application(now=now)
    assert instances_cost(kept(resource, price_list(resource), (1,))).tolist() == [cost]


def test_a_larger_size_costs_its_own_price() -> None:
    resource = database(reserved=1)
    need = needed(resource, price_list(resource), capacity("database", 500.0, units=1), np.array([300.0, 500.0, 900.0]))
    assert instances_cost(need).tolist() == [60.0, 120.0, 240.0]


def test_a_month_has_its_parts_and_their_sum() -> None:
    """By hand: 1e8 requests of 5 kB are 500 GB, 100 of them free; 100 GB and 1e6 bookings of 10 kB are 110 GB."""
    one = np.ones(3)
    at = Moment(13, 200 * one, 1e8 * one, 2.5e6 * one, 1e6 * one)
    prices = price_list()
    bill = bill_of(prices, [kept(resource, prices, (3,)) for resource in prices.resources], at)
    parts = {part.name: part.cost.p50 for part in bill.parts}
    assert parts == pytest.approx({"application": 320, "database": 100, "storage": 11, "egress": 20, "monitoring": 50})
    assert bill.cost.p50 == pytest.approx(501)
    assert bill.cost_per_1000_bookings.p50 == pytest.approx(501 / 2500)
    assert bill.currency == "EUR"


def test_less_than_what_is_free_costs_nothing_to_send() -> None:
    at = steady(10.0, price_list().traffic, 1)  # 33 GB a month
    bill = bill_of(price_list(), [], at)
    assert {part.name: part.cost.p90 for part in bill.parts}["egress"] == 0


def test_a_month_comes_from_the_mean_and_the_load_from_the_busiest_week() -> None:
    """By hand: growth of 1 % a week from 2.5 weeks back; week 12 ahead is the busiest of its quarter."""
    found = forecast(inputs(growth=ONE_PERCENT).outlook)
    at = moment(found, price_list().traffic, 13)
    assert at.busiest_per_s[0] == pytest.approx(200 * 1.01 ** (2.5 + 12))
    mean = sum(200 * 1.01 ** (2.5 + week) for week in (9, 10, 11, 12)) / 4
    assert at.requests_per_month[0] == pytest.approx(mean / 4 * HOURS_PER_MONTH * 3600)
    assert at.bookings_per_month[0] == pytest.approx(at.requests_per_month[0] / 40)
    until = sum(200 * 1.01 ** (2.5 + week) for week in range(13)) / 4 * 7 * 86400 / 40
    assert at.bookings_until[0] == pytest.approx(until)


def test_now_is_what_was_measured() -> None:
    at = moment(forecast(inputs().outlook), price_list().traffic, 0)
    assert (at.busiest_per_s == 200).all()
    assert (at.bookings_until == 0).all()
