import numpy as np
import pytest

from analysis.growth.demand import Floats
from analysis.planning.capacity import of_demand
from analysis.planning.need import needed, sustained
from scenarios.price_list import PricedResource
from tests.unit.analysis.planning.build_inputs import application, capacity, database, price_list


def units(resource: PricedResource, rate_per_s: float, per_s: float = 400.0) -> int:
    need = needed(resource, price_list(resource), capacity("application", per_s), np.array([rate_per_s]))
    return int(need.units[0])


@pytest.mark.parametrize(
    ("rate_per_s", "expected"),
    [
        (10.0, 2),  # ceil(12.5 / 100) + 1
        (80.0, 2),  # exactly one, and the spare one
        (80.1, 3),
        (200.0, 4),  # ceil(250 / 100) + 1
        (1000.0, 14),  # ceil(1250 / 100) + 1
    ],
)
def test_units_are_the_ceiling_of_rate_and_headroom_over_one_and_a_spare(rate_per_s: float, expected: int) -> None:
    assert units(application(), rate_per_s) == expected


def test_what_one_sustains_is_cores_times_use_over_demand() -> None:
    """By hand: 28 ms of CPU a request, 4 cores at 70 %: 100 per s; so D X (1 + headroom) / (c U) = .028 x 200 x 1.25 / 2.8 = 2.5."""
    one: Floats = of_demand(np.array([0.028]), 4, 0.7)
    assert one[0] == pytest.approx(100)
    assert units(application(), 200.0, per_s=float(one[0]) * 4) == 3 + 1


def test_the_minimum_the_step_and_the_most_hold() -> None:
    assert units(application(minimum=3), 10.0) == 3
    assert units(application(step=4), 300.0) == 8  # five, bought by four
    prices, most = price_list(application(most=6)), application(most=6)
    need = needed(most, prices, capacity("application", 400.0), np.array([400.0, 1000.0]))
    assert need.units.tolist() == [6, 6]
    assert need.enough.tolist() == [True, False]


def test_memory_asks_for_more_units_where_it_is_used_up_first() -> None:
    """By hand: 70 % of 8 GB less 1.6 GB are 4 GB, at 80 MB for each request per s 50 per s a unit: ceil(250 / 50) + 1."""
    resource = application(memory_base="1.6 GB", memory_per_request_per_s="80 MB")
    assert units(resource, 200.0) == 6
    alone = needed(resource, price_list(resource), None, np.array([200.0]))
    assert alone.units.tolist() == [6]


def test_a_resource_of_which_nothing_is_known_stays_as_it_is() -> None:
    need = needed(application(), price_list(), None, np.array([1e6]))
    assert (need.units.tolist(), need.enough.tolist()) == ([4], [True])
    assert sustained(application(), price_list(), None, 1) is None


def test_a_database_becomes_the_smallest_size_that_suffices_and_never_a_smaller_one() -> None:
    """By hand: 500, 1,000 and 2,000 per s by vCPUs, and 25 % of headroom."""
    rates = np.array([300.0, 401.0, 801.0, 1601.0])
    need = needed(database(), price_list(), capacity("database", 500.0, units=1), rates)
    assert [need.sizes[size].name for size in need.size.tolist()] == ["small", "large", "huge", "huge"]
    assert need.enough.tolist() == [True, True, True, False]
    assert need.units.tolist() == [1, 1, 1, 1]
    larger = database(instance="large")
    need = needed(larger, price_list(larger), capacity("database", 500.0, units=1), np.array([10.0, 401.0]))
    assert [need.sizes[size].name for size in need.size.tolist()] == ["large", "huge"]


def test_the_capacity_of_a_database_with_a_standby_is_that_of_one() -> None:
    pair = database(now=2)
    draws = sustained(pair, price_list(pair), capacity("database", 500.0, units=2), 3)
    assert draws is not None
    assert draws.tolist() == [500.0] * 3


def test_weeks_and_paths_are_answered_in_their_shape() -> None:
    need = needed(application(), price_list(), capacity("application", 400.0), np.full((3, 5), 200.0))
    assert need.units.shape == need.size.shape == need.enough.shape == (3, 5)
    need = needed(database(), price_list(), capacity("database", 500.0, units=1), np.full((3, 5), 401.0))
    assert need.size.tolist() == [[1] * 5] * 3


def test_an_unsure_capacity_makes_an_unsure_need() -> None:
    unsure = capacity("application", 400.0)
    spread = type(unsure)("application", np.linspace(300, 500, 101), 4, 0.7, "ratio", "run-1")
    need = needed(application(), price_list(), spread, np.full(2000, 200.0))
    assert set(need.units.tolist()) == {3, 4, 5}  # ceil(250 / 75 … 125) + 1
