"""Rules of an estimated change."""

import math

import numpy as np
import pytest
from scipy.stats import norm, t

from analysis.estimate import MEDIAN_FACTORS, Estimate, estimate, weight
from analysis.spread import Prior, Spread

TEN = Spread(mean=0.0, variance=0.0004, runs=10, left_out=())
ITS_OWN = Prior(0.0004, 91.0)  # as good as normal


def made(change: float = 0.0, deviation: float = 0.02, dof: float = 100.0, candidates: int = 1) -> Estimate:
    return Estimate(TEN, change, deviation * math.sqrt(weight(10, candidates)), dof, deviation, candidates, worse=1)


def test_the_median_of_the_candidates_is_held_against_the_mean() -> None:
    found = estimate(TEN, [0.5, 0.03, 0.02], ITS_OWN, 0.0, worse=1)
    assert found.change == pytest.approx(0.03)
    assert found.error == pytest.approx(0.02 * math.sqrt(1 / 10 + 1.16**2 / 3))


@pytest.mark.parametrize("runs", [3, 4, 5])
def test_the_factor_is_that_of_the_median_of_normal_values(runs: int) -> None:
    medians = np.median(np.random.default_rng(1).standard_normal((40_000, runs)), axis=1)
    assert MEDIAN_FACTORS[runs] == pytest.approx(medians.std() * math.sqrt(runs), rel=0.02)


def test_the_deviation_is_at_least_what_varies_inside_a_run() -> None:
    assert estimate(TEN, [0.0], ITS_OWN, 0.05**2, worse=1).deviation == pytest.approx(0.05)


def test_worse_is_lower_for_a_rate() -> None:
    fell = estimate(TEN, [-0.1], ITS_OWN, 0.0, worse=-1)
    assert fell.p_worse < 0.001
    assert fell.p_better > 0.999


def test_the_smallest_detectable_change_is_found_in_four_of_five() -> None:
    detectable = math.log1p(made(candidates=3).detectable_ratio(0.01))
    error = made(candidates=3).error
    assert norm.sf((t.isf(0.01, 100) * error - detectable) / error) == pytest.approx(0.80, abs=0.01)


def test_more_runs_are_the_fewest_whose_interval_fits() -> None:
    # 1.660 x .02 x sqrt(.1 + 1.16^2 / 3) = .0246 and with two candidates .0257, with one .0348
    assert made(candidates=1).more_runs(0.0250, 0.05) == 2
    assert made(candidates=1).more_runs(0.0260, 0.05) == 1
    assert made(candidates=1).more_runs(0.0100, 0.05) is None  # 1/K alone is .0105
