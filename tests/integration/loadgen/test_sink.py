from array import array
from pathlib import Path
from typing import Any

import pytest

from loadgen.conductor import Batch
from loadgen.recorder import Recorder, sparse
from loadgen.run_folder import unused_folder
from loadgen.sink import FolderSink, as_message
from records.environment import fingerprint, versions
from records.folder import create_folder, write_manifest
from records.generator import GeneratorSample
from records.journey import Milestone
from records.manifest import Ended, Manifest
from records.run import read_run
from records.window import Outcome
from scenarios.library import load_plan, scenario_text

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run_id = "smoke-20260101T000000Z-000001"
    path = create_folder(tmp_path, run_id)
    manifest = Manifest(
        run_id=run_id, scenario_text=scenario_text("smoke"), plan=load_plan("smoke"), started_at="2026-01-01T00:00:00.000+00:00",
        workers=2, versions=versions(), commit=None, target_build=None, fingerprint=fingerprint(), command=("rushhour",), load_command=("locust",),
    )  # fmt: skip
    write_manifest(path, manifest)
    return path


def message(
    worker: str, sequence: int, *, requests: int = 3, counted: int | None = None, final: bool = False
) -> dict[str, Any]:
    recorder = Recorder()
    for number in range(requests):
        recorder.request("GET /x", Outcome.OK, sequence + 0.5, 1000.0 + number, 900.0, 10)
    recorder.milestone(sequence, "payer", Milestone.PAID)
    windows, journeys, ledger = recorder.flush()
    sample = GeneratorSample(
        second=sequence, worker=worker, sequence=sequence, users=1, users_planned=1, busy=0, planned=1, started=1, late=0, dropped=0,
        lateness_us=[], loop_lag_us=sparse(array("d", [100.0])), cpu_ratio=0.1, rss_bytes=1, descriptors=1, descriptor_limit=2,
        connections_opened=0, connections_reused=0, connections_stale=0,
    )  # fmt: skip
    total = counted if counted is not None else requests * (sequence + 1)
    return as_message(Batch(worker, sequence, windows, journeys, ledger, sample, total, final))


def ended_of(folder: Path) -> Ended:
    ended = read_run(folder).manifest.ended
    assert ended is not None
    return ended


def sink_of(folder: Path, *workers: str) -> FolderSink:
    sink = FolderSink(folder)
    sink.begin(1_767_225_600.0, dict.fromkeys(workers, 0.0))
    return sink


def test_what_two_workers_saw_is_in_one_run(folder: Path) -> None:
    sink = sink_of(folder, "worker0", "worker1")
    for worker in ("worker0", "worker1"):
        sink.accept(message(worker, 0))
        sink.accept(message(worker, 1, final=True))
        assert sink.is_complete(worker)
    sink.finish("completed", 2.0)
    run = read_run(folder)
    assert run.outcomes(0, 10)[Outcome.OK] == 12
    assert run.outcomes(1, 2)[Outcome.OK] == 6
    assert run.response(0, 10).count == 12
    assert run.milestones(0, 10)[Milestone.PAID] == 4
    assert ended_of(folder).reason == "completed"
    assert run.manifest.workers == 2


def test_windows_of_one_second_are_one_line_whoever_saw_them(folder: Path) -> None:
    sink = sink_of(folder, "worker0", "worker1")
    for worker in ("worker0", "worker1"):
        sink.accept(message(worker, 0))
    assert (folder / "windows.jsonl").read_text(encoding="utf-8").count("\n") == 1
    sink.finish("completed", 1.0)


def test_a_missing_batch_fails_the_run(folder: Path) -> None:
    sink = sink_of(folder, "worker0")
    sink.accept(message("worker0", 0))
    sink.accept(message("worker0", 3, final=True))
    assert not sink.is_complete("worker0")
    sink.finish("completed", 3.0)
    assert ended_of(folder).reason == "failed"
    assert "worker0: 2 of its batches never came (number 1, 2)" in ended_of(folder).detail
    assert "worker0: 12 requests counted there, 6 came here" in ended_of(folder).detail


def test_a_batch_that_came_twice_is_counted_once_and_said(folder: Path) -> None:
    sink = sink_of(folder, "worker0")
    sink.accept(message("worker0", 0))
    sink.accept(message("worker0", 0))
    sink.accept(message("worker0", 1, final=True))
    sink.finish("completed", 2.0)
    run = read_run(folder)
    assert ended_of(folder).reason == "completed"
    assert run.outcomes(0, 10)[Outcome.OK] == 6
    assert len(run.generator) == 2
    assert "batch 0 of worker0 left out" in [event.name for event in run.events]


def test_batches_in_another_order_lose_nothing(folder: Path) -> None:
    sink = sink_of(folder, "worker0")
    for sequence in (1, 0, 3, 2):
        sink.accept(message("worker0", sequence, final=sequence == 3))
        assert sink.is_complete("worker0") == (sequence == 2)
    sink.finish("completed", 4.0)
    assert ended_of(folder).reason == "completed"
    assert ended_of(folder).requests_recorded == 12


def test_a_number_far_ahead_is_no_number_of_ours(folder: Path) -> None:
    sink = sink_of(folder, "worker0")
    sink.accept(message("worker0", 10**9, final=True))
    sink.finish("completed", 1.0)
    assert ended_of(folder).reason == "failed"


def test_a_worker_without_a_last_batch_fails_the_run(folder: Path) -> None:
    sink = sink_of(folder, "worker0", "worker1", "worker2")
    sink.accept(message("worker0", 0, final=True))
    sink.accept(message("worker1", 0))
    sink.finish("completed", 3.0)
    assert ended_of(folder).reason == "failed"
    assert "worker1, worker2 did not deliver the last windows" in ended_of(folder).detail


def test_counts_that_differ_fail_the_run(folder: Path) -> None:
    sink = sink_of(folder, "worker0")
    sink.accept(message("worker0", 0, counted=99, final=True))
    sink.finish("completed", 1.0)
    ended = ended_of(folder)
    assert (ended.requests_counted, ended.requests_recorded) == (99, 3)
    assert ended.reason == "failed"


def test_what_one_worker_lost_another_cannot_make_up_for(folder: Path) -> None:
    sink = sink_of(folder, "worker0", "worker1")
    sink.accept(message("worker0", 0, counted=4, final=True))
    sink.accept(message("worker1", 0, counted=2, final=True))
    sink.finish("completed", 1.0)
    ended = ended_of(folder)
    assert ended.requests_counted == ended.requests_recorded == 6
    assert ended.reason == "failed"


def test_a_folder_that_holds_a_run_is_not_written_again(folder: Path) -> None:
    assert unused_folder(folder) == folder
    sink = sink_of(folder, "worker0")
    sink.accept(message("worker0", 0, final=True))
    sink.finish("completed", 1.0)
    fresh = unused_folder(folder)
    assert fresh != folder
    assert fresh.parent == folder.parent
    assert read_run(fresh).manifest.plan == read_run(folder).manifest.plan
