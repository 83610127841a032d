"""Laws of scaling on levels that were made from them, and the choice between them."""

import math

import numpy as np
import pytest

from analysis.scaling.choice import MAX_RANGE, capacity, predict, scaling_of
from analysis.scaling.law import Fit, Law, Level, fit

LOADS = (100.0, 130.0, 160.0, 200.0, 240.0, 280.0, 320.0, 360.0)


def levels(law: Law, *values: float, noise: float = 0.0, times: int = 1) -> list[Level]:
    """Return levels of a law with random deviations."""
    rng = np.random.default_rng(5)
    truth = Fit(law, 100.0, values, 0.0, 0.0, 0).served_per_s(np.array(LOADS))
    return [
        Level(load, float(rate * math.exp(noise * rng.standard_normal())))
        for _ in range(times)
        for load, rate in zip(LOADS, truth, strict=True)
    ]


@pytest.mark.parametrize(
    ("law", "values"),
    [(Law.LINEAR, (50.0,)), (Law.USL, (50.0, 0.1, 0.05)), (Law.CAPPED, (50.0, 0.05, 110.0))],
)
def test_a_law_finds_its_own_values_again(law: Law, values: tuple[float, ...]) -> None:
    assert fit(law, levels(law, *values)).values == pytest.approx(values, rel=1e-3)


def test_the_peak_of_usl_is_where_calculus_has_it() -> None:
    # X = r n / (1 + a (n - 1) + b n (n - 1)) is largest at n = sqrt((1 - a) / b) = sqrt(0.9 / 0.1) = 3
    assert fit(Law.USL, levels(Law.USL, 50.0, 0.1, 0.1)).knee == pytest.approx(300.0, rel=1e-3)


def test_a_cap_is_reached_where_both_branches_meet() -> None:
    # without contention r n = cap at n = cap / r = 2.2
    assert fit(Law.CAPPED, levels(Law.CAPPED, 50.0, 0.0, 110.0)).knee == pytest.approx(220.0, rel=1e-3)


def test_fewer_levels_than_values_are_an_error() -> None:
    with pytest.raises(ValueError, match="expected at least one more"):
        fit(Law.USL, levels(Law.USL, 50.0, 0.1, 0.1)[:3])


@pytest.mark.parametrize(
    ("law", "values"),
    [(Law.LINEAR, (50.0,)), (Law.USL, (50.0, 0.1, 0.15)), (Law.CAPPED, (50.0, 0.0, 110.0))],
)
def test_the_law_that_made_the_levels_is_chosen(law: Law, values: tuple[float, ...]) -> None:
    found = scaling_of(levels(law, *values, noise=0.01, times=2), seed=1)
    assert found.chosen is not None
    assert found.chosen.law is law


def test_a_hard_cap_is_told_within_five_percent_and_its_interval_has_it() -> None:
    found = capacity(scaling_of(levels(Law.CAPPED, 50.0, 0.0, 110.0, noise=0.02, times=2), seed=1))
    assert found.served_per_s == pytest.approx(110.0, rel=0.05)
    assert found.interval is not None
    assert found.interval[0] < 110.0 < found.interval[1]


def test_a_line_has_no_knee_and_says_the_least_it_carries() -> None:
    found = capacity(scaling_of(levels(Law.LINEAR, 50.0, noise=0.01, times=2), seed=1))
    assert found.served_per_s is None
    assert "no knee in range" in found.because


def test_one_level_beyond_a_corner_is_not_yet_a_cap() -> None:
    made = [Level(load, min(load / 2, 170.0)) for load in LOADS]  # only 360 is beyond 340
    assert capacity(scaling_of(made, seed=1)).served_per_s is None


def test_nothing_is_said_beyond_one_and_a_half_times_the_largest_level() -> None:
    found = scaling_of(levels(Law.LINEAR, 50.0, noise=0.01, times=2), seed=1)
    assert predict(found, MAX_RANGE * 360.0).served_per_s == pytest.approx(270.0, rel=0.02)
    beyond = predict(found, MAX_RANGE * 360.0 + 1)
    assert beyond.served_per_s is None
    assert "measure nearer" in beyond.because


def test_levels_that_follow_no_law_are_refused() -> None:
    made = [Level(load, 100.0 if index % 2 else 40.0) for index, load in enumerate(LOADS)]
    found = scaling_of(made, seed=1)
    assert found.chosen is None
    assert "no law follows" in found.because


def test_too_few_levels_are_refused() -> None:
    assert "a law needs 6" in scaling_of(levels(Law.LINEAR, 50.0)[:5], seed=1).because
