"""Demands of operations, nodes, users and gaps."""

import numpy as np
import pytest

from analysis.scaling.demand import demands_of
from analysis.scaling.nodes import carrying, gap, nodes_for, rate_of_users, users_of_rate

NAMES = ("slots", "book", "pay")
TRUTH_S = (0.04, 0.02, 0.1)


def seconds(size: int, noise: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return busy seconds and counts of so many seconds."""
    rng = np.random.default_rng(2)
    counts = rng.poisson((60, 20, 5), size=(size, 3)).astype(np.float64)
    return counts @ np.array(TRUTH_S) * (1 + noise * rng.standard_normal(size)), counts


def test_demands_are_found_from_the_changing_counts() -> None:
    found = demands_of("pool", *seconds(300), NAMES, seed=1)
    assert {row.operation: row.demand_s for row in found.rows} == pytest.approx(dict(zip(NAMES, TRUTH_S, strict=True)))
    assert found.rows[0].operation == "slots"  # 60 x 40 ms is the most


def test_intervals_of_noisy_seconds_have_the_truth() -> None:
    found = demands_of("pool", *seconds(600, noise=0.05), NAMES, seed=1)
    truth = dict(zip(NAMES, TRUTH_S, strict=True))
    assert all(row.interval[0] <= truth[row.operation] <= row.interval[1] for row in found.rows)


def test_a_mix_takes_the_mean_of_its_operations() -> None:
    found = demands_of("pool", *seconds(300), NAMES, seed=1)
    assert found.of_mix({"slots": 3, "pay": 1}) == pytest.approx((3 * 0.04 + 0.1) / 4)
    assert found.of_mix({"refund": 1}) is None


def test_draws_of_a_mix_are_those_of_its_operations_together() -> None:
    """Two operations that are always asked for one after the other: who takes what is not known, what both take is."""
    rng = np.random.default_rng(4)
    pairs = rng.poisson(30, size=300).astype(np.float64)
    counts = np.column_stack([pairs + rng.poisson(0.2, 300), pairs + rng.poisson(0.2, 300)])
    busy = counts @ np.array([0.04, 0.02]) * (1 + 0.05 * rng.standard_normal(300))
    found = demands_of("pool", busy, counts, ("slots", "book"), seed=1)
    together, apart = found.draws_of_mix({"slots": 1, "book": 1}), found.draws_of_mix({"slots": 1})
    assert together is not None
    assert apart is not None
    assert np.std(together) / 0.03 < 0.01
    assert np.std(apart) / 0.04 > 0.05
    assert np.median(together) == pytest.approx(found.of_mix({"slots": 1, "book": 1}))


def test_a_request_that_is_held_in_the_next_second_counts_for_its_own_operation() -> None:
    busy, counts = seconds(400)
    late = 0.3  # of each second's requests
    held = (1 - late) * busy + late * np.concatenate((busy[:1], busy[:-1]))
    found = demands_of("pool", held, counts, NAMES, seed=1)
    assert {row.operation: row.demand_s for row in found.rows} == pytest.approx(
        dict(zip(NAMES, TRUTH_S, strict=True)), rel=0.01
    )


def test_an_operation_that_was_hardly_asked_for_has_no_demand_and_its_time_is_nobody_elses() -> None:
    busy, counts = seconds(300)
    rare = np.zeros((300, 1))
    rare[::20] = 1.0  # 15 requests of 5 s each
    found = demands_of("pool", busy + 5.0 * rare[:, 0], np.hstack([counts, rare]), (*NAMES, "refund"), seed=1)
    assert {row.operation: row.demand_s for row in found.rows} == pytest.approx(
        dict(zip(NAMES, TRUTH_S, strict=True)), rel=1e-4
    )
    assert found.unknown({"slots": 1.0, "refund": 0.5}) == ("refund",)


def test_no_operation_takes_more_of_a_place_than_its_request_does() -> None:
    """Noise that the longest operation would be given: known to take 40 ms at most it is not, and the sum stays."""
    busy, counts = seconds(60, noise=0.2)
    free = demands_of("pool", busy, counts, NAMES, seed=1)
    bound = demands_of("pool", busy, counts, NAMES, seed=1, most_s=np.array([0.04, 0.02, 0.1]))
    most = dict(zip(NAMES, TRUTH_S, strict=True))
    assert any(row.demand_s > most[row.operation] * 1.01 for row in free.rows)
    assert all(row.demand_s <= most[row.operation] + 1e-9 for row in bound.rows)
    assert (bound.draws <= [most[row.operation] + 1e-9 for row in bound.rows]).all()
    mix = dict(zip(NAMES, counts.sum(axis=0), strict=True))
    assert bound.of_mix(mix) == pytest.approx(free.of_mix(mix), rel=0.05)


def test_a_hundredth_of_a_mix_may_be_unknown_and_is_taken_as_the_others() -> None:
    found = demands_of("pool", *seconds(300), NAMES, seed=1)
    assert found.unknown({"slots": 99.5, "refund": 0.5}) == ()
    assert found.of_mix({"slots": 99.5, "refund": 0.5}) == pytest.approx(0.04)
    assert found.unknown({"slots": 98.0, "refund": 1.2, "history": 0.8}) == ("refund", "history")


def test_intervals_of_a_mix_have_the_truth_nine_times_of_ten() -> None:
    """Forty series of four minutes, each request held for an exponential time; 30 ms in a request of the other mix."""
    truth = (0.04 + 0.02) / 2
    covered = 0
    for trial in range(40):
        rng = np.random.default_rng(100 + trial)
        counts = rng.poisson((20, 20, 5), size=(240, 3)).astype(np.float64)
        busy = rng.gamma(np.maximum(counts, 1e-9), np.array(TRUTH_S)).sum(axis=1)
        draws = demands_of("pool", busy, counts, NAMES, seed=trial).draws_of_mix({"slots": 1.0, "book": 1.0})
        assert draws is not None
        low, high = np.quantile(draws, [0.05, 0.95])
        covered += low <= truth <= high
    assert 30 <= covered <= 40


def test_gaps_of_the_probe_are_left_out_and_too_few_seconds_are_refused() -> None:
    busy, counts = seconds(300)
    busy[::7] = np.nan
    assert demands_of("pool", busy, counts, NAMES, seed=1).rows
    assert "expected 5 for each" in demands_of("pool", busy[:14], counts[:14], NAMES, seed=1).because


def test_a_lost_node_and_a_fifth_are_kept_in_reserve() -> None:
    four = carrying(400.0, 2, 4)
    assert (four.at_limit_per_s, four.one_lost_per_s) == (800.0, 600.0)
    assert four.safe_per_s == pytest.approx(480.0)
    assert carrying(400.0, 2, 1).safe_per_s == 0.0  # the only one may be lost


def test_the_fewest_safe_nodes() -> None:
    assert nodes_for(480.0, 400.0, 2) == 4
    assert nodes_for(481.0, 400.0, 2) == 5
    assert nodes_for(1e9, 400.0, 2) is None


def test_littles_law_turns_users_into_requests_and_back() -> None:
    assert rate_of_users(10_000, 60.0, 6.0) == 1000.0
    assert users_of_rate(1000.0, 60.0, 6.0) == 10_000


def test_a_gap_holds_only_where_its_whole_interval_does() -> None:
    assert gap(1000.0, 1200.0, [1100.0, 1200.0, 1300.0]).holds is True
    assert gap(1000.0, 1050.0, [900.0, 1050.0, 1200.0]).holds is None
    assert gap(1000.0, 500.0, [400.0, 500.0, 600.0]).holds is False
