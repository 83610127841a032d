"""The turns of a climb in the leader: the plan in the manifest, the events, and what all workers are told."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadgen.turn import TURN_FILE, Turn, ask_to_turn, turns_asked
from records.event import EventKind
from records.run import read_run
from scenarios.library import load_plan
from tests.integration.loadgen.wire import Alone, Crew, Wire, environment_of, run_folder

with pytest.MonkeyPatch.context() as patch:  # importing Locust patches the process: not that of the tests
    patch.setenv("LOCUST_SKIP_MONKEY_PATCH", "1")
    from loadgen.leader import Leader

pytestmark = pytest.mark.integration


@pytest.fixture
def leader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Leader]:
    monkeypatch.setenv("SANDBOX_PASSWORD", "sandbox")
    plan = load_plan("exhaustion", time_scale=0.02, load_scale=0.1)
    made = Leader(environment_of(Wire(plan), "", 1), run_folder(tmp_path, plan, 1))
    made.sink.begin(0.0, {"local": 0.0})
    yield made
    made.sink.finish("interrupted", 0.0)


def test_each_turn_is_taken_once_and_stands_in_manifest_and_events(leader: Leader) -> None:
    folder = leader.sink.folder
    assert not leader.turn(1.0)
    ask_to_turn(folder, Turn("step_2"))
    assert leader.turn(1.0)
    assert not leader.turn(1.2)
    rest = leader.plan.stages[-2]
    ask_to_turn(folder, Turn("bisect_1", 1.9))  # below step_1, which is the highest that was tried
    assert leader.turn(rest.start_s + 6.0)
    ask_to_turn(folder, Turn("confirm", 1.8))
    assert leader.turn(leader.plan.stages[-2].start_s + 6.0)
    run = read_run(folder)
    assert run.manifest.plan.stages == leader.plan.stages
    assert [stage.name for stage in run.manifest.plan.stages][-8:] == [
        "step_2", "rest_1", "settle_bisect_1", "bisect_1", "rest_2", "settle_confirm", "confirm", "back_down",
    ]  # fmt: skip
    assert [event.name for event in run.events if event.kind is EventKind.NOTE] == [
        "the climb ends after step_2", "the climb goes on: settle_bisect_1", "the climb goes on: settle_confirm",
    ]  # fmt: skip
    begun = {event.name: event.at_s for event in run.events if event.kind is EventKind.STAGE}
    planned = {stage.name: stage.start_s for stage in leader.plan.stages}
    assert begun["bisect_1"] == planned["bisect_1"]
    assert begun["confirm"] == planned["confirm"]


def test_a_turn_that_comes_too_late_is_noted_and_does_not_block_the_next(leader: Leader) -> None:
    folder, before = leader.sink.folder, leader.plan
    ask_to_turn(folder, Turn("bisect_1", 2.1))
    assert not leader.turn(1.0)
    assert leader.plan is before
    ask_to_turn(folder, Turn("step_1"))
    assert leader.turn(1.5)
    notes = [event.name for event in read_run(folder).events if event.kind is EventKind.NOTE]
    assert notes == ["a turn was not taken: bisect_1", "the climb ends after step_1"]


def test_turns_are_read_as_they_were_written_up_to_a_line_that_is_none(tmp_path: Path) -> None:
    asked = (Turn("step_3"), Turn("bisect_1", 2.3456), Turn("back_down"))
    for turn in asked:
        ask_to_turn(tmp_path, turn)
    assert turns_asked(tmp_path) == asked
    with (tmp_path / TURN_FILE).open("a", encoding="utf-8") as file:
        file.write("bisect_2 high\nconfirm 2.0\n")
    assert turns_asked(tmp_path) == asked


def test_a_local_run_goes_on_by_the_leader_s_new_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PASSWORD", "sandbox")
    alone = Alone(tmp_path)
    leader = alone.run._leader
    plan = leader.plan.model_copy(update={"title": "another"})

    def turn(_: float) -> bool:
        turned, leader.plan = leader.plan is not plan, plan
        return turned

    leader.turn = turn  # type: ignore[method-assign,assignment]
    alone.play()
    assert alone.run._conductor.plan is plan


def test_workers_are_told_the_stages_and_all_have_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PASSWORD", "sandbox")
    crew = Crew.gathered(tmp_path)
    workers = [crew.join("a"), crew.join("b")]
    leader = crew.master._leader
    (stage, *_) = leader.plan.stages
    plan = leader.plan.model_copy(
        update={
            "stages": (
                stage,
                stage.model_copy(update={"name": "more", "start_s": stage.end_s, "end_s": stage.end_s + 1.0}),
            )
        }
    )

    def turn(now_s: float) -> bool:
        turned = leader.plan is not plan and now_s > 0.2
        leader.plan = plan if turned else leader.plan
        return turned

    monkeypatch.setattr(leader, "turn", turn)
    ended = crew.play()
    assert ended.reason == "completed"
    for worker in workers:
        assert worker._conductor.plan is not None
        assert json.loads(worker._conductor.plan.model_dump_json()) == json.loads(plan.model_dump_json())
    assert max(sample.second for sample in crew.run.generator) >= 1
