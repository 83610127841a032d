"""The master's and the workers' parts of a run, with faults on the wire between them."""

import time
from pathlib import Path
from typing import Any

import gevent
import pytest

from records.event import EventKind
from records.window import Outcome
from tests.integration.loadgen.wire import Crew

pytestmark = pytest.mark.integration
BATCH = "rushhour_batch"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PASSWORD", "sandbox")
    monkeypatch.setattr("loadgen.master_run.START_AFTER_S", 0.1)
    monkeypatch.setattr("loadgen.silence.SILENT_S", 1.6)


def is_batch(client_id: str, sequence: int, sender: str, kind: str, data: dict[str, Any]) -> bool:
    return kind == BATCH and sender == client_id and data["sequence"] == sequence


def test_a_healthy_run_completes_and_counts_agree(tmp_path: Path) -> None:
    crew = Crew.gathered(tmp_path)
    crew.join("a")
    crew.join("b")
    ended = crew.play()
    assert (ended.reason, ended.detail) == ("completed", "")
    assert ended.requests_counted == ended.requests_recorded > 20
    assert crew.master_environment.process_exit_code is None
    assert not [event for event in crew.run.events if event.kind is EventKind.WORKER]


def test_a_clock_that_is_wrong_by_an_hour_moves_no_window(tmp_path: Path) -> None:
    crew = Crew.gathered(tmp_path)
    right = crew.join("a")
    wrong = crew.join("b", wall=lambda: time.time() + 3600.0)
    assert crew.play().reason == "completed"
    zero, other_zero = right._conductor.around.clock.zero, wrong._conductor.around.clock.zero
    assert zero is not None
    assert other_zero is not None
    assert abs(zero - other_zero) < 0.02
    assert crew.run.manifest.clock_offset_us["worker1"] == pytest.approx(3600e6, abs=20_000)
    assert abs(crew.run.manifest.clock_offset_us["worker0"]) < 20_000
    assert set(crew.run.series.outcomes.second.tolist()) <= {0, 1}


def test_a_batch_lost_on_the_way_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadgen.master_run.DRAIN_LIMIT_S", 0.5)
    crew = Crew.gathered(tmp_path, lambda *message: [] if is_batch("a", 0, *message) else [0.0])
    crew.join("a")
    crew.join("b")
    ended = crew.play()
    assert ended.reason == "failed"
    assert "worker0: 1 of its batches never came (number 0)" in ended.detail
    assert ended.requests_counted > ended.requests_recorded
    assert crew.master_environment.process_exit_code == 4


def test_a_doubled_batch_is_counted_once(tmp_path: Path) -> None:
    crew = Crew.gathered(tmp_path, lambda *message: [0.0, 0.0] if is_batch("a", 0, *message) else [0.0])
    crew.join("a")
    crew.join("b")
    ended = crew.play()
    assert ended.reason == "completed"
    assert ended.requests_counted == ended.requests_recorded == crew.run.outcomes(0, 10)[Outcome.OK]
    assert [event.name for event in crew.run.events if event.kind is EventKind.NOTE] == ["batch 0 of worker0 left out"]


def test_batches_that_overtake_one_another_and_a_slow_last_one_are_waited_for(tmp_path: Path) -> None:
    crew = Crew.gathered(tmp_path, lambda *message: [1.2] if is_batch("a", 0, *message) else [0.0])
    crew.join("a")
    crew.join("b")
    ended = crew.play()
    assert ended.reason == "completed"
    assert ended.requests_counted == ended.requests_recorded > 20


def test_a_worker_that_falls_silent_fails_the_run_by_name_and_the_others_windows_stay(tmp_path: Path) -> None:
    crew = Crew.gathered(tmp_path, lambda sender, kind, _: [] if sender == "b" and kind == BATCH else [0.0])
    crew.join("a")
    crew.join("b", pid=4711)
    crew.environments["b"].runner.handlers.pop("rushhour_clock", None)
    gevent.sleep(0)
    ended = crew.play()
    assert ended.reason == "failed"
    assert "worker1 (pid 4711 on " in ended.detail
    assert "lost: no word for" in ended.detail
    assert {sample.worker for sample in crew.run.generator} == {"worker0"}
    assert crew.run.outcomes(0, 10)[Outcome.OK] > 10
    assert [event.name for event in crew.run.events if event.kind is EventKind.WORKER] == ["worker1 lost"]


def test_a_worker_whose_master_falls_silent_ends_its_load(tmp_path: Path) -> None:
    silent: list[bool] = []
    crew = Crew.gathered(tmp_path, lambda _, kind, __: [] if silent and kind.startswith("to ") else [0.0], workers=1)
    worker = crew.join("a")
    gevent.spawn(crew.master_environment.events.test_start.fire, environment=crew.master_environment)
    gevent.sleep(0.8)
    silent.append(True)
    began = time.monotonic()
    while not crew.environments["a"].runner.has_quit and time.monotonic() < began + 5:
        gevent.sleep(0.05)
    assert time.monotonic() - began < 3
    assert crew.environments["a"].runner.has_quit
    assert worker._conductor.stopping
    crew.play()


def test_a_worker_that_comes_late_is_refused_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    refused: list[str] = []

    def watch(_: str, kind: str, data: dict[str, Any]) -> list[float]:
        refused.extend([data["because"]] if kind == "to rushhour_refused" else [])
        return [0.0]

    crew = Crew.gathered(tmp_path, watch, workers=1)
    crew.join("a")
    gevent.spawn_later(0.9, crew.join, "b")
    ended = crew.play()
    assert refused == ["the master refuses this worker: the run has begun; start workers before it does"]
    assert ended.reason == "completed"
    assert crew.run.manifest.workers == 1


def test_a_batch_of_a_stranger_is_left_out(tmp_path: Path) -> None:
    crew = Crew.gathered(tmp_path, workers=1)
    crew.join("a")
    stranger = crew.wire.ends["a"].__class__(crew.wire, "z")

    def forge() -> None:
        stranger.send_message(
            BATCH, {"worker": "worker0", "sequence": 0, "final": True, "windows": [], "requests_counted": 9}
        )

    gevent.spawn_later(0.8, forge)
    ended = crew.play()
    assert ended.reason == "completed"
    assert ended.requests_counted == ended.requests_recorded > 10


def test_a_worker_that_cannot_begin_ends_the_wait_with_its_reason(tmp_path: Path) -> None:
    crew = Crew.gathered(tmp_path)
    crew.join("a")
    crew.environments["a"].runner.send_message("rushhour_leaving", {"because": "SANDBOX_PASSWORD is not set"})
    ended = crew.play()
    assert ended.reason == "failed"
    assert "cannot begin: SANDBOX_PASSWORD is not set" in ended.detail


def test_workers_that_do_not_come_are_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadgen.master_run.WORKERS_WITHIN_S", 0.2)
    crew = Crew.gathered(tmp_path)
    crew.join("a")
    assert "1 of 2 workers came within" in crew.play().detail


def test_a_worker_that_cannot_go_on_fails_the_run_with_its_reason(tmp_path: Path) -> None:
    crew = Crew.gathered(tmp_path)
    crew.join("a")
    broken = crew.join("b")

    def break_down(_: Any) -> None:
        raise ValueError("a defect of ours")

    broken._conductor.around.recorder.flush = break_down  # type: ignore[method-assign,assignment]
    ended = crew.play()
    assert ended.reason == "failed"
    assert "worker1 (pid 2 on " in ended.detail
    assert "the load generator cannot go on: ValueError: a defect of ours" in ended.detail
    assert crew.run.outcomes(0, 10)[Outcome.OK] > 10


def test_a_run_folder_that_cannot_be_written_ends_the_run(tmp_path: Path) -> None:
    crew = Crew.gathered(tmp_path, workers=1)
    crew.join("a")

    def full(_: Any) -> None:
        raise OSError(28, "No space left on device")

    crew.master._leader.sink.accept = full  # type: ignore[method-assign,assignment]
    ended = crew.play()
    assert ended.reason == "failed"
    assert "the run folder cannot be written: [Errno 28] No space left on device" in ended.detail
    assert crew.master_environment.process_exit_code == 4
