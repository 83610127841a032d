"""What a reader would not take for granted of the runs is told; of runs that are alike nothing is."""

from dataclasses import replace
from typing import Any

import pytest

from analysis.quarter.granted import granted
from records.manifest import Ended
from records.run import Run
from tests.unit.analysis.build_queue import climb_plan
from tests.unit.analysis.build_run import Requests, build_run


@pytest.fixture(scope="module")
def climb() -> Run:
    return named(build_run(Requests(), climb_plan(10.0, 20.0)), "climb-1")


def named(run: Run, run_id: str, **changed: Any) -> Run:
    return replace(run, manifest=run.manifest.model_copy(update={"run_id": run_id, **changed}))


def peak(run: Run, **changed: Any) -> Run:
    plan = run.manifest.plan.model_copy(update={"scenario": "peak", "staircase": None, **changed.pop("plan", {})})
    return named(run, "peak-1", plan=plan, **changed)


def test_runs_that_are_alike_need_no_word(climb: Run) -> None:
    assert granted([climb, named(climb, "climb-2")], [peak(climb)]) == ()


def test_planted_faults_are_told_of_each_run_and_of_their_difference(climb: Run) -> None:
    told = granted([climb, named(climb, "climb-2", plants=("slow-slots",))], [])
    assert told[0] == "the runs had different faults planted (none; slow-slots), taken as one"
    assert told[1].startswith("climb-2 had faults planted (slow-slots)")
    assert len(told) == 2


def test_other_objectives_are_told(climb: Run) -> None:
    plan = climb.manifest.plan
    fewer = plan.objectives.model_copy(update={"objective": plan.objectives.objective[1:]})
    other = named(climb, "climb-2", plan=plan.model_copy(update={"objectives": fewer}))
    assert any("judged by different objectives" in text for text in granted([other, climb], []))


def test_a_run_that_was_killed_stopped_or_cut_off_is_told(climb: Run) -> None:
    killed, stopped = (
        named(climb, "a", ended=None),
        named(climb, "b", ended=Ended(reason="aborted", at_s=12.0, detail="errors")),
    )
    cut = replace(climb, torn_lines=("windows.jsonl",))
    assert granted([killed], []) == ("a never came to its end: what was recorded until then stands for it",)
    assert granted([stopped], []) == ("b was aborted after 12 s: errors; what was recorded until then stands for it",)
    assert granted([cut], []) == ("the last line of windows.jsonl of climb-1 was cut off, and is left out",)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"target_build": "old"}, "peak-1 is of the build old, not "),
        ({"plan": {"scenario": "smoke"}}, "peak-1 is a run of smoke, not of peak: it is shown beside the climbs"),
        ({"plan": {"load_scale": 0.3}}, "peak-1 is scaled to 0.3 of the load, not 1"),
    ],
)
def test_what_differs_in_a_run_beside_the_climbs_is_told(climb: Run, changed: dict[str, Any], said: str) -> None:
    (told,) = granted([climb], [peak(climb, **changed)])
    assert told.startswith(said)
