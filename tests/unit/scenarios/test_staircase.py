"""Rules of staircases: steps as data, and the turn of a climb."""

import numpy as np
import pytest
from pydantic import ValidationError

from loadgen.schedule import arrivals
from loadgen.turn import plan_after
from scenarios.library import load_plan
from scenarios.plan import Plan
from scenarios.scenario import Scenario, StageKind
from scenarios.staircase import Staircase
from scenarios.turn import turn_back

GOOD = {
    "start": 2.0, "step_ratio": 1.1, "steps_past": 2, "most": 3.0, "settle": "1 min", "hold": "4 min",
    "back_down": {"level": 1.0, "duration": "3 min"},
}  # fmt: skip


def climb() -> Plan:
    return load_plan("exhaustion", time_scale=0.02, load_scale=0.2)


def test_each_step_is_the_ratio_above_the_one_before_up_to_the_most() -> None:
    assert Staircase.model_validate(GOOD).levels == (2.0, 2.2, 2.42, 2.662, 2.9282)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"most": 1.0}, "most is 1; expected at least start, 2"),
        ({"step_ratio": 1.001}, "more than 60 steps"),
        ({"step_ratio": 1.0}, "greater than 1"),
        ({"steps_past": 0}, "greater than or equal to 1"),
    ],
)
def test_each_mistake_in_a_staircase_gets_its_words(given: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        Staircase.model_validate({**GOOD, **given})


def test_a_staircase_becomes_stages_that_settle_hold_and_go_back_down() -> None:
    plan = climb()
    names = [stage.name for stage in plan.stages]
    assert names[:6] == ["warm_up", "baseline", "settle_1", "step_1", "settle_2", "step_2"]
    assert names[-1] == "back_down"
    assert [stage.kind for stage in plan.stages[2:4]] == [StageKind.WARM_UP, StageKind.STEP]
    assert plan.stages[-1].sessions_per_s == pytest.approx(36 * 0.2)
    assert all(before.end_s == after.start_s for before, after in zip(plan.stages, plan.stages[1:], strict=False))


def test_a_staircase_is_no_load_of_the_closed_model() -> None:
    stage = {"name": "steady", "kind": "steady", "level": 1.0, "duration": "1 min"}
    text = {
        "format_version": 1, "name": "x", "title": "x", "model": "closed", "mix": "everyday", "objectives": "bookedbarber", "seed": 1,
        "traffic": {"users": 10}, "stages": [stage], "staircase": GOOD,
    }  # fmt: skip
    with pytest.raises(ValidationError, match="staircase has no meaning in the closed model"):
        Scenario.model_validate(text)


# The turn.


def test_after_the_turn_only_the_way_back_is_left() -> None:
    plan = climb()
    turned = turn_back(plan, "step_3")
    names = [stage.name for stage in turned.stages]
    assert names[-3:] == ["settle_3", "step_3", "back_down"]
    assert turned.stages[: len(names) - 1] == plan.stages[: len(names) - 1]
    assert (turned.stages[-1].start_s, turned.stages[-1].duration_s) == (
        turned.stages[-2].end_s,
        plan.stages[-1].duration_s,
    )


def test_arrivals_are_the_same_up_to_the_turn_and_those_of_the_way_back_after_it() -> None:
    plan = climb()
    turned = turn_back(plan, "step_3")
    turn_s = turned.stages[-1].start_s
    before = [(a.number, a.at_s, a.persona) for a in arrivals(plan) if a.at_s < turn_s]
    assert [(a.number, a.at_s, a.persona) for a in arrivals(turned) if a.at_s < turn_s] == before
    after = [a.at_s for a in arrivals(turned) if a.at_s >= turn_s]
    assert len(after) == pytest.approx(turned.stages[-1].duration_s * 7.2, rel=0.5)
    assert max(after) < turned.duration_s


@pytest.mark.parametrize("after", [-1, 0, 100, 4095, 4096, 5000])
def test_a_schedule_goes_on_after_any_number(after: int) -> None:
    plan = load_plan("exhaustion", time_scale=0.05)
    whole = [a for a in arrivals(plan, 1, 2) if a.number > after]
    assert list(arrivals(plan, 1, 2, after=after)) == whole
    assert np.diff([a.at_s for a in whole]).min() >= 0


def test_a_turn_asked_for_too_late_is_taken_at_the_next_step() -> None:
    plan = climb()
    ends = {stage.name: stage.end_s for stage in plan.stages}
    wanted = plan_after(plan, "step_3", ends["step_3"] - 3.0)
    late = plan_after(plan, "step_3", ends["step_3"] - 1.0)
    assert wanted is not None
    assert late is not None
    assert [wanted.stages[-2].name, late.stages[-2].name] == ["step_3", "step_4"]
    assert plan_after(plan, "step_3", plan.duration_s) is None
    assert plan_after(plan, "step_99", 0.0) is None


def test_a_stage_that_is_no_step_of_a_climb_is_no_turn() -> None:
    with pytest.raises(ValueError, match="is no step of a climb"):
        turn_back(load_plan("smoke"), "steady")
