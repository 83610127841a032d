"""What a run gives the capacity model: the pool without a queue, and the demands of operations."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.observed import Observed, observe
from analysis.scaling.evidence import Pool, demands, levels_of, pool_of, spread_of
from analysis.signal import Buckets
from analysis.staircase import Step
from records.run import Run
from scenarios.library import load_target
from tests.unit.analysis.build_probes import seen, series_of
from tests.unit.analysis.build_run import BARBERS, SLOTS, Requests, build_run, plan_of

SECONDS = 46  # of the run that the probes saw
EACH_S = 40  # slots a second
HOLD_S = 0.05
PLACES = 10


def run_with(values: Mapping[str, Any]) -> tuple[Run, list[Observed]]:
    """Return a run whose pool was seen as told; slots and barbers take turns in being asked often."""
    plan = plan_of("weekly_regression", 0.04)
    plan = plan.model_copy(update={"target": load_target("sandbox")})
    requests = Requests()
    for second in range(SECONDS):
        requests.add(SLOTS, [second] * (EACH_S + second % 5 * 4), 60_000.0)
        requests.add(BARBERS, [second] * (20 + second % 3 * 6), 10_000.0)
    run = replace(build_run(requests, plan), probes=series_of(seen("shop", values)))
    return run, [observe(run, stage) for stage in plan.stages if stage.is_judged and stage.end_s <= SECONDS]


def pool_values(**changed: Any) -> dict[str, Any]:
    """Return what /metrics shows second by second: a slot holds a place for 50 ms, barbers for 10 ms."""
    slots = np.array([0.0, *(EACH_S + second % 5 * 4 for second in range(SECONDS))])
    barbers = np.array([0.0, *(20 + second % 3 * 6 for second in range(SECONDS))])
    busy_s, asked = np.cumsum(slots * HOLD_S + barbers * 0.01), np.cumsum(slots + barbers)
    given = {
        "db_pool_in_use": np.full(SECONDS + 1, 2.8),
        "db_pool_size": np.full(SECONDS + 1, float(PLACES)),
        "db_pool_wait_seconds_sum": np.zeros(SECONDS + 1),
        "db_pool_wait_seconds_count": asked,
        "db_pool_hold_seconds sum": busy_s,
        "db_pool_hold_seconds le=0.02": np.cumsum(barbers),
        "db_pool_hold_seconds le=inf": asked,
    }
    return {name: values for name, values in {**given, **changed}.items() if values is not None}


def pool(run: Run, stages: list[Observed]) -> Pool:
    found = pool_of(run, run.manifest.plan.target.resources[0], stages)
    assert isinstance(found, Pool), found
    return found


def test_places_and_hold_are_what_the_histogram_says() -> None:
    found = pool(*run_with(pool_values()))
    assert found.places == PLACES
    assert found.quiet.holds == pytest.approx(1.0, rel=0.02)
    low, high = 0.01, HOLD_S  # of two operations
    assert low < found.quiet.hold_s < high
    assert found.quiet.demand_s == pytest.approx((48 * HOLD_S + 26 * 0.01) / 74, rel=0.03)


def test_without_a_histogram_use_and_rate_tell_the_demand() -> None:
    gone = {name: None for name in pool_values() if name.startswith("db_pool_hold")}
    found = pool(*run_with(pool_values(**gone)))
    assert found.quiet.demand_s == pytest.approx(2.8 / 74, rel=0.03)  # places held over requests a second
    assert "taken as exponential" in " ".join(found.said)


def changing(before: tuple[int, int], after: tuple[int, int], others: int = 0) -> tuple[Run, list[Observed]]:
    """Return a run whose second judged stage has other numbers of slots and barbers a second; others ask for places, too."""
    plan = plan_of("weekly_regression", 0.04).model_copy(update={"target": load_target("sandbox")})
    judged = [stage for stage in plan.stages if stage.is_judged][:2]
    requests, per_s = Requests(), []
    for second in range(int(judged[1].end_s) + 1):
        slots, barbers = before if second < judged[0].end_s else after
        requests.add(SLOTS, [second] * slots, 60_000.0)
        requests.add(BARBERS, [second] * barbers, 10_000.0)
        per_s.append(slots + barbers + others)
    asked = np.array([0.0, *np.cumsum(per_s)])
    values = {
        "db_pool_in_use": np.full(asked.size, 2.0), "db_pool_size": np.full(asked.size, float(PLACES)),
        "db_pool_wait_seconds_sum": np.zeros(asked.size), "db_pool_wait_seconds_count": asked,
        "db_pool_hold_seconds sum": asked * HOLD_S, "db_pool_hold_seconds le=0.1": asked, "db_pool_hold_seconds le=inf": asked,
    }  # fmt: skip
    run = replace(build_run(requests, plan), probes=series_of(seen("shop", values)))
    return run, [observe(run, stage) for stage in judged]


def test_what_others_ask_for_does_not_grow_with_the_load() -> None:
    found = pool(*changing((10, 10), (20, 20), others=2))
    assert found.quiet.holds == pytest.approx(1.0, rel=0.01)
    assert found.quiet.others_per_s == pytest.approx(2.0, rel=0.1)
    alone = pool(*changing((10, 10), (20, 20)))
    assert alone.quiet.others_per_s == pytest.approx(0.0, abs=0.05)
    assert alone.quiet.holds == pytest.approx(1.0, rel=0.01)


def test_rates_that_are_near_each_other_do_not_tell_others_from_the_load() -> None:
    found = pool(*changing((10, 10), (11, 11), others=2))
    assert found.quiet.others_per_s == 0
    assert found.quiet.holds == pytest.approx(44 / 42 * 1.0, rel=0.05)


def test_responses_count_as_often_as_their_operation_came_later() -> None:
    """By hand: half of the quiet stage's requests are slots of 60 ms, three quarters of the later one's."""
    run, (first, second) = changing((20, 20), (30, 10))
    slow = pool_of(run, run.manifest.plan.target.resources[0], [first], [second])
    assert isinstance(slow, Pool)
    assert share_over(pool(run, [first]), 30_000.0) == pytest.approx(0.5)
    assert share_over(slow, 30_000.0) == pytest.approx(0.75)
    assert slow.quiet.counts.sum() < pool(run, [first]).quiet.counts.sum()  # weights tell less than equal ones
    assert any("25 % of them are another operation's" in text for text in slow.said)


def share_over(found: Pool, limit_us: float) -> float:
    return float(found.quiet.counts[found.quiet.response_us > limit_us].sum() / found.quiet.counts.sum())


def test_a_busy_pool_tells_nothing_and_says_so() -> None:
    run, stages = run_with(pool_values(db_pool_in_use=np.full(SECONDS + 1, 9.0)))
    assert "no stage in which" in str(pool_of(run, run.manifest.plan.target.resources[0], stages))


def test_a_use_that_is_no_share_of_places_is_refused() -> None:
    run, stages = run_with(pool_values())
    cpu = next(row for row in run.manifest.plan.target.resources if row.use == "cpu")
    assert "not a gauge with a share_of" in str(pool_of(run, cpu, stages))


def test_demands_are_told_apart_by_how_the_counts_change() -> None:
    run, stages = run_with(pool_values())
    found = demands(run, run.manifest.plan.target.resources[0], stages, seed=1)
    told = {row.operation: row.demand_s for row in found.rows}
    assert told == pytest.approx({SLOTS: HOLD_S, BARBERS: 0.01}, rel=0.05)


def test_buckets_spread_evenly_have_the_variation_of_a_rectangle() -> None:
    # 0 to 1 evenly: variance 1/12, mean 1/2
    assert spread_of(Buckets((1.0, float("inf")), (100.0, 100.0))) == pytest.approx(1 / 3)


def test_void_steps_are_no_levels() -> None:
    step = Step("a", 1.0, 10.0, 1.0, 60.0, None, None, 600, 0.0, None, (), (), good=None, because="void")
    assert levels_of([step, replace(step, good=False), replace(step, good=True)])[0].load == 10.0
    assert len(levels_of([step, replace(step, good=False), replace(step, good=True)])) == 2
