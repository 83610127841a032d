"""The fuse blows at more load than the target profile allows, and only then."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from loadgen.fuse import Fuse
from scenarios.scenario import Model
from scenarios.target import Limits

LIMITS = Limits.model_validate({"sessions_per_s": "50 per s", "users": 1000})


def sample(second: int, planned: int = 0, started: int | None = None, late: int = 0, users: int = 0) -> dict[str, Any]:
    return {
        "second": second,
        "planned": planned,
        "started": planned if started is None else started,
        "late": late,
        "users": users,
    }


def blown(samples: Iterable[dict[str, Any]], model: Model = Model.OPEN) -> str:
    fuse = Fuse(LIMITS, model)
    return next((why for each in samples if (why := fuse.see(each))), "")


@pytest.mark.parametrize("seed", range(5))
def test_poisson_arrivals_at_the_limit_itself_never_blow_it(seed: int) -> None:
    counts = np.random.default_rng(seed).poisson(50, size=3600)
    assert blown(sample(second, int(count)) for second, count in enumerate(counts)) == ""


def test_a_second_generators_worth_blows_it_within_seconds() -> None:
    counts = np.random.default_rng(1).poisson(100, size=10)
    why = blown(sample(second, int(count)) for second, count in enumerate(counts))
    assert "limits.sessions_per_s" in why
    assert int(why.split(" at ")[1].split(" s")[0]) <= 5


def test_workers_count_together() -> None:
    both = [sample(second, 40) for second in range(10) for _ in range(2)]
    assert blown(both)
    assert blown(both[::2]) == ""


def test_sessions_that_waited_for_a_target_that_stood_still_are_no_higher_rate() -> None:
    still = [sample(second, 50, started=0) for second in range(5)]
    burst = [sample(5, 50, started=300, late=250)]
    assert blown([*still, *burst, *(sample(second, 50) for second in range(6, 20))]) == ""


def test_starts_that_nobody_planned_count() -> None:
    assert blown(sample(second, 50, started=100) for second in range(10))


def test_a_user_too_many_blows_it_where_users_are_load() -> None:
    assert "1,001 users" in blown([sample(0, users=1001)], Model.CLOSED)
    assert blown([sample(0, users=1000)], Model.CLOSED) == ""


def test_free_places_of_the_open_model_are_no_load() -> None:
    assert blown([sample(0, users=5000)], Model.OPEN) == ""


def test_users_of_all_workers_count_together() -> None:
    assert blown([sample(0, users=600), sample(0, users=600)], Model.CLOSED)
