"""A run in one process: its parts without Locust's users."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from loadgen import start_line
from loadgen.run_folder import ask_to_abort
from records.run import read_run
from tests.integration.loadgen.wire import Alone

pytestmark = pytest.mark.integration


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Alone:
    monkeypatch.setenv("SANDBOX_PASSWORD", "sandbox")
    return Alone(tmp_path)


def test_a_run_without_visits_completes(alone: Alone) -> None:
    alone.play()
    ended = read_run(alone.folder).manifest.ended
    assert ended is not None
    assert (ended.reason, ended.detail) == ("completed", "")
    assert alone.environment.process_exit_code is None


def test_a_part_that_breaks_ends_the_run_with_the_reason(alone: Alone) -> None:
    def break_down(_: Any) -> None:
        raise ValueError("a defect of ours")

    alone.run._conductor.around.recorder.flush = break_down  # type: ignore[method-assign,assignment]
    alone.play()
    ended = read_run(alone.folder).manifest.ended
    assert ended is not None
    assert ended.reason == "failed"
    assert "the load generator cannot go on: ValueError: a defect of ours" in ended.detail
    assert alone.environment.process_exit_code == 4


def test_a_full_disk_ends_the_run_all_the_same(alone: Alone) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    alone.run._leader.sink.accept = full  # type: ignore[method-assign]
    alone.run._leader.sink.finish = full  # type: ignore[method-assign]
    alone.play()
    assert read_run(alone.folder).manifest.ended is None
    assert alone.environment.process_exit_code == 4


def test_a_run_that_is_held_begins_at_the_moment_that_is_named(alone: Alone) -> None:
    start_line.hold(alone.folder)
    moment = time.time() + 0.4
    start_line.begin_at(alone.folder, moment)
    alone.play()
    manifest = read_run(alone.folder).manifest
    assert start_line.is_ready(alone.folder)
    assert datetime.fromisoformat(manifest.started_at).timestamp() == pytest.approx(moment, abs=0.002)
    assert manifest.ended is not None
    assert manifest.ended.reason == "completed"


def test_a_run_that_nobody_lets_begin_fails_and_says_so(alone: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_line, "WITHIN_S", 0.1)
    start_line.hold(alone.folder)
    alone.play()
    ended = read_run(alone.folder).manifest.ended
    assert ended is not None
    assert (ended.reason, ended.detail) == ("failed", "no word to begin came within 0.1 s")


def test_what_is_asked_for_beside_the_load_ends_the_run_as_aborted(alone: Alone) -> None:
    ask_to_abort(alone.folder, "the audit's sample saw something broken")
    ask_to_abort(alone.folder, "and then something else")
    alone.play()
    ended = read_run(alone.folder).manifest.ended
    assert ended is not None
    assert (ended.reason, ended.detail) == ("aborted", "the audit's sample saw something broken")
