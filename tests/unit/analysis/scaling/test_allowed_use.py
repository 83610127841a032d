"""How much of a pool each mix may use until a latency objective breaks."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.scaling.allowed_use import Judged, QuietOperations, allowed_use, stretch_at
from scenarios.objectives import ObjectiveSet

FAST, SLOW, FREE = "GET /fast", "GET /slow", "GET /free"
RESPONSE_US = np.array([100_000.0, 150_000.0, 400_000.0])
MANY = 100_000


def objectives(limit_ms: float = 200.0, scope: str = "together") -> ObjectiveSet:
    row = {
        "name": "p95",
        "title": "p95",
        "metric": "response_p95",
        "limit": f"{limit_ms:g} ms",
        "unit": "s",
        "scope": scope,
    }
    return ObjectiveSet.model_validate({"format_version": 1, "name": "o", "title": "o", "objective": [row]})


def quiet(**changes: object) -> QuietOperations:
    """One place; all hold it for 50 ms; the fast one takes 100 ms without a queue, the slow one 150 ms."""
    made = QuietOperations(
        places=1,
        names=(FAST, SLOW, FREE),
        demand_s=np.array([0.05, 0.05, 0.0]),
        response_us=RESPONSE_US,
        counts=np.array([[500.0, 0.0, 0.0], [0.0, 500.0, 0.0], [500.0, 0.0, 0.0]]),
        shares=np.array([0.5, 0.5, 0.0]),
        holds=1.0,
        variability=1.0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


def use_of(mix: dict[str, float], given: QuietOperations | None = None) -> float | None:
    found = allowed_use(given or quiet(), mix, Judged(objectives(), MANY))
    assert found is not None
    return found.use


def test_one_place_that_is_held_exponentially_is_the_queue_of_theory() -> None:
    """By hand: of M/M/1 P(W > 100 ms) = u exp(-100 (1 - u) / 50) is 5 % at u = 0.2322."""
    assert use_of({FAST: 1.0}) == pytest.approx(0.2322, abs=0.0005)


def test_a_mix_with_less_room_is_allowed_less() -> None:
    """By hand: u exp(-50 (1 - u) / 50) is 5 % at u = 0.1205."""
    assert use_of({SLOW: 1.0}) == pytest.approx(0.1205, abs=0.0005)
    both, fast = use_of({FAST: 1.0, SLOW: 1.0}), use_of({FAST: 1.0})
    assert both is not None
    assert fast is not None
    assert 0.1205 < both < fast


def test_a_mix_that_is_too_slow_without_a_queue_is_allowed_nothing_and_the_objective_is_named() -> None:
    given = quiet(counts=np.array([[500.0, 0.0, 0.0], [0.0, 400.0, 100.0], [500.0, 0.0, 0.0]]))
    found = allowed_use(given, {SLOW: 1.0}, Judged(objectives(), MANY))
    assert found is not None
    assert (found.use, found.rule) == (None, "p95")
    assert use_of({SLOW: 1.0, FAST: 9.0}, given) is not None  # 2 % of all are late without a queue


def test_who_holds_no_place_does_not_wait() -> None:
    """By hand: half of the requests wait, so that 2 x 5 % of these may be late: u exp(-2 (1 - u)) is 10 % at u = 0.360."""
    assert use_of({FAST: 1.0, FREE: 1.0}) == pytest.approx(0.3598, abs=0.0005)
    assert allowed_use(quiet(), {FREE: 1.0}, Judged(objectives(), MANY)) is None


def test_places_that_are_held_unequally_long_make_longer_waits() -> None:
    """10 and 90 ms in equal numbers vary by 0.64 more than the same 50 ms each."""
    unequal = quiet(demand_s=np.array([0.01, 0.09, 0.0]), variability=0.64)
    same = quiet(demand_s=np.array([0.05, 0.05, 0.0]), variability=0.64)
    even = {FAST: 1.0, SLOW: 1.0}
    assert use_of(even, unequal) == pytest.approx(use_of(even, same))  # as it was measured
    only_short = use_of({FAST: 1.0}, unequal)
    assert only_short is not None
    assert only_short > 0.5  # all of 10 ms, without any variation: hardly a wait of 100 ms


def test_an_operation_with_few_requests_is_not_judged_alone() -> None:
    given = quiet(counts=np.array([[500.0, 0.0, 0.0], [0.0, 400.0, 100.0], [500.0, 0.0, 0.0]]))
    mix = {FAST: 99.0, SLOW: 1.0}
    many = allowed_use(given, mix, Judged(objectives(scope="each"), 10_000))
    few = allowed_use(given, mix, Judged(objectives(scope="each"), 1_000))  # ten slow ones; p95 needs 59
    assert many is not None
    assert few is not None
    assert (many.use, many.rule) == (None, f"p95 ({SLOW})")
    assert few.use == pytest.approx(0.2322, abs=0.002)


def test_waits_that_are_longer_than_by_the_model_are_told_from_where_a_mix_broke_and_hold_for_others() -> None:
    """By hand: with waits twice as long u exp(-100 (1 - u) / 100) is 5 % at u = 0.1205."""
    judged = Judged(objectives(), MANY)
    assert stretch_at(quiet(), {FAST: 1.0}, judged, 0.2322) == pytest.approx(1.0, abs=0.005)
    assert stretch_at(quiet(), {FAST: 1.0}, judged, 0.1205) == pytest.approx(2.0, abs=0.01)
    longer = allowed_use(quiet(), {FAST: 1.0}, judged, stretch=2.0)
    assert longer is not None
    assert longer.use == pytest.approx(0.1205, abs=0.0005)


def test_a_model_that_is_more_than_three_times_off_tells_nothing() -> None:
    assert stretch_at(quiet(), {FAST: 1.0}, Judged(objectives(), MANY), 0.9) is None
    assert stretch_at(quiet(), {FREE: 1.0}, Judged(objectives(), MANY), 0.5) is None
