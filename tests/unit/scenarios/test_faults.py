"""Faults of a scenario, laid out in seconds; each mistake gets its line."""

from typing import Any

import pytest

from scenarios.errors import ScenarioError
from scenarios.fault import Fault
from scenarios.injection import lay_out_faults
from scenarios.layout import PlannedStage
from scenarios.library import load_plan
from scenarios.plan import Plan
from scenarios.scenario import StageKind

PLANT = {"name": "outage", "kind": "sandbox", "plant": "stripe-outage", "at": "30 s", "duration": "20 s"}


def stage(name: str, start_s: float, end_s: float) -> PlannedStage:
    return PlannedStage(
        name=name,
        kind=StageKind.STEADY,
        level=1.0,
        from_level=1.0,
        start_s=start_s,
        end_s=end_s,
        sessions_per_s=1.0,
        users=0,
    )


STAGES = (stage("before", 0.0, 100.0), stage("broken", 100.0, 400.0))


def fault(**changes: Any) -> Fault:
    return Fault.model_validate({**PLANT, **changes})


def times(*faults: Fault, time_scale: float = 1.0) -> list[tuple[str, int, float, float]]:
    planned, problems = lay_out_faults(faults, STAGES, time_scale)
    assert not problems
    return [(one.name, one.number, one.start_s, one.end_s) for one in planned]


def test_a_fault_counts_from_the_start_of_the_run() -> None:
    assert times(fault()) == [("outage", 1, 30.0, 50.0)]


def test_a_fault_of_a_stage_counts_from_its_start() -> None:
    assert times(fault(stage="broken")) == [("outage", 1, 130.0, 150.0)]


def test_a_fault_comes_again_as_often_as_asked() -> None:
    found = times(fault(repeat=3, every="60 s"))
    assert found == [("outage", 1, 30.0, 50.0), ("outage", 2, 90.0, 110.0), ("outage", 3, 150.0, 170.0)]


def test_times_scale_with_the_run() -> None:
    assert times(fault(repeat=2, every="60 s"), time_scale=0.5) == [
        ("outage", 1, 15.0, 25.0),
        ("outage", 2, 45.0, 55.0),
    ]


def test_no_fault_is_shorter_than_a_second() -> None:
    assert times(fault(), time_scale=0.01) == [("outage", 1, 0.3, 1.3)]


def test_several_faults_are_in_the_order_of_their_beginnings() -> None:
    names = [name for name, *_ in times(fault(name="late", at="90 s"), fault(name="early", at="10 s"))]
    assert names == ["early", "late"]


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ([fault(stage="brocken")], 'faults[0] (outage): stage is "brocken", which is no stage; did you mean "broken"?'),
        ([fault(stage="broken", at="290 s")], "faults[0] (outage) ends at 410 s, the run at 400 s; expected earlier"),
        ([fault(), fault()], "the name outage appears twice"),
        ([fault(name=f"many{n}", repeat=100, every="21 s", duration="1 s") for n in range(3)], "300 injections; expected at most 200"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_run_is_said(faults: list[Fault], said: str) -> None:
    _, problems = lay_out_faults(tuple(faults), STAGES, 1.0)
    assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"plant": None}, "has no plant; the kind sandbox needs plant"),
        ({"start": ["ls"]}, "has start, which the kind sandbox does not know"),
        ({"kind": "command", "plant": None}, "has no start"),
        ({"kind": "toxiproxy", "plant": None}, "has no url and no proxy and no toxic"),
        ({"kind": "chaos", "plant": None}, "has no experiment"),
        ({"at": "-1 s"}, "has at = -1 s; expected 0 or more"),
        ({"repeat": 2}, "has only one of repeat"),
        ({"every": "60 s"}, "has only one of repeat"),
        ({"repeat": 2, "every": "20 s"}, "expected longer than it lasts"),
        ({"duration": "0 s"}, "expected more than 0"),
    ],
)
def test_each_mistake_of_a_fault_gets_its_line(changes: dict[str, Any], said: str) -> None:
    given = {key: value for key, value in {**PLANT, **changes}.items() if value is not None}
    with pytest.raises(ValueError, match=r"has|expected") as caught:
        Fault.model_validate(given)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["failover", "recovery"])
def test_shipped_faults_survive_the_manifest(name: str) -> None:
    plan = load_plan(name, time_scale=0.05)
    assert plan.faults
    assert plan.duration_s <= 60
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_how_long_an_instance_stays_away_scales_with_the_run() -> None:
    shop = load_plan("failover", time_scale=0.05).target.sandbox
    assert shop is not None
    assert shop.restart_after == pytest.approx(3.0)


def test_faults_are_part_of_what_a_run_is() -> None:
    assert load_plan("failover").scenario_digest != load_plan("baseline").scenario_digest


def test_all_problems_of_a_scenarios_faults_are_told_at_once(tmp_path: Any) -> None:
    text = (
        'format_version = 1\nname = "trial"\ntitle = "Trial"\nmodel = "open"\nmix = "everyday"\nobjectives = "resilience"\nseed = 1\n'
        '[traffic]\nsessions_per_s = "5 per s"\n[[stages]]\nname = "steady"\nkind = "steady"\nlevel = 1.0\nduration = "60 s"\n'
        + "".join(
            f'[[faults]]\nname = "{name}"\nkind = "sandbox"\nplant = "errors"\nstage = "{where}"\nat = "55 s"\nduration = "10 s"\n'
            for name, where in (("one", "steady"), ("two", "stedy"))
        )
    )
    path = tmp_path / "trial.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_plan(str(path))
    assert len(caught.value.problems) == 2
