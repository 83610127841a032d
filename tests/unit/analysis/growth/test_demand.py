import math
from datetime import date, timedelta

import numpy as np
import pytest

from analysis.growth.demand import Demand, demand_of_rates, in_requests, weekly_peaks
from scenarios.errors import ScenarioError
from scenarios.traffic_history import Period, TrafficHistory, Unit

MONDAY = date(2026, 2, 2)


def history(period: Period, rows: dict[date, float], unit: Unit = Unit.REQUESTS_PER_S) -> TrafficHistory:
    return TrafficHistory(
        file="peaks.csv", period=period, unit=unit, timezone="UTC", days=tuple(rows), values=tuple(rows.values())
    )


def week(index: int) -> date:
    return MONDAY + timedelta(weeks=index)


def day(index: int) -> date:
    return MONDAY + timedelta(days=index)


def test_a_week_of_days_counts_with_its_busiest() -> None:
    rows = {day(index): float(index % 7 + 1 + index // 7) for index in range(14)}
    demand = weekly_peaks(history(Period.DAY, rows))
    assert demand.first == MONDAY
    assert demand.values == (7, 8)
    assert demand.assumptions == ()


def test_a_week_with_fewer_days_is_left_out_and_told() -> None:
    rows = {day(index): 5.0 for index in range(3, 24)}  # from a Thursday to a Wednesday
    demand = weekly_peaks(history(Period.DAY, rows))
    assert demand.first == week(1)
    assert demand.weeks == 2
    (told,) = demand.assumptions
    assert told.startswith("2 weeks left out for fewer than 7 days")
    assert "2026-02-02, 2026-02-23" in told


def test_closed_days_that_are_never_there_leave_no_week_out() -> None:
    rows = {day(index): 5.0 for index in range(21) if index % 7 != 6}
    assert weekly_peaks(history(Period.DAY, rows)).values == (5, 5, 5)


def test_a_missing_week_stays_missing_and_is_told() -> None:
    demand = weekly_peaks(history(Period.WEEK, {week(index): 5.0 for index in (0, 1, 3, 4, 5)}))
    assert demand.values == (5, 5, None, 5, 5, 5)
    assert demand.measured == 5
    assert np.isnan(demand.logs()[2])
    assert demand.logs()[0] == pytest.approx(math.log(5))
    assert demand.assumptions == ("1 week missing and not filled in: 2026-02-16",)


def test_a_history_with_more_gaps_than_a_quarter_is_refused() -> None:
    with pytest.raises(
        ScenarioError, match=r"peaks.csv: 2 of 5 weeks are missing \(2026-02-09, 2026-02-16\); expected at most 25 %"
    ):
        weekly_peaks(history(Period.WEEK, {week(index): 5.0 for index in (0, 3, 4)}))


def test_rates_of_runs_become_the_highest_of_each_week() -> None:
    demand = demand_of_rates([(day(1), 5.0), (day(4), 7.0), (day(8), 6.0)], Unit.REQUESTS_PER_S, "UTC", "accepted runs")
    assert demand.values == (7, 6)
    assert demand.first == MONDAY
    assert "highest rate seen" in demand.assumptions[0]


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([], "accepted runs: has 0 weeks; expected at least 2"),
        ([(day(0), 5.0), (day(2), 6.0)], "accepted runs: has 1 week; expected at least 2"),
        ([(day(0), 5.0), (day(8), 0.0)], "the rate of 2026-02-10 is 0 requests per s; expected more than 0"),
    ],
)
def test_runs_that_are_no_history_get_their_line(rates: list[tuple[date, float]], expected: str) -> None:
    with pytest.raises(ScenarioError, match=expected):
        demand_of_rates(rates, Unit.REQUESTS_PER_S, "UTC", "accepted runs")


def test_users_become_requests_by_a_factor_that_is_told() -> None:
    demand = weekly_peaks(history(Period.WEEK, {week(0): 1000.0, week(1): 1200.0}, Unit.USERS))
    turned = in_requests(demand, 0.1, "prices.toml")
    assert turned.unit is Unit.REQUESTS_PER_S
    assert turned.values == pytest.approx((100, 120))
    assert turned.assumptions == ("each concurrent user asks for 0.1 requests per s (prices.toml)",)


def test_users_without_a_factor_are_refused_and_requests_need_none() -> None:
    users = weekly_peaks(history(Period.WEEK, {week(0): 1000.0, week(1): 1200.0}, Unit.USERS))
    with pytest.raises(
        ScenarioError, match=r"prices.toml: traffic.requests_per_user_s is missing; peaks.csv counts users"
    ):
        in_requests(users, None, "prices.toml")
    requests = weekly_peaks(history(Period.WEEK, {week(0): 10.0, week(1): 12.0}))
    assert in_requests(requests, None, "prices.toml") is requests


def test_what_must_be_carried_now_is_the_busiest_week_of_the_last_quarter() -> None:
    values = (90.0, *(10.0,) * 5, 30.0, *(10.0,) * 7)
    demand = Demand("peaks.csv", Unit.REQUESTS_PER_S, "UTC", MONDAY, values)
    assert demand.busiest_now == 30
    assert demand.end == week(14)
