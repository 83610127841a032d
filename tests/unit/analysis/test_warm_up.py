"""Rules of the warm-up: what of a stage's beginning no comparison looks at."""

from collections.abc import Iterable

import numpy as np
import pytest

from analysis.observed import Observed, observe
from analysis.warm_up import WarmUp, mser, running_needed_s, settled, warm_up
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, plan_of

SCALE = 0.1
PLAN = plan_of("baseline", time_scale=SCALE)  # 12 s of warm-up, 60 s steady
PER_SECOND = 80


def observed_of(by_second: Iterable[float], per_second: int = PER_SECOND, scenario: str = "baseline") -> Observed:
    """Return the steady stage of a run whose requests of second k take about `by_second[k]` us."""
    medians = np.repeat(np.asarray(list(by_second)), per_second)
    seconds = np.repeat(np.arange(medians.size // per_second), per_second)
    noise = np.exp(0.05 * np.random.default_rng(7).standard_normal(medians.size))
    plan = plan_of(scenario, time_scale=SCALE)
    return observe(build_run(Requests().add(SLOTS, seconds.tolist(), medians * noise), plan), plan.stages[1])


def least_by_hand(values: list[float]) -> int:
    """Return the cut of the least MSER by its formula, one cut after the other."""
    n, found = len(values), []
    for cut in range(n // 2 + 1):
        rest = values[cut:]
        mean = sum(rest) / len(rest)
        found.append((sum((value - mean) ** 2 for value in rest) / len(rest) ** 2, cut))
    return min(found)[1]


def test_a_transient_is_cut_where_it_ends() -> None:
    assert mser(np.array([0.5, 0.3, 0.1] + [0.0, 0.01, -0.01] * 6)) == 3


def test_the_cut_is_the_one_of_the_least_mser() -> None:
    rng = np.random.default_rng(11)
    for _ in range(20):
        values = 0.4 * np.exp(-np.arange(60) / rng.uniform(2, 10)) + 0.02 * rng.standard_normal(60)
        assert mser(values) == least_by_hand(values.tolist()) > 0


def test_a_steady_series_and_a_beginning_under_five_percent_are_not_cut() -> None:
    assert mser(np.array([0.01, -0.01] * 10)) == 0
    assert mser(np.array([0.04] * 3 + [0.0001, -0.0001] * 10)) == 0
    assert mser(np.array([0.06] * 3 + [0.0001, -0.0001] * 10)) == 3


def test_a_series_that_still_changes_when_half_of_it_is_over_never_settles() -> None:
    assert mser(np.linspace(1.0, 0.0, 40)) is None


def test_too_few_batches_say_nothing_of_a_transient() -> None:
    assert mser(np.array([1.0] + [0.0] * 10)) == 0


def test_noise_alone_is_hardly_ever_cut() -> None:
    rng = np.random.default_rng(5)
    cuts = [mser(0.03 * rng.standard_normal(120)) for _ in range(200)]
    assert sum(cut != 0 for cut in cuts) <= 4


@pytest.mark.parametrize(("time_scale", "needed_s"), [(1.0, 120), (0.03, 4), (0.011, 1), (0.001, 1), (2.0, 120)])
def test_two_minutes_of_running_come_first_and_shrink_with_the_scenario(time_scale: float, needed_s: int) -> None:
    assert running_needed_s(time_scale) == needed_s


def test_slow_first_seconds_of_a_stage_are_left_out_and_it_is_said() -> None:
    found = warm_up(observed_of([60_000.0] * 20 + [40_000.0] * 52), SCALE)
    assert 8 <= found.cut_s <= 20  # the least MSER may lie a little beyond the step, never before it
    assert found.because == f"its first {found.cut_s} s are still a transient (MSER-5)"


def test_the_longest_transient_of_percentiles_and_throughput_counts() -> None:
    """The rate rises 4 s into the stage, the latency not at all."""
    slow, full = np.repeat(np.arange(16), 60), np.repeat(np.arange(16, 72), 100)
    seconds = np.concatenate([slow, full])
    noise = np.exp(0.05 * np.random.default_rng(7).standard_normal(seconds.size))
    run = build_run(Requests().add(SLOTS, seconds.tolist(), 40_000 * noise), PLAN)
    assert 4 <= warm_up(observe(run, PLAN.stages[1]), SCALE).cut_s <= 16


def test_a_steady_stage_is_used_whole() -> None:
    observed = observed_of([40_000.0] * 72)
    assert warm_up(observed, SCALE) == WarmUp(0, "")
    assert settled(observed, SCALE) is observed


def test_a_stage_that_never_settles_says_so() -> None:
    found = warm_up(observed_of(np.linspace(80_000.0, 20_000.0, 72)), SCALE)
    assert found.unsettled
    assert "never settled" in found.because


def test_a_stage_half_of_which_lies_in_the_first_two_minutes_is_too_short() -> None:
    found = warm_up(observed_of([40_000.0] * 8, scenario="smoke"), SCALE)  # 2 s of warm-up, 6 s steady
    assert found == WarmUp(0, "only 2 s of running before the stage; a comparison needs 12 s", short=True)


def test_what_is_left_is_what_those_seconds_saw() -> None:
    observed = observed_of([60_000.0] * 20 + [40_000.0] * 52)
    rest, plain = observed.after(8), observed_of([40_000.0] * 72)
    assert (rest.first, rest.seconds) == (20, 52)
    assert rest.histogram().count == 52 * PER_SECOND
    assert rest.outcome_counts() == plain.after(8).outcome_counts()
    assert np.array_equal(rest.histogram().counts, plain.after(8).histogram().counts)
    assert settled(observed, SCALE).first == observed.first + warm_up(observed, SCALE).cut_s
    assert observed.after(100).seconds == 1
