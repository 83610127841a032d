"""Rules of the spread between runs."""

import math

import pytest

from analysis.significance import holm
from analysis.spread import PRIOR_DOF, Prior, Spread, pooled_variance, spread_of


def test_the_mean_is_of_logarithms() -> None:
    assert spread_of([50.0, 200.0], 0.0).mean == pytest.approx(math.log(100))


def test_a_run_far_from_the_others_is_left_out() -> None:
    spread = spread_of([100, 101, 99, 102, 98, 100, 180], 0.0001)
    assert spread.left_out == (6,)
    assert spread.runs == 6


def test_never_fewer_than_five_runs_are_kept() -> None:
    assert spread_of([100, 100, 100, 300, 900], 0.0).runs == 5


def test_a_small_spread_by_chance_does_not_make_outliers() -> None:
    assert spread_of([100, 100, 100, 100, 100, 103], within=0.02**2).left_out == ()


def test_the_variance_is_shrunk_by_eight_degrees_of_freedom() -> None:
    deviation, dof = Spread(0.0, 0.04, 5, ()).shrunk(Prior(0.01))
    assert dof == 4 + PRIOR_DOF
    assert deviation == pytest.approx(math.sqrt((4 * 0.04 + 8 * 0.01) / 12))


def test_the_pooled_variance_weighs_by_degrees_of_freedom() -> None:
    assert pooled_variance([Spread(0, 0.01, 5, ()), Spread(0, 0.04, 9, ())]) == pytest.approx(
        (4 * 0.01 + 8 * 0.04) / 12
    )


def test_holm_stops_at_the_first_that_is_not_significant() -> None:
    # 3 hypotheses at 5 %: limits .0167, .025, .05 in order
    assert holm([0.04, 0.01, 0.03], 0.05) == [False, True, False]
    assert holm([0.02, 0.01, 0.03], 0.05) == [True, True, True]
    assert holm([], 0.05) == []
