"""A queue for the places of a pool: against textbook values, and against what cannot be otherwise."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.scaling.places import Quiet, carried, hold_of, over, waits


def quiet(response_us: float = 50_000.0, hold_s: float = 0.05, variability: float = 1.0) -> Quiet:
    """Return a target that always answers in the same time without a queue."""
    return Quiet(np.array([response_us]), np.array([10_000.0]), hold_s, 1.0, variability, 0.0)


def test_erlang_c_has_the_values_of_the_textbook() -> None:
    assert waits(1, 0.7) == pytest.approx(0.7)  # one server: as often as it is busy
    assert waits(2, 0.5) == pytest.approx(1 / 3)  # 2 u^2 / (1 + u)
    assert waits(5, 0.8) == pytest.approx(0.5541, abs=1e-4)  # tables of Erlang's C, 4 erlang on 5 servers


def test_one_server_with_exponential_holds_follows_mm1() -> None:
    # M/M/1: P(wait > t) = u e^{-(1 - u) t / h}; h = 50 ms, u = 0.5, t = 150 ms: 0.5 e^{-1.5}
    assert over(quiet(), 1, 10.0, 200_000.0) == pytest.approx(0.5 * math.exp(-1.5), rel=1e-6)


def test_at_and_beyond_full_use_everybody_is_late() -> None:
    assert over(quiet(), 2, 40.0, 200_000.0) == 1.0


def test_the_rate_at_the_limit_solves_mm1_by_hand() -> None:
    found = carried(quiet(), 1, 200_000.0, 0.95, seed=1)
    assert found.request_rate_per_s is not None
    use = found.request_rate_per_s * 0.05
    assert use * math.exp(-(1 - use) * 3) == pytest.approx(0.05, rel=1e-3)


def test_what_others_ask_for_takes_its_part_of_the_places() -> None:
    # 2 a second of 50 ms on one place are a tenth of it: 8 of the load then fill what 10 filled alone
    others = replace(quiet(), others_per_s=2.0)
    assert over(others, 1, 8.0, 200_000.0) == pytest.approx(over(quiet(), 1, 10.0, 200_000.0))


def test_twice_the_places_carry_more_than_twice_as_much() -> None:
    five, ten = (carried(quiet(), places, 200_000.0, 0.95, seed=1).request_rate_per_s for places in (5, 10))
    assert five is not None
    assert ten is not None
    assert ten > 2 * five


def test_steady_holds_carry_more_than_varied_ones() -> None:
    steady, varied = (carried(quiet(variability=v), 5, 200_000.0, 0.95, seed=1).request_rate_per_s for v in (0.0, 2.0))
    assert steady is not None
    assert varied is not None
    assert steady > varied


def test_over_the_limit_without_a_queue_nothing_is_carried() -> None:
    assert carried(quiet(response_us=250_000.0), 5, 200_000.0, 0.95, seed=1).request_rate_per_s is None


def test_the_hold_of_steps_is_use_times_places_over_rate() -> None:
    hold_s, error = hold_of([0.25, 0.5], 10, [50.0, 100.0])
    assert hold_s == pytest.approx(0.05)
    assert error == pytest.approx(0.0, abs=1e-12)
