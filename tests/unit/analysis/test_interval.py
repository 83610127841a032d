"""Rules of intervals."""

import math

import numpy as np
import pytest
from scipy.stats import binom

from analysis.interval import (
    more_needed,
    needed_for_bound,
    overdispersion,
    quantile_interval_us,
    rate_interval,
    ratio_interval,
)
from records.histogram import Histogram


def test_quantile_interval_lies_between_the_binomial_ranks() -> None:
    values = np.arange(1, 1001, dtype=np.float64)  # each has a bucket of its own: the value is its rank
    low, high = (int(binom.ppf(tail, 1000, 0.95)) for tail in (0.05, 0.95))
    assert quantile_interval_us(Histogram.of(values), 0.95) == (low, high + 1)
    assert (low, high) == (938, 961)


def test_quantile_interval_covers_the_truth_about_nine_times_in_ten() -> None:
    rng = np.random.default_rng(7)
    truth = 10_000 * math.exp(0.5 * 1.6448536)
    hits = 0
    for _ in range(400):
        interval = quantile_interval_us(Histogram.of(10_000 * np.exp(0.5 * rng.standard_normal(500))), 0.95)
        assert interval is not None
        hits += interval[0] <= truth <= interval[1]
    assert 0.87 <= hits / 400 <= 0.97


def test_an_empty_histogram_has_no_interval() -> None:
    assert quantile_interval_us(Histogram.empty(), 0.95) is None


def test_p95_has_an_upper_bound_from_59_values_on() -> None:
    assert [needed_for_bound(quantile) for quantile in (0.5, 0.95, 0.99)] == [5, 59, 299]


def test_no_error_gives_the_rule_of_three() -> None:
    low, high = ratio_interval(0, 3000)
    assert low == 0
    assert high == pytest.approx(2.9957 / 3000, rel=1e-4)


def test_only_successes_give_its_mirror_image() -> None:
    assert ratio_interval(300, 300) == pytest.approx((1 - 2.9957 / 300, 1.0), rel=1e-4)


def test_wilson_agrees_with_the_textbook() -> None:
    # 10 of 100, z = 1.6449: (0.1 + z2/200 -+ z sqrt(.09/100 + z2/40000)) / (1 + z2/100)
    assert ratio_interval(10, 100) == pytest.approx((0.0610, 0.1600), abs=1e-3)


def test_bursts_widen_the_interval() -> None:
    alone, bursts = ratio_interval(28, 10_000), ratio_interval(28, 10_000, phi=28.0)
    assert bursts[0] < alone[0] < alone[1] < bursts[1]


def test_overdispersion_of_a_single_burst_is_its_size_and_of_even_errors_is_one() -> None:
    trials = np.full(600, 10)
    burst = np.zeros(600, dtype=np.int64)
    burst[300] = 28
    # 60 windows, expected 28/60 each: chi2 = 28^2 / (28/60) - 28 = 28 * 59, over 59 degrees of freedom
    assert overdispersion(burst, trials) == pytest.approx(28.0)
    assert overdispersion(np.tile([1, 0], 300), trials) == 1.0


def test_a_rate_interval_holds_its_rate_and_narrows_with_time() -> None:
    short, long = rate_interval(100, 10.0), rate_interval(10_000, 1000.0)
    assert short[0] < 10 < short[1]
    assert long[1] - long[0] < short[1] - short[0]


def test_more_needed_follows_the_rule_of_three_without_errors() -> None:
    assert more_needed(2900, 0.0, ratio_interval(0, 2900)[1], 0.001, events=False) == 96


def test_half_the_distance_needs_four_times_the_requests() -> None:
    assert more_needed(100, 10.0, 14.0, 12.0) == 300
