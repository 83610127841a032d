"""Rules of the key under which runs are compared."""

import pytest

from analysis.key import differences, stage_key
from records.baseline import Key
from records.manifest import Manifest
from scenarios.plan import Plan, started_afresh
from tests.unit.analysis.build_run import Requests, build_run, plan_of


def manifest_of(plan: Plan) -> Manifest:
    return build_run(Requests(), plan).manifest


def key_of(plan: Plan, stage: str = "baseline", **changes: object) -> Key:
    planned = next(planned for planned in plan.stages if planned.name == stage)
    return stage_key(manifest_of(plan).model_copy(update=changes), planned)


def test_the_baseline_stage_of_the_weekly_regression_has_the_baseline_scenarios_key() -> None:
    assert key_of(plan_of("weekly_regression")) == key_of(plan_of("baseline"))


def test_another_level_has_another_key() -> None:
    weekly = plan_of("weekly_regression")
    told = differences(key_of(weekly), key_of(weekly, "plus_50"))
    assert "level differs (1.0, here 1.5)" in told


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"seed": 1}, "load (model, arrivals, rate, mix, seed, or the stages before) differs"),
        ({"time_scale": 0.05}, "time scale differs (0.04, here 0.05)"),
        ({"pacing_s": 5.0}, "load (model, arrivals, rate, mix, seed, or the stages before) differs"),
        ({"load_scale": 2.0}, "load scale differs (1.0, here 2.0)"),
    ],
)
def test_a_changed_plan_is_named(change: dict[str, object], word: str) -> None:
    plan = plan_of("baseline")
    assert differences(key_of(plan), key_of(plan.model_copy(update=change))) == (word,)


def test_what_comes_before_the_stage_counts_and_what_comes_after_does_not() -> None:
    plan = plan_of("weekly_regression")
    shorter = plan.stages[0].model_copy(update={"end_s": 4.0})
    before = plan.model_copy(update={"stages": (shorter, *plan.stages[1:])})
    after = plan.model_copy(update={"stages": plan.stages[:2]})
    assert key_of(plan) != key_of(before)
    assert key_of(plan) == key_of(after)


def test_titles_do_not_count() -> None:
    plan = plan_of("baseline")
    renamed = plan.model_copy(update={"mix": plan.mix.model_copy(update={"title": "another"})})
    assert key_of(plan) == key_of(renamed)


def test_the_generators_version_and_the_data_set_count() -> None:
    plan = plan_of("baseline")
    newer = key_of(plan, versions={"rushhour": "0.2.0", "locust": "2.47.1"})
    assert differences(key_of(plan), newer) == (
        "generator differs (rushhour 0.1.0, locust 2.47.1, 1 worker, here rushhour 0.2.0, locust 2.47.1, 1 worker)",
    )
    shop = plan.target.sandbox
    assert shop is not None
    bigger = plan.target.model_copy(update={"sandbox": shop.model_copy(update={"barbers": 99})})
    assert differences(key_of(plan), key_of(plan.model_copy(update={"target": bigger})))[0].startswith(
        "data set differs"
    )


def test_the_address_of_the_embedded_sandbox_does_not_count() -> None:
    plan = plan_of("baseline")
    moved = plan.target.model_copy(update={"url": "http://127.0.0.1:1"})
    assert key_of(plan) == key_of(plan.model_copy(update={"target": moved}))


def test_another_recorded_series_has_another_key() -> None:
    plan = plan_of("recorded_day", time_scale=0.01)
    steeper = [
        stage.model_copy(
            update={"recorded": tuple(p.model_copy(update={"to_per_s": p.to_per_s + 1}) for p in stage.recorded)}
        )
        for stage in plan.stages
    ]
    other = plan.model_copy(update={"stages": tuple(steeper)})
    assert key_of(plan, "lunch").load_digest != key_of(other, "lunch").load_digest


@pytest.mark.parametrize("changed", [{"fast": False}, {"keep_alive": 5.0}])
def test_a_shop_started_otherwise_has_another_key(changed: dict[str, object]) -> None:
    plan = plan_of("capacity_10k", time_scale=0.1)
    assert plan.target.sandbox is not None
    slow = plan.target.sandbox.model_copy(update=changed)
    other = plan.model_copy(update={"target": plan.target.model_copy(update={"sandbox": slow})})
    (line,) = differences(key_of(other, "users_10k"), key_of(plan, "users_10k"))
    assert line.startswith("data set differs")


def test_what_a_session_was_measured_to_be_is_no_part_of_the_key() -> None:
    plan = plan_of("baseline")
    other = plan.model_copy(update={"mix": plan.mix.model_copy(update={"sessions": {}})})
    assert key_of(plan) == key_of(other)


def test_a_fresh_start_keeps_the_key() -> None:
    plan = plan_of("weekly_regression")
    assert key_of(started_afresh(plan, 3)) == key_of(plan)
