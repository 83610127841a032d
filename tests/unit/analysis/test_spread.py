"""Rules of the spread between runs."""

import math

import numpy as np
import pytest

from analysis.spread import PRIOR_DOF, Prior, Spread, pooled_variance, prior_of, spread_of, spread_of_logs


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


def test_a_good_run_is_not_left_out_where_alike_series_vary_more() -> None:
    logs = [0.0, 0.001, -0.001, 0.002, -0.002, 0.001, 0.06]  # by chance six are close together
    assert spread_of_logs(logs, 0.0).left_out == (6,)
    assert spread_of_logs(logs, 0.0, alike=0.02).left_out == ()


def test_looking_for_outliers_costs_degrees_of_freedom_and_is_given_back_in_the_variance() -> None:
    """Of normal values the corrected variance is right on the mean; without the correction it is 7 % too small."""
    rng = np.random.default_rng(5)
    found = [spread_of_logs(rng.normal(0, 0.1, 10).tolist(), 0.0) for _ in range(4000)]
    assert np.mean([spread.variance for spread in found]) == pytest.approx(0.01, rel=0.03)
    assert spread_of_logs([0.0, 0.1, -0.1, 0.2, -0.2, 0.05, -0.05, 0.15, -0.15, 0.0], 0.0).dof == pytest.approx(
        9 * 0.58
    )


def drawn(seed: int, uneven: float) -> list[Spread]:
    rng = np.random.default_rng(seed)
    return [
        spread_of_logs((rng.normal(0, 0.03 * np.exp(uneven * rng.normal()), 10)).tolist(), 0.0, alike=0.03)
        for _ in range(40)
    ]


def test_alike_variances_tell_much_of_one_another_and_uneven_ones_little() -> None:
    evened = [prior_of(drawn(seed, 0.0)).dof for seed in range(9)]
    assert np.median(evened) > 30
    assert np.median([prior_of(drawn(seed, 1.0)).dof for seed in range(9)]) < 6


def test_a_lone_variance_has_nothing_to_lean_on() -> None:
    assert prior_of([Spread(0, 0.01, 5, ())]).dof == 0
    assert prior_of([Spread(0, 0.01, 5, ()), Spread(0, 0.02, 5, ())]).dof == PRIOR_DOF
