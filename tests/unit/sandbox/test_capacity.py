"""Capacity: places over the mean time a request holds one."""

import math

import pytest

from sandbox.app import OPERATIONS
from sandbox.capacity import BOOKING_MIX, capacity_per_s, mean_hold_s
from sandbox.pool import PLACES
from sandbox.timing import SERVICE_TIMES, SLOTS


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


def test_provider_time_costs_no_capacity() -> None:
    assert mean_hold_s({"POST /auth/login": 1}) < 0.020  # of the 300 ms that it takes


def test_default_pool_serves_600_to_700_of_the_booking_mix() -> None:
    assert 600 < capacity_per_s(PLACES, BOOKING_MIX) < 700


def test_every_operation_of_the_mix_is_served_and_has_a_time() -> None:
    served = {operation.name for operation in OPERATIONS}
    assert set(BOOKING_MIX) <= served
    assert set(SERVICE_TIMES) <= served
