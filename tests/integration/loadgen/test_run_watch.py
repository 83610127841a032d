"""What ends a run before its time: rules and fuse, in a local run and in a distributed one, with real folders."""

from pathlib import Path
from typing import Any

import pytest

from records.event import EventKind
from records.folder import write_manifest
from records.manifest_file import read_manifest
from records.run import Run, read_run
from scenarios.abort import AbortRule
from scenarios.target import Limits
from tests.integration.loadgen.test_sink import folder, message, sink_of  # noqa: F401 - a fixture
from tests.integration.loadgen.wire import Crew

pytestmark = pytest.mark.integration


def with_plan(path: Path, **changes: Any) -> Path:
    manifest = read_manifest(path)
    write_manifest(path, manifest.model_copy(update={"plan": manifest.plan.model_copy(update=changes)}))
    return path


def alerts(run: Run) -> list[str]:
    return [event.detail for event in run.events if event.kind is EventKind.ALERT]


@pytest.mark.parametrize(("rule", "fires"), [("rate < 100 per s for 2 s", True), ("rate < 1 per s for 2 s", False)])
def test_a_rule_is_held_against_all_workers_together(folder: Path, rule: str, fires: bool) -> None:  # noqa: F811
    with_plan(folder, abort=(AbortRule.model_validate(rule),))
    sink = sink_of(folder, "worker0", "worker1")
    for sequence in range(4):
        for worker in ("worker0", "worker1"):
            sink.accept(message(worker, sequence, final=sequence == 3))
    assert bool(sink.watch.why) is fires
    sink.finish("aborted" if fires else "completed", 4.0, sink.watch.why)
    told = alerts(read_run(folder))
    assert len(told) == (1 if fires else 0)
    if fires:
        assert "6 per s" in told[0]  # three requests of each worker, not of one


def test_a_blown_fuse_is_on_the_record(folder: Path) -> None:  # noqa: F811
    target = read_manifest(folder).plan.target
    tight = target.model_copy(update={"limits": Limits.model_validate({"sessions_per_s": "1 per s", "users": 10})})
    with_plan(folder, target=tight)
    sink = sink_of(folder, "worker0")
    batch = message("worker0", 0, final=True)
    batch["generator"]["planned"] = batch["generator"]["started"] = 500
    sink.accept(batch)
    assert sink.watch.reason == "failed"
    sink.finish(sink.watch.reason, 1.0, sink.watch.why)
    run = read_run(folder)
    assert "limits.sessions_per_s" in alerts(run)[0]
    assert run.manifest.ended is not None
    assert run.manifest.ended.reason == "failed"


@pytest.mark.parametrize(
    ("rule", "reason"), [("p50 > 0.001 ms for 1 s", "aborted"), ("p50 > 1 s for 1 s", "completed")]
)
def test_a_master_ends_a_run_by_its_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str, reason: str
) -> None:
    monkeypatch.setenv("SANDBOX_PASSWORD", "sandbox")
    crew = Crew.gathered(tmp_path, rule=rule)
    crew.join("a")
    crew.join("b")
    ended = crew.play()
    assert ended.reason == reason
    assert ("abort rule `response_p50" in ended.detail) is (reason == "aborted")
    assert ended.requests_counted == ended.requests_recorded
