"""Rules of the search for change points in one series: what is found, where, and what is not."""

from itertools import pairwise

import numpy as np
import pytest

from analysis.trend.search import search
from analysis.trend.threshold import P_VALUES, arc_p_value, split_p_value
from tests.unit.analysis.trend.build_history import P95, noisy, readings


def places(levels: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[int]:
    return [step.place for step in search(P95, readings(levels)).steps]


def shifted(
    runs: int, seed: int, first: int, ratio: float, end: int | None = None
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    levels = noisy(runs, seed)
    levels[first:end] += np.log1p(ratio)
    return levels


def test_a_step_of_twenty_percent_is_found_at_its_run() -> None:
    assert places(shifted(52, 1, 30, 0.2)) == [30]


def test_nothing_is_found_where_nothing_changed() -> None:
    found = sum(bool(places(noisy(52, seed))) for seed in range(50))
    assert found <= 3  # at 1 % four or more of fifty have a probability of 0.2 %


def test_five_percent_are_found_in_most_histories_once_eight_runs_followed() -> None:
    found = sum(any(abs(place - 44) <= 3 for place in places(shifted(52, seed, 44, 0.05))) for seed in range(24))
    assert found >= 12


def test_a_lone_last_outlier_is_no_change_and_a_second_like_it_is() -> None:
    assert places(shifted(30, 2, 29, 0.5)) == []
    assert places(shifted(30, 2, 28, 0.5)) == [28]


def test_a_lone_outlier_in_the_middle_hides_no_step() -> None:
    levels = shifted(40, 3, 25, 0.15)
    levels[10] += 1.0
    assert places(levels) == [25]


def test_a_change_that_was_taken_back_is_two() -> None:
    assert places(shifted(52, 4, 20, 0.15, end=30)) == [20, 30]


def test_two_changes_are_told_apart() -> None:
    levels = shifted(52, 5, 18, 0.12)
    levels[36:] += np.log1p(0.15)
    assert places(levels) == [18, 36]


def test_a_change_under_three_percent_does_not_matter() -> None:
    quiet = noisy(52, 6, sd=0.004)
    quiet[26:] += np.log1p(0.02)
    assert places(quiet) == []
    quiet[26:] += np.log1p(0.02)
    assert places(quiet) == [26]


def test_a_slow_drift_is_a_drift_and_no_step() -> None:
    found = search(P95, readings(noisy(52, 7) + 0.003 * np.arange(52)))
    assert found.steps == ()
    (drift,) = found.drifts
    assert (drift.start, drift.end) == (0, 52)
    assert np.expm1(drift.slope.last - drift.slope.first) == pytest.approx(np.expm1(0.003 * 51), abs=0.06)


def test_a_drift_of_less_than_five_percent_does_not_matter() -> None:
    assert search(P95, readings(noisy(30, 8, sd=0.005) + 0.001 * np.arange(30))).drifts == ()


def test_fewer_than_eight_runs_say_nothing() -> None:
    assert places(shifted(7, 9, 4, 1.0)) == []
    assert places(shifted(8, 9, 4, 1.0)) == [4]


def test_values_that_never_change_are_no_change() -> None:
    found = search(P95, readings(np.full(20, 10.0)))
    assert (found.steps, found.drifts) == ((), ())


def test_known_changes_divide_the_search_and_are_not_found_again() -> None:
    levels = shifted(52, 1, 30, 0.2)
    assert search(P95, readings(levels), known=[30]).steps == ()


def test_the_p_value_falls_from_one_and_has_no_jump_at_the_end_of_the_table() -> None:
    for p_value in (split_p_value, arc_p_value):
        found = [p_value(t, 23) for t in np.arange(0.0, 12.0, 0.05)]
        assert found[0] == 1.0
        assert all(later <= earlier for earlier, later in pairwise(found))
        inside = [p for p in found if P_VALUES[-1] / 50 < p < P_VALUES[0]]
        assert max(earlier / later for earlier, later in pairwise(inside)) < 1.6


def test_the_table_agrees_with_a_simulation_of_its_own() -> None:
    """20 runs, 4,000 series, t by numpy's means: the largest |t| over 3.79 in 2 % of them."""
    rng = np.random.default_rng(10)
    values = rng.standard_normal((4_000, 20))
    largest = np.zeros(4_000)
    for split in range(2, 19):
        left, right = values[:, :split], values[:, split:]
        rest = ((left - left.mean(1, keepdims=True)) ** 2).sum(1) + ((right - right.mean(1, keepdims=True)) ** 2).sum(1)
        t = np.abs(left.mean(1) - right.mean(1)) / np.sqrt(rest / 18 * (1 / split + 1 / (20 - split)))
        largest = np.maximum(largest, t)
    exceeded = int((largest > 3.793).sum())  # the table's t of 2 %
    assert 50 <= exceeded <= 110
    assert split_p_value(3.793, 20) == pytest.approx(0.02)
