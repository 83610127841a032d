"""A history that does not end just before the day of the report says so; one that does says nothing."""

from datetime import date, timedelta

import pytest

from analysis.growth.age import age_of
from tests.unit.analysis.growth.build_demand import MONDAY, demand

FOUR = demand([10.0, 11.0, None, 12.0])  # from Monday 2026-02-02 on; ends on 2026-03-02


@pytest.mark.parametrize("days", [0, 6, 13 * 7 - 1])
def test_a_history_that_ended_within_a_quarter_needs_no_word(days: int) -> None:
    assert age_of(FOUR, FOUR.end + timedelta(days=days)) == ()


def test_a_week_that_is_not_over_is_told() -> None:
    (told,) = age_of(FOUR, date(2026, 3, 1))
    assert told.startswith("the week of 2026-02-23 in peaks.csv is not over on the day of this report, 2026-03-01")


def test_weeks_that_lie_ahead_are_counted_and_a_missing_one_is_none() -> None:
    (told,) = age_of(FOUR, MONDAY)
    assert told.startswith(
        "2 weeks of peaks.csv lie ahead of the day of this report, 2026-02-02 (2026-02-09 to 2026-02-23)"
    )


def test_a_history_of_long_ago_is_told() -> None:
    (told,) = age_of(FOUR, date(2027, 3, 1))
    assert "peaks.csv ends on 2026-03-02, 52 weeks before the day of this report, 2027-03-01" in told
