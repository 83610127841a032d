"""Rules of staircases: steps as data, and the turn of a climb."""

import json

import numpy as np
import pytest
from pydantic import ValidationError

from loadgen.schedule import arrivals
from loadgen.turn import Turn, plan_after
from scenarios.library import load_plan
from scenarios.plan import Plan
from scenarios.scenario import Scenario, StageKind, stairs
from scenarios.staircase import Staircase
from scenarios.turn import go_on, last_rest, longest_s, stages_as_records, turn_back, with_stages

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
        ({"bisect_to": "0 %"}, "greater than or equal to 0.01"),
        ({"confirm": "-5 s"}, "confirm is -5 s; expected 0 or more"),
    ],
)
def test_each_mistake_in_a_staircase_gets_its_words(given: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        Staircase.model_validate({**GOOD, **given})


def test_a_staircase_becomes_stages_that_settle_hold_and_go_back_down() -> None:
    plan = climb()
    names = [stage.name for stage in plan.stages]
    assert names[:6] == ["warm_up", "baseline", "settle_1", "step_1", "settle_2", "step_2"]
    assert names[-2:] == ["rest_1", "back_down"]
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
    assert names[-4:] == ["settle_3", "step_3", "rest_1", "back_down"]
    assert turned.stages[: len(names) - 2] == plan.stages[: len(names) - 2]
    assert (turned.stages[-1].start_s, turned.stages[-1].duration_s) == (
        turned.stages[-2].end_s,
        plan.stages[-1].duration_s,
    )


def test_arrivals_are_the_same_up_to_the_turn_and_those_of_the_way_back_after_it() -> None:
    plan = climb()
    turned = turn_back(plan, "step_3")
    turn_s = turned.stages[-2].start_s
    before = [(a.number, a.at_s, a.persona) for a in arrivals(plan) if a.at_s < turn_s]
    assert [(a.number, a.at_s, a.persona) for a in arrivals(turned) if a.at_s < turn_s] == before
    after = [a.at_s for a in arrivals(turned) if a.at_s >= turn_s]
    assert len(after) == pytest.approx((turned.duration_s - turn_s) * 7.2, rel=0.3)
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
    wanted = plan_after(plan, Turn("step_3"), ends["step_3"] - 3.0)
    late = plan_after(plan, Turn("step_3"), ends["step_3"] - 1.0)
    assert wanted is not None
    assert late is not None
    assert [wanted.stages[-3].name, late.stages[-3].name] == ["step_3", "step_4"]
    assert plan_after(plan, Turn("step_3"), plan.duration_s) is None
    assert plan_after(plan, Turn("step_99"), 0.0) is None


def test_a_stage_that_is_no_step_of_a_climb_is_no_turn() -> None:
    with pytest.raises(ValueError, match="is no step of a climb"):
        turn_back(load_plan("smoke"), "steady")


# Out of a rest.


def turned() -> Plan:
    """A climb that ended after its third step."""
    return turn_back(climb(), "step_3")


def shape(plan: Plan) -> list[tuple[str, float]]:
    return [(stage.name, stage.duration_s) for stage in plan.stages]


def test_a_step_out_of_a_rest_settles_twice_as_long_holds_and_rests_again() -> None:
    plan = turned()
    rest = plan.stages[-2]
    after = plan_after(
        plan, Turn("bisect_1", 2.3), rest.start_s + 7.4
    )  # two seconds ahead, and then the next whole one
    assert after is not None
    assert shape(after)[:-5] == shape(plan)[:-2]
    assert shape(after)[-5:] == [
        ("rest_1", 10.0), ("settle_bisect_1", 2.0), ("bisect_1", 5.0), ("rest_2", 30.0), ("back_down", 4.0),
    ]  # fmt: skip
    step = after.stages[-3]
    assert (step.kind, step.level) == (StageKind.STEP, 2.3)
    assert step.sessions_per_s == pytest.approx(2.3 * 36 * 0.2)
    assert all(before.end_s == stage.start_s for before, stage in zip(after.stages, after.stages[1:], strict=False))
    begun = [(a.number, a.at_s) for a in arrivals(plan) if a.at_s < rest.start_s + 10]
    assert [(a.number, a.at_s) for a in arrivals(after) if a.at_s < rest.start_s + 10] == begun


def test_a_confirmation_is_held_for_its_own_time_and_then_it_goes_back_down() -> None:
    plan = turned()
    after = plan_after(plan, Turn("confirm", 2.0), plan.stages[-2].start_s + 8.0)
    assert after is not None
    assert shape(after)[-4:] == [("rest_1", 10.0), ("settle_confirm", 2.0), ("confirm", 12.0), ("back_down", 4.0)]
    assert last_rest(after) is None


def test_without_anything_to_find_out_the_rest_is_cut_and_it_goes_back_down() -> None:
    plan = turned()
    after = plan_after(plan, Turn("back_down"), plan.stages[-2].start_s + 8.0)
    assert after is not None
    assert shape(after)[-2:] == [("rest_1", 10.0), ("back_down", 4.0)]


@pytest.mark.parametrize(
    ("turn", "into_rest_s"),
    [
        (Turn("bisect_1", 2.3), -5.0),  # the rest has not begun
        (Turn("bisect_1", 2.3), 29.0),  # its end is too near
        (Turn("step_3", 2.3), 8.0),  # a name that the plan has
        (Turn("lunch", 2.3), 8.0),
        (Turn("bisect_1", 99.0), 8.0),  # more than the target profile was asked for
        (Turn("bisect_1", float("nan")), 8.0),
    ],
)
def test_a_turn_that_is_too_late_or_not_possible_is_not_taken(turn: Turn, into_rest_s: float) -> None:
    plan = turned()
    assert plan_after(plan, turn, plan.stages[-2].start_s + into_rest_s) is None


def test_bisections_are_bounded_and_so_is_the_length_of_the_run() -> None:
    plan = turned()
    longest = longest_s(plan)
    for number in range(1, 20):
        after = plan_after(plan, Turn(f"bisect_{number}", 2.3), plan.stages[-2].end_s - 3.0)
        if after is None:
            break
        plan = after
    assert number == 7
    confirmed = plan_after(plan, Turn("confirm", 2.0), plan.stages[-2].end_s - 3.0)
    assert confirmed is not None
    assert confirmed.duration_s <= longest


def test_a_plan_survives_the_wire() -> None:
    plan = go_on(turned(), "bisect_1", 2.3, turned().stages[-2].start_s + 9.0)
    assert with_stages(turned(), json.loads(json.dumps(stages_as_records(plan)))) == plan


def test_a_climb_that_has_nothing_to_find_out_does_not_rest() -> None:
    text = GOOD | {"confirm": "0 s", "bisect_to": "10 %"}
    assert [stage.name for stage in stairs(Staircase.model_validate(text))][-2:] == ["step_5", "back_down"]
    assert [stage.name for stage in stairs(Staircase.model_validate(text | {"bisect_to": "9 %"}))][-2:] == [
        "rest_1",
        "back_down",
    ]


def test_a_stage_may_not_have_a_name_of_the_staircase_s_own() -> None:
    stage = {"name": "rest_1", "kind": "steady", "level": 1.0, "duration": "1 min"}
    text = {
        "format_version": 1, "name": "x", "title": "x", "model": "open", "mix": "everyday", "objectives": "bookedbarber", "seed": 1,
        "traffic": {"sessions_per_s": "1 per s"}, "stages": [stage], "staircase": GOOD,
    }  # fmt: skip
    with pytest.raises(ValidationError, match="rest_1 is a name of the staircase's own stages"):
        Scenario.model_validate(text)
