import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from analysis.growth.backtest import backtest
from analysis.growth.capacity_date import capacity_date, first_week, paired
from analysis.growth.forecast import Forecast, Method, Outlook, forecast
from analysis.growth.shape import shape_of
from analysis.growth.yearly import WEEKS_PER_YEAR, yearly
from scenarios.calendar_event import CalendarEvent
from scenarios.errors import ScenarioError
from scenarios.growth_rate import parse_growth
from scenarios.season import parse_season
from tests.unit.analysis.growth.build_demand import demand, growing


def week_of(outlook: Outlook, ahead: int) -> date:
    return outlook.demand.end + timedelta(weeks=ahead)


def test_half_a_year_is_forecast_by_the_models_and_the_same_each_time() -> None:
    first, second = forecast(Outlook(growing())), forecast(Outlook(growing()))
    assert first.method is Method.MODELS
    assert first.interval_claimed
    assert first.paths.shape == (52, 2000)
    assert (first.paths == second.paths).all()
    assert first.quantile(0.5)[0] == pytest.approx(100 * math.exp(0.4), rel=0.05)


def test_fewer_weeks_are_forecast_by_the_wider_of_line_and_walk() -> None:
    found = forecast(Outlook(growing(20)))
    assert found.method is Method.WIDER
    assert found.because == "20 weeks, fewer than 26: a random walk with drift, the wider of the two"


def test_under_a_quarter_of_history_no_interval_is_claimed() -> None:
    with pytest.raises(
        ScenarioError, match=r"peaks.csv: has 12 weeks; expected at least 13 to forecast from; give the growth"
    ):
        forecast(Outlook(growing(12)))
    found = forecast(Outlook(growing(12), growth=parse_growth("40 % per year")))
    assert found.method is Method.GIVEN
    assert not found.interval_claimed
    assert "demand has no interval" in found.assumptions[-1]


def test_a_given_growth_begins_at_the_mean_of_the_last_four_weeks() -> None:
    """By hand: the mean lies 2.5 weeks before the first week ahead."""
    found = forecast(Outlook(demand([10.0, 80.0, 80.0, 80.0, 80.0]), growth=parse_growth("1 % per week")))
    assert found.paths[0] == pytest.approx(np.full(2000, 80 * 1.01**2.5))
    assert found.paths[51] == pytest.approx(np.full(2000, 80 * 1.01**53.5))


def test_an_event_ahead_multiplies_its_week_alone() -> None:
    plain = Outlook(growing(20))
    fair = CalendarEvent("fair", 2.5, week_of(plain, 10) + timedelta(days=4))
    ratio = forecast(replace(plain, events=(fair,))).paths / forecast(plain).paths
    np.testing.assert_allclose(ratio[10], 2.5)
    np.testing.assert_allclose(np.delete(ratio, 10, axis=0), 1.0)


def test_an_event_of_the_past_is_taken_out_before_the_fit() -> None:
    base = growing(20)
    values = [value if index != 19 else (value or 0) * 3 for index, value in enumerate(base.values)]
    fair = CalendarEvent("fair", 3.0, base.week(19))
    known = forecast(Outlook(demand(values), events=(fair,)))
    np.testing.assert_allclose(known.paths, forecast(Outlook(base)).paths, rtol=1e-3)
    assert "was divided by it before the fit" in known.assumptions[0]
    assert forecast(Outlook(demand(values))).quantile(0.9)[0] > 1.2 * known.quantile(0.9)[0]


def test_an_event_outside_the_horizon_is_told_to_have_no_effect() -> None:
    shape = shape_of(growing(), 52, [CalendarEvent("fair", 2.0, date(2030, 1, 1))], None)
    assert not shape.logs.any()
    assert shape.assumptions[0].startswith("fair on 2030-01-01 (× 2): no effect")


def test_a_season_by_hand_is_taken_out_and_put_back() -> None:
    season = parse_season("apr=1.5")
    base = growing(20)
    seasonal = [(value or 0) * season.of_week(base.week(index)) for index, value in enumerate(base.values)]
    plain, found = forecast(Outlook(base)), forecast(Outlook(demand(seasonal), season=season))
    factors = np.array([season.of_week(base.week(20 + index)) for index in range(52)])
    np.testing.assert_allclose(found.paths / plain.paths, np.outer(factors, np.ones(2000)), rtol=1e-3)


def test_two_years_show_their_season_and_one_that_is_not_there_is_not_seen() -> None:
    """Planted: two waves of the year; seen within 3 %, and none without them."""
    since = np.arange(104 + 52)
    angle = 2 * np.pi * since / WEEKS_PER_YEAR
    waves = 0.2 * np.cos(angle + 1) + 0.1 * np.sin(2 * angle)
    noise = 4 + 0.004 * since + np.random.default_rng(2).normal(0, 0.05, since.size)
    found = yearly((noise + waves)[:104], 52)
    assert found is not None
    assert found.logs == pytest.approx(waves, abs=0.03)
    assert yearly(noise[:104], 52) is None
    assert yearly((noise + waves)[:103], 52) is None


def test_a_history_too_short_for_a_season_says_so() -> None:
    assert any(line.startswith("no season: it needs 104 weeks") for line in forecast(Outlook(growing(20))).assumptions)


def by_hand(paths: Sequence[Sequence[float]]) -> Forecast:
    """Return a forecast of some paths, each a list of weeks."""
    return Forecast(growing(), Method.MODELS, "", interval_claimed=True, paths=np.array(paths).T, assumptions=())


def test_the_date_is_the_first_week_over_capacity() -> None:
    """By hand: of ten paths two exceed 10 in week 0, four more in week 1, four never."""
    found = capacity_date(by_hand([[11, 0, 11]] * 2 + [[10, 10.5, 0]] * 4 + [[10, 10, 10]] * 4), np.array([10.0]))
    end = growing().end
    assert (found.p10, found.p50, found.p90) == (end, end + timedelta(weeks=1), None)
    assert found.reached_ratio == 0.6
    assert found.because == ""


def test_where_growth_does_not_reach_there_is_no_date() -> None:
    found = capacity_date(by_hand([[5, 5, 5]] * 10), np.array([10.0]))
    assert (found.p10, found.p50, found.p90, found.reached_ratio) == (None, None, None, 0)
    assert found.because == "not within 3 weeks in any of the paths"


def test_fewer_paths_than_a_tenth_are_a_risk_and_no_date() -> None:
    """By hand: of 25 paths two exceed 10, 8 %; with a third one it is 12 %, and the week of the third is the P10 date."""
    few = [[5, 11, 5]] * 2 + [[5, 5, 5]] * 23
    found = capacity_date(by_hand(few), np.array([10.0]))
    assert (found.p10, found.p50, found.reached_ratio) == (None, None, 0.08)
    assert found.because == "a risk of 8 % within 3 weeks, no date"
    more = capacity_date(by_hand([*few[:-1], [5, 5, 11]]), np.array([10.0]))
    assert (more.p10, more.p50) == (growing().end + timedelta(weeks=2), None)
    assert more.because == "not within 3 weeks, but in 12 % of the paths"


def test_growth_names_a_date_and_its_absence_none() -> None:
    """Twice today's demand: 2 % a week gets there in 35 weeks; without growth not a tenth of the paths does."""
    grown, rested = (
        capacity_date(forecast(Outlook(growing(per_week=rate))), np.array([size]))
        for rate, size in ((0.02, 440.0), (0.0, 200.0))
    )
    assert grown.p10 is not None
    assert grown.p10 < growing().week(40 + 35)
    assert grown.p90 is None or grown.p90 > growing().week(40 + 35)
    assert (rested.p10, rested.p50, rested.p90) == (None, None, None)


def test_an_unsure_capacity_makes_an_unsure_date() -> None:
    found = capacity_date(by_hand([[1, 2, 3]] * 100), np.array([0.5, 1.5, 2.5, 9.0]))
    end = growing().end
    assert (found.p10, found.p50, found.p90) == (end, end + timedelta(weeks=1), None)


def test_draws_of_several_resources_of_the_same_number_stay_together() -> None:
    draws = np.arange(1.0, 501.0)
    assert (paired(2 * draws, 2000) == 2 * paired(draws, 2000)).all()
    assert sorted(paired(draws, 500).tolist()) == draws.tolist()


def test_a_path_that_falls_again_counts_from_its_first_week() -> None:
    weeks = first_week(np.array([[1.0, 5.0], [3.0, 1.0], [1.0, 1.0]]), np.array([2.0, 2.0]))
    assert weeks.tolist() == [1, 0]


def test_a_backtest_of_a_steady_history_covers_what_it_says() -> None:
    found = backtest(Outlook(growing(27)))
    assert [(row.weeks_ahead, row.count) for row in found.rows] == [(1, 14), (4, 11), (13, 2)]
    for row in found.rows[:2]:
        assert row.mape is not None
        assert row.mape < 0.15
        assert row.coverage is not None
        assert row.coverage >= 0.7
    assert found.warning == ""


def test_a_backtest_of_a_history_that_broke_warns() -> None:
    """Sixteen weeks grow by a tenth each, then nothing grows any more: each forecast goes on growing."""
    found = backtest(
        Outlook(demand([100 * math.exp(0.1 * min(week, 15)) * (1 + week % 3 / 500) for week in range(25)]))
    )
    assert found.warning.startswith("of 9 forecasts 4 weeks ahead 0 % came inside P10 to P90, of a nominal 80 %")


def test_there_is_no_backtest_without_an_origin() -> None:
    assert backtest(Outlook(growing(13))).because == "13 weeks leave none to test a forecast of 13 weeks on"
    given = backtest(Outlook(growing(40), growth=parse_growth("1 % per week")))
    assert given.because == "growth was given, not estimated: there is nothing to test"


def test_the_errors_of_a_backtest_are_those_of_its_formulas() -> None:
    """A doubling a week without noise: the walk with drift is right, so that both errors are next to none."""
    found = backtest(Outlook(demand([float(2**index) for index in range(15)])))
    assert found.rows[0].count == 2
    assert found.rows[0].mape == pytest.approx(0, abs=1e-3)
    assert found.rows[0].mase == pytest.approx(0, abs=1e-2)
    assert (found.rows[2].count, found.rows[2].mape) == (0, None)
