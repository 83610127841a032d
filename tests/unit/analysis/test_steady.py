"""Rules of steadiness: what moves within a stage makes a comparison say that it cannot tell."""

import numpy as np
import pytest

from analysis.steady import segments, steadiness
from tests.unit.analysis.test_warm_up import SCALE, observed_of

BASE_US = 40_000.0


def spans(values: np.ndarray) -> list[tuple[int, int]]:
    return [(segment.first, segment.end) for segment in segments(values)]


def test_a_step_makes_two_segments_that_meet_where_it_is() -> None:
    flat = np.tile([0.01, -0.01], 10)
    assert spans(np.concatenate([flat, flat[:10] + 0.2])) == [(0, 20), (20, 30)]
    assert [segment.mean for segment in segments(np.concatenate([flat, flat[:10] + 0.2]))] == pytest.approx([0.0, 0.2])


def test_a_dip_in_the_middle_makes_three() -> None:
    flat = np.tile([0.01, -0.01], 6)
    assert spans(np.concatenate([flat, flat - 0.3, flat])) == [(0, 12), (12, 24), (24, 36)]


def test_a_single_odd_window_is_no_segment() -> None:
    values = np.tile([0.01, -0.01], 15)
    values[12] = 0.5
    assert spans(values) == [(0, 30)]


def test_what_correlates_in_time_hardly_ever_makes_segments_five_percent_apart() -> None:
    rng = np.random.default_rng(3)
    apart = 0
    for _ in range(100):
        level, levels = 0.0, []
        for _ in range(600):
            level = 0.9 * level + 0.03 * np.sqrt(1 - 0.81) * rng.standard_normal()
            levels.append(level)
        found = segments(np.array(levels).reshape(60, 10).mean(axis=1))
        apart += any(abs(np.expm1(segment.mean - found[-1].mean)) > 0.05 for segment in found)
    assert apart <= 2


def test_too_few_windows_have_no_segments() -> None:
    assert segments(np.array([0.0] * 9 + [1.0] * 10)) == []


def test_a_steady_stage_is_steady() -> None:
    found = steadiness(observed_of([BASE_US] * 72), SCALE)
    assert (found.stage, found.running_s, found.cut_s, found.compared_s, found.steady, found.because) == (
        "baseline", 12.0, 0.0, 60.0, True, "",
    )  # fmt: skip


def test_a_cut_transient_leaves_a_steady_stage() -> None:
    found = steadiness(observed_of([2 * BASE_US] * 20 + [BASE_US] * 52), SCALE)
    assert found.cut_s >= 8
    assert (found.running_s, found.compared_s, found.steady) == (12 + found.cut_s, 60 - found.cut_s, True)
    assert "MSER-5" in found.because


def test_a_stretch_in_the_middle_that_differs_from_the_end_is_not_steady() -> None:
    """Both halves have the same mean: the drift test alone would not see it."""
    by_second = [BASE_US] * 32 + [1.3 * BASE_US] * 20 + [BASE_US] * 20
    found = steadiness(observed_of(by_second), SCALE)
    assert found.steady is False
    assert found.because.startswith("not steady: p50 from second 32 to 52 differs by +30")


def test_a_stretch_within_five_percent_or_two_milliseconds_is_steady() -> None:
    within = [BASE_US] * 32 + [1.04 * BASE_US] * 20 + [BASE_US] * 20
    assert steadiness(observed_of(within), SCALE).steady is True
    quick = [4_000.0] * 32 + [5_500.0] * 20 + [4_000.0] * 20
    assert steadiness(observed_of(quick), SCALE).steady is True


def test_a_drift_between_the_halves_is_not_steady() -> None:
    found = steadiness(observed_of([BASE_US] * 42 + [1.4 * BASE_US] * 30), SCALE)
    assert found.steady is False


def test_a_stage_that_is_too_short_is_neither() -> None:
    found = steadiness(observed_of([BASE_US] * 8, scenario="smoke"), SCALE)
    assert found.steady is None
    assert "a comparison needs 12 s" in found.because
