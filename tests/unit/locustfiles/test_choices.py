import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locustfiles.journeys.choices import SERVICES, pick_barber, pick_day, pick_service, pick_time
from scenarios.mix import Popularity
from tests.unit.locustfiles.conftest import TODAY


def test_barbers_are_wanted_by_zipfs_law() -> None:
    rng = random.Random(1)
    counts = Counter(pick_barber(rng, [10, 20, 30], Popularity(barbers=1.0)) for _ in range(11_000))
    # 1 : 1/2 : 1/3 of 11,000 is 6,000 : 3,000 : 2,000; three standard deviations are about 157
    assert [counts[number] for number in (10, 20, 30)] == pytest.approx([6000, 3000, 2000], abs=160)


def test_with_exponent_0_barbers_are_wanted_evenly() -> None:
    rng = random.Random(1)
    counts = Counter(pick_barber(rng, [10, 20], Popularity(barbers=0)) for _ in range(10_000))
    assert counts[10] == pytest.approx(5000, abs=150)


def test_after_work_is_wanted_more_than_the_morning() -> None:
    rng = random.Random(1)
    counts = Counter(pick_time(rng, ["09:00", "17:30"], Popularity()) for _ in range(1000))
    assert counts["17:30"] > 2 * counts["09:00"]


def test_an_hour_nobody_thought_of_can_be_chosen() -> None:
    assert pick_time(random.Random(1), ["03:00"], Popularity()) == "03:00"


@given(st.integers(1, 30), st.integers(0, 10_000))
def test_days_are_from_tomorrow_to_the_last(days_ahead: int, seed: int) -> None:
    day = pick_day(random.Random(seed), TODAY, Popularity(days_ahead=days_ahead))
    assert day is not None
    assert 1 <= (day - TODAY).days <= days_ahead


def test_nearer_days_are_likelier() -> None:
    rng = random.Random(1)
    days = [pick_day(rng, TODAY, Popularity(days_ahead=28)) for _ in range(1000)]
    near = sum(1 for day in days if day is not None and (day - TODAY).days <= 14)
    assert near > 650  # 301 of 406 parts, 74 %


def test_a_day_seen_is_not_picked_again() -> None:
    seen = frozenset({TODAY + timedelta(days=1)})
    assert pick_day(random.Random(1), TODAY, Popularity(days_ahead=2), seen) == TODAY + timedelta(days=2)
    assert pick_day(random.Random(1), TODAY, Popularity(days_ahead=1), seen) is None


def test_services_are_those_the_api_takes() -> None:
    rng = random.Random(1)
    assert {pick_service(rng) for _ in range(200)} == set(SERVICES) == {"Haircut", "Shave", "Haircut & Shave"}
