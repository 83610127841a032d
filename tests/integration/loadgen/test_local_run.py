"""A run in one process: its parts without Locust's users."""

from pathlib import Path
from typing import Any

import pytest

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


def test_what_is_asked_for_beside_the_load_ends_the_run_as_aborted(alone: Alone) -> None:
    ask_to_abort(alone.folder, "the audit's sample saw something broken")
    ask_to_abort(alone.folder, "and then something else")
    alone.play()
    ended = read_run(alone.folder).manifest.ended
    assert ended is not None
    assert (ended.reason, ended.detail) == ("aborted", "the audit's sample saw something broken")
