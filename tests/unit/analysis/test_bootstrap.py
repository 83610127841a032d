"""Rules of the spread within a run."""

import numpy as np
import pytest

from analysis.bootstrap import block_length_s, quantile_variances
from analysis.observed import Observed, observe
from analysis.steady import drift
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, plan_of

PLAN = plan_of("baseline")


def observed_of(response_us: np.ndarray, per_second: int) -> Observed:
    run = build_run(Requests().add(SLOTS, np.repeat(np.arange(29), per_second).tolist(), response_us), PLAN)
    return observe(run, PLAN.stages[1])


@pytest.mark.parametrize(
    ("seconds", "time_scale", "length_s"), [(600, 1.0, 60), (24, 0.04, 2), (300, 1.0, 37), (3600, 1.0, 60), (5, 1.0, 1)]
)
def test_blocks_are_a_minute_scaled_and_at_least_eight(seconds: int, time_scale: float, length_s: int) -> None:
    assert block_length_s(seconds, time_scale) == length_s


def test_independent_requests_have_the_variance_of_the_textbook() -> None:
    rng = np.random.default_rng(3)
    found = [
        quantile_variances(observed_of(30_000 * np.exp(0.5 * rng.standard_normal(29 * 100)), 100), SLOTS, [0.5], 0.04)[
            0
        ]
        for _ in range(20)
    ]
    # var ln median = pi / 2 * sigma^2 / n
    assert np.mean(found) == pytest.approx(np.pi / 2 * 0.25 / 2400, rel=0.35)


def test_what_correlates_in_time_has_a_greater_variance() -> None:
    rng = np.random.default_rng(3)
    alone = 30_000 * np.exp(0.2 * rng.standard_normal(29 * 100))
    waves = alone * np.exp(0.2 * np.repeat(rng.standard_normal(15), 2)[:29].repeat(100))
    assert (
        quantile_variances(observed_of(waves, 100), SLOTS, [0.5], 0.04)[0]
        > 10 * (quantile_variances(observed_of(alone, 100), SLOTS, [0.5], 0.04)[0])
    )


def test_the_same_run_has_the_same_variance() -> None:
    values = 30_000 * np.exp(0.2 * np.random.default_rng(3).standard_normal(29 * 100))
    assert quantile_variances(observed_of(values, 100), SLOTS, [0.5, 0.95], 0.04) == quantile_variances(
        observed_of(values, 100), SLOTS, [0.5, 0.95], 0.04
    )


def test_an_unknown_operation_has_no_variance() -> None:
    assert quantile_variances(observed_of(np.full(29, 1.0), 1), "GET /nowhere", [0.5, 0.95], 0.04) == (0.0, 0.0)


def test_a_stage_that_slows_down_has_a_drift_and_a_noisy_one_has_none() -> None:
    rng = np.random.default_rng(3)
    noisy = 30_000 * np.exp(0.3 * rng.standard_normal(29 * 100))
    slowing = noisy * np.repeat(1 + 0.4 * (np.arange(29) > 16), 100)
    assert drift(observed_of(noisy, 100), 0.04) is None
    moved = drift(observed_of(slowing, 100), 0.04)
    assert moved is not None
    assert moved.ratio == pytest.approx(0.4, abs=0.05)


def test_a_drift_of_less_than_two_milliseconds_is_none() -> None:
    slowing = 2_000.0 * np.repeat(1 + 0.4 * (np.arange(29) > 16), 100)
    assert drift(observed_of(slowing, 100), 0.04) is None
