"""What a priced resource sustains, from a climb on a pool whose capacity is known."""

import numpy as np
import pytest

from analysis.planning.capacity import WHOLE, Capacity
from analysis.quarter.climbed import Climbed
from analysis.quarter.resources import USE_LIMIT, capacities_of
from analysis.quarter.sustained import sustained_of
from scenarios.errors import ScenarioError
from tests.unit.analysis.planning.build_inputs import application, price_list
from tests.unit.analysis.quarter.build_quarter import pool


@pytest.fixture(scope="module")
def climb() -> Climbed:
    return pool()


def found(climb: Climbed, *names: str, measured: int | None = None) -> tuple[dict[str, Capacity], tuple[str, ...]]:
    prices = price_list(application(measured_as=names))
    rows, told = capacities_of(
        [climb], sustained_of([climb]), prices, {} if measured is None else {"application": measured}
    )
    return {row.resource: row for row in rows}, told


def test_what_held_the_target_back_sustains_what_the_whole_does(climb: Climbed) -> None:
    rows, told = found(climb, "connection pool", "CPU", measured=2)
    assert np.array_equal(rows["application"].draws_per_s, rows[WHOLE].draws_per_s)
    assert (rows["application"].units, rows[WHOLE].units) == (2, 2)
    assert rows["application"].limit == pytest.approx(
        60 * 0.05 / 4, rel=0.2
    )  # the use at about 60 per s of 50 ms on 4 places
    assert "connection pool decides" in told[0]
    assert len(told) == 1


def test_another_resource_sustains_its_limit_over_its_demand(climb: Climbed) -> None:
    """The CPU of this climb is 35 % in use at its busiest second, and in proportion below it."""
    rows, told = found(climb, "CPU")
    assert rows["application"].limit == USE_LIMIT
    points = [
        (step.request_rate_per_s, use.use) for step in climb.found.steps for use in step.uses if use.resource == "CPU"
    ]
    share = np.median([(use or 0.0) / rate for rate, use in points])
    assert np.median(rows["application"].draws_per_s) == pytest.approx(USE_LIMIT / share, rel=0.1)
    assert "taken to have had 4 × application" in told[1]


def test_a_resource_that_no_probe_saw_has_no_capacity(climb: Climbed) -> None:
    rows, told = found(climb, "disk")
    assert list(rows) == [WHOLE]
    assert told == (
        'application: nothing is seen by "disk" of its measured_as, which is no resource of the target sandbox; known: CPU, connection pool',
    )


def test_an_unknown_or_empty_count_is_refused(climb: Climbed) -> None:
    with pytest.raises(ScenarioError, match="application is 0; expected 1 to 10,000"):
        found(climb, "CPU", measured=0)
