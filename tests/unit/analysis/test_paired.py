"""Paired differences: the interval by hand, the trend of variances, and how often equal builds are told apart."""

import math

import numpy as np
import pytest
from scipy.stats import t as student

from analysis.paired import Differences, estimates, prior_variances
from analysis.significance import holm
from analysis.spread import PRIOR_DOF


def test_with_its_own_variance_as_the_prior_the_interval_is_that_of_the_paired_t() -> None:
    values = (0.04, 0.05, 0.06, 0.05, 0.05)
    variance = sum((value - 0.05) ** 2 for value in values) / 4
    (found,) = estimates([Differences(values, 0.0)])
    half = float(student.ppf(0.975, 4 + PRIOR_DOF)) * math.sqrt(variance / 5)
    assert found.change == pytest.approx(0.05)
    assert found.interval(0.025) == pytest.approx((math.expm1(0.05 - half), math.expm1(0.05 + half)))


def test_few_operations_share_one_pooled_variance() -> None:
    calm, wild = Differences((0.0, 0.02), 0.0), Differences((0.0, 0.06), 0.0)
    assert prior_variances([calm, wild]).tolist() == pytest.approx([0.001, 0.001])  # (0.0002 + 0.0018) / 2


def test_the_expected_variance_follows_how_many_requests_there_are() -> None:
    rng = np.random.default_rng(1)
    sampling = np.geomspace(1e-5, 1e-2, 40)
    expected = 4e-5 + 0.5 * sampling
    cases = [
        Differences(tuple(rng.normal(0, math.sqrt(one), 30)), each)
        for each, one in zip(sampling, expected, strict=True)
    ]
    assert prior_variances(cases) == pytest.approx(expected, rel=0.35)


def test_p_values_of_both_sides_sum_to_one_and_point_to_the_change() -> None:
    (worse,) = estimates([Differences((0.05, 0.04, 0.06), 1e-4)])
    assert worse.p_worse < 0.01 < worse.p_better
    assert worse.p_worse + worse.p_better == pytest.approx(1)


def simulated(rng: np.random.Generator, slowed: float) -> list[Differences]:
    """Return twelve operations over five restarts, rare ones with more noise; the first is slowed."""
    sampling = np.geomspace(2e-4, 4e-3, 12)
    noise = rng.normal(0, np.sqrt(1e-4 + sampling)[:, None], (12, 5))
    noise[0] += slowed
    return [Differences(tuple(row), each) for row, each in zip(noise.tolist(), sampling.tolist(), strict=True)]


def test_equal_builds_are_seldom_told_apart_and_five_percent_nearly_always() -> None:
    rng = np.random.default_rng(20250701)
    false, found, duets = 0, 0, 60
    for _ in range(duets):
        equal, slower = estimates(simulated(rng, 0.0)), estimates(simulated(rng, math.log(1.05)))
        false += any(holm([each.p_worse for each in equal], 0.01)) or any(holm([each.p_better for each in equal], 0.01))
        found += holm([each.p_worse for each in slower], 0.01)[0]
    assert false <= 4  # 2 % of 60 are 1.2; more than 4 would come up once in 130 trials of this
    assert found >= 0.9 * duets
