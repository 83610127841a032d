"""Capacity: places over the mean time a request holds one."""

import math

import pytest

from sandbox.app import OPERATIONS
from sandbox.capacity import BOOKING_MIX, capacity_per_s, mean_hold_s
from sandbox.pool import PLACES
from sandbox.timing import SERVICE_TIMES, SLOTS, crowded


def test_capacity_of_one_operation_by_hand() -> None:
    # 72 ms · exp(0.31² / 2) = 72 · 1.0492 = 75.54 ms; 4 places / 75.54 ms = 52.95 per s
    assert capacity_per_s(4, {SLOTS: 1}) == pytest.approx(52.95, abs=0.01)


def test_requests_that_hold_no_place_count_in_the_mix() -> None:
    assert mean_hold_s({SLOTS: 1, "GET /health": 1}) == pytest.approx(mean_hold_s({SLOTS: 1}) / 2)
    assert math.isinf(capacity_per_s(4, {"GET /health": 1}))


def test_capacity_grows_with_places_and_falls_with_the_factor() -> None:
    plain = capacity_per_s(10, BOOKING_MIX)
    assert capacity_per_s(20, BOOKING_MIX) == pytest.approx(2 * plain)
    assert capacity_per_s(10, BOOKING_MIX, factor=4.0) == pytest.approx(plain / 4)


def test_who_holds_places_beside_each_other_is_slowed_as_the_law_says() -> None:
    # 3 held with a = 0.1, b = 0.05: 1 + 0.1 · 2 + 0.05 · 3 · 2 = 1.5; one alone is not slowed
    assert crowded(3, 0.1, 0.05) == pytest.approx(1.5)
    assert crowded(1, 0.1, 0.05) == 1.0
    plain = capacity_per_s(3, BOOKING_MIX)
    assert capacity_per_s(3, BOOKING_MIX, contention=0.1, coherence=0.05) == pytest.approx(plain / 1.5)
    assert capacity_per_s(1, BOOKING_MIX, contention=0.1, coherence=0.05) == capacity_per_s(1, BOOKING_MIX)


def test_with_coherence_a_larger_pool_serves_less_beyond_its_peak() -> None:
    # n / (1 + 0.01 n (n - 1)) is largest at n = 1 / sqrt(0.01) = 10
    served = {places: capacity_per_s(places, BOOKING_MIX, coherence=0.01) for places in range(1, 21)}
    assert max(served, key=served.__getitem__) == 10


def test_provider_time_costs_no_capacity() -> None:
    assert mean_hold_s({"POST /auth/login": 1}) < 0.020  # of the 300 ms that it takes


def test_default_pool_serves_600_to_700_of_the_booking_mix() -> None:
    assert 600 < capacity_per_s(PLACES, BOOKING_MIX) < 700


def test_every_operation_of_the_mix_is_served_and_has_a_time() -> None:
    served = {operation.name for operation in OPERATIONS}
    assert set(BOOKING_MIX) <= served
    assert set(SERVICE_TIMES) <= served
