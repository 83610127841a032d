"""Rules of when a climb has gone far enough."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.exhaustion import exhaust
from analysis.observed import observe
from analysis.staircase import Step
from analysis.turn import last_wanted, next_wanted
from records.run import Run
from records.series import Cells
from scenarios.library import load_plan
from scenarios.scenario import StageKind
from scenarios.staircase import MAX_BISECTIONS
from scenarios.turn import go_on, turn_back
from tests.unit.analysis.build_queue import Served, arrivals, climb_plan, quick

STEP = Step(
    stage="", level=1.0, offered_per_s=1.0, started_ratio=1.0, request_rate_per_s=5.0, response_us_p50=1e4, response_us_p95=5e4, count=100,
    error_ratio=0.0, little_ratio=1.0, uses=(), missed=(), good=True, because="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("gggg", None),
        ("gggb", None),  # one more, to see whether it was only a hiccup
        ("gggbb", "step_5"),  # the baseline is the first letter, so that step_3 and step_4 were bad
        ("gggbg", None),
        ("gggbgbb", "step_7"),
        ("gggbv", "step_5"),
        ("gggvbb", "step_6"),
        ("", None),
    ],
)
def test_it_ends_two_steps_past_the_first_that_broke_for_good(results: str, expected: str | None) -> None:
    names = ["baseline", *(f"step_{number}" for number in range(1, 20))]
    good = {"g": True, "b": False, "v": None}
    steps = [
        replace(STEP, stage=name, level=float(place + 1), offered_per_s=float(place + 1), good=good[letter])
        for place, (name, letter) in enumerate(zip(names, results, strict=False))
    ]
    assert last_wanted(load_plan("exhaustion"), steps) == expected


def test_a_scenario_without_a_staircase_never_turns() -> None:
    assert last_wanted(load_plan("smoke"), [replace(STEP, stage="steady", good=False)]) is None


# What follows a rest.


def rested(
    *, slow_s: float = 0.0, stairs: dict[str, object] | None = None, void: str = "", until_s: float = 1000.0
) -> Run:
    """A climb that holds at 40 and 44 per s and breaks at 48, in its rest, in which it is slow for some seconds."""
    plan = turn_back(climb_plan(40.0, 80.0, hold_s=20, confirm_s=60), "step_5")
    if stairs is not None:
        assert plan.staircase is not None
        plan = plan.model_copy(update={"staircase": plan.staircase.model_copy(update=stairs)})
    rest = plan.stages[-2]
    if void:
        plan = go_on(plan, void, 4.6138, rest.end_s)
    at_s = arrivals(plan, 1)
    over = np.zeros(at_s.size, dtype=bool)
    for stage in plan.stages:
        over |= (at_s >= stage.start_s) & (at_s < stage.end_s) & ((stage.sessions_per_s or 0.0) > 47.0)
    over |= (at_s >= rest.start_s) & (at_s < rest.start_s + slow_s)
    run = quick(plan, Served(at_s, np.zeros_like(at_s), np.where(over, 0.5, 0.05)))
    until_s = min(until_s, plan.stages[-2].end_s - rest.start_s)
    samples = [sample for sample in run.generator if sample.second < rest.start_s + until_s]
    sick = [
        replace(sample, cpu_ratio=0.99) if any(stage.name == void and stage.start_s <= sample.second < stage.end_s for stage in plan.stages) else sample
        for sample in samples
    ]  # fmt: skip
    inside = run.series.outcomes.second < rest.start_s + until_s
    outcomes = Cells(
        *(
            column[inside]
            for column in (
                run.series.outcomes.second,
                run.series.outcomes.operation,
                run.series.outcomes.cell,
                run.series.outcomes.count,
            )
        )
    )
    return replace(run, generator=tuple(sick), series=replace(run.series, outcomes=outcomes))


def wanted(run: Run) -> tuple[str, float | None] | None:
    found = next_wanted(run)
    return None if found is None else (found.stage, None if found.level is None else round(found.level, 3))


MIDDLE = 4.615  # (4.4 * 4.84) ** 0.5


def test_the_middle_of_the_bracket_comes_next() -> None:
    assert wanted(rested()) == ("bisect_1", MIDDLE)


def test_nothing_comes_next_while_the_target_is_still_sick() -> None:
    assert wanted(rested(slow_s=29.0)) is None
    assert wanted(rested(slow_s=10.0, until_s=12.0)) is None
    assert wanted(rested(slow_s=10.0, until_s=25.0)) is not None


def test_nothing_comes_next_before_a_rest_has_lasted_long_enough_to_tell() -> None:
    assert wanted(rested(until_s=4.0)) is None
    assert wanted(rested(until_s=6.0)) is not None


def test_a_bracket_that_is_near_enough_is_confirmed_at_95_percent() -> None:
    run = rested(stairs={"bisect_to": 0.2})
    found = exhaust(run, [observe(run, stage) for stage in run.manifest.plan.stages[:-2]])
    assert found is not None
    assert found.breaking_per_s is not None
    assert wanted(run) == ("confirm", round(0.095 * found.breaking_per_s, 3))


def test_without_a_confirmation_it_goes_back_down() -> None:
    assert wanted(rested(stairs={"bisect_to": 0.2, "confirm": 0.0})) == ("back_down", None)


def test_a_void_step_between_is_made_again() -> None:
    assert wanted(rested(void="bisect_1")) == ("bisect_2", MIDDLE)


def test_after_so_many_bisections_what_is_known_is_confirmed() -> None:
    run = rested(stairs={"bisect_to": 0.01})
    plan = run.manifest.plan
    rest = plan.stages[-2]
    zero = [
        rest.model_copy(update={"name": f"bisect_{n}", "kind": StageKind.STEP, "end_s": rest.start_s})
        for n in range(MAX_BISECTIONS)
    ]
    plan = plan.model_copy(update={"stages": (*plan.stages[:-2], *zero, *plan.stages[-2:])})
    found = wanted(replace(run, manifest=run.manifest.model_copy(update={"plan": plan})))
    assert found is not None
    assert found[0] == "confirm"


def test_a_climb_that_never_broke_goes_back_down_at_once() -> None:
    plan = turn_back(climb_plan(40.0, 80.0, hold_s=20, confirm_s=60), "step_2")
    at_s = arrivals(plan, 1)
    run = quick(plan, Served(at_s, np.zeros_like(at_s), np.full(at_s.size, 0.05)))
    found = next_wanted(run)
    assert found is not None
    assert (found.stage, found.because.split(":")[0]) == ("back_down", "no breaking point in range")


def test_steps_of_a_climb_without_a_rest_are_followed_by_nothing() -> None:
    plan = climb_plan(40.0, 48.0, hold_s=20)
    at_s = arrivals(plan, 1)
    assert next_wanted(quick(plan, Served(at_s, np.zeros_like(at_s), np.full(at_s.size, 0.05)))) is None
