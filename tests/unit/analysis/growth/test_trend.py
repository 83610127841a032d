"""Trends: draws against closed forms, the fallbacks against regression's own formulas."""

import math

import numpy as np
import pytest
from scipy.stats import linregress

from analysis.growth.demand import Floats
from analysis.growth.fallback import MIN_SD, random_walk, straight_line, wider
from analysis.growth.trend import Trend

NAN = math.nan


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def noisy(weeks: int = 40, slope: float = 0.01, sd: float = 0.05) -> Floats:
    return 4 + slope * np.arange(weeks) + rng().normal(0, sd, weeks)


def test_draws_have_the_variance_of_the_trend() -> None:
    """By hand for the third week: level 4 + 2 x 2 x 1 + 4 x 1, two steps of the level of 2, noise of 5."""
    trend = Trend(1.0, 0.5, (4.0, 1.0), 1.0, math.sqrt(5), math.sqrt(2))
    drawn = trend.draw(3, 50_000, rng())
    assert drawn[0].var() == pytest.approx(4 + 5, rel=0.03)
    assert drawn[2].var() == pytest.approx(4 + 4 + 4 + 2 * 2 + 5, rel=0.03)
    assert drawn[2].mean() == pytest.approx(1 + 2 * 0.5, abs=0.1)


def test_few_degrees_of_freedom_widen_the_draws_as_student_says() -> None:
    drawn = Trend(0.0, 0.0, sd_noise=1.0, dof=5).draw(1, 50_000, rng())
    assert np.quantile(drawn, 0.9) == pytest.approx(1.476, abs=0.04)  # t quantile from a table


def test_a_straight_line_is_that_of_regression() -> None:
    logs = noisy()
    line, told = straight_line(logs), linregress(np.arange(40), logs)
    assert line.slope == pytest.approx(told.slope)
    assert line.level == pytest.approx(told.intercept + 40 * told.slope)
    assert math.sqrt(line.variances[1]) == pytest.approx(told.stderr)
    at_40 = told.stderr**2 * (40 - 19.5) ** 2 + line.sd_noise**2 / 40
    assert line.variances[0] == pytest.approx(at_40)
    assert line.dof == 38


def test_a_random_walk_drifts_from_the_first_value_to_the_last() -> None:
    """By hand: steps 1, 2, 1 with the drift 4/3 leave 6/9, over two degrees of freedom 1/3."""
    walk = random_walk(np.array([0.0, 1.0, 3.0, 4.0]))
    assert walk.slope == pytest.approx(4 / 3)
    assert walk.level == pytest.approx(4 + 4 / 3)
    assert walk.sd_level**2 == pytest.approx(1 / 3)
    assert walk.variances == pytest.approx((1 / 3 * (1 + 1 / 3), 1 / 9))
    assert walk.dof == 2


def test_a_gap_is_a_longer_step_and_not_a_value() -> None:
    """By hand: drift 1, steps 1 and (4 - 1 - 2) / sqrt 2 less it: 0 and 0.7071; two weeks from the last value to the first ahead."""
    walk = random_walk(np.array([0.0, 1.0, NAN, 4.0, 4.0, NAN]))
    assert walk.slope == pytest.approx(1.0)
    assert walk.level == pytest.approx(4 + 2)
    assert walk.sd_level**2 == pytest.approx((0 + 0.5 + 1) / 2)
    line = straight_line(np.array([0.0, 1.0, NAN, 3.0, 4.0, NAN]))
    assert (line.slope, line.level) == pytest.approx((1.0, 6.0))


def test_the_same_value_every_week_still_has_a_spread() -> None:
    assert straight_line(np.full(10, 3.0)).sd_noise == MIN_SD
    assert random_walk(np.full(10, 3.0)).sd_level == MIN_SD


def test_the_wider_of_the_two_is_taken() -> None:
    assert wider(noisy(20))[1] == "a random walk with drift"
    smooth = np.concatenate([np.linspace(0, 1, 30), np.linspace(1, 0, 30)])  # small steps, far from any line
    assert wider(smooth)[1] == "a straight line"
