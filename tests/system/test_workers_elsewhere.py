"""Locust started by hand as on several machines: a master with its page, workers that have no run folder, one that comes too late."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from records.environment import fingerprint, versions
from records.folder import create_folder, new_run_id, write_manifest
from records.manifest import Manifest
from records.run import read_run
from rushhour.load import free_port, locust_file
from scenarios.library import load_plan, scenario_text
from tests.shop import SECRETS

pytestmark = pytest.mark.system
USAGE = 2


def locust(cwd: Path, *words: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "locust", "-f", str(locust_file()), "--loglevel", "WARNING", *map(str, words)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd, env={**os.environ, **SECRETS}
    )


@pytest.fixture
def folder(shop: str, tmp_path: Path) -> Path:
    plan = load_plan("smoke", "sandbox", url=shop, time_scale=0.1, load_scale=3)
    run_id = new_run_id("smoke")
    path = create_folder(tmp_path / "results", run_id)
    manifest = Manifest(
        run_id=run_id, scenario_text=scenario_text("smoke"), plan=plan, started_at="2026-01-01T00:00:00.000+00:00", workers=1,
        versions=versions(), commit=None, target_build=None, fingerprint=fingerprint(), command=(), load_command=(),
    )  # fmt: skip
    write_manifest(path, manifest)
    return path


def test_workers_without_a_folder_get_the_plan_from_the_master(folder: Path, tmp_path: Path) -> None:
    port = free_port()
    page = ("--autostart", "--web-port", 0)
    master = locust(
        tmp_path, "--run-folder", folder, "--master", "--master-bind-port", port, "--expect-workers", 2, *page
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    workers = [locust(elsewhere, "--worker", "--master-port", port) for _ in range(2)]
    limit = time.monotonic() + 40
    while not (folder / "generator.jsonl").stat().st_size and time.monotonic() < limit:
        time.sleep(0.1)
    listening = [
        row.laddr.ip for row in psutil.Process(master.pid).net_connections() if row.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}
    assert len(listening) == 2
    late = locust(elsewhere, "--worker", "--master-port", port)
    said, _ = late.communicate(timeout=40)
    assert late.returncode == USAGE, said
    assert "the master refuses this worker: the run has begun" in said
    for process in (master, *workers):
        said, _ = process.communicate(timeout=40)
        assert process.returncode == 0, said
        assert "Traceback" not in said
    run = read_run(folder)
    assert run.manifest.ended is not None
    assert run.manifest.ended.reason == "completed", run.manifest.ended.detail
    assert run.manifest.workers == 2
    assert run.manifest.ended.requests_counted == run.manifest.ended.requests_recorded > 50
    assert {sample.worker for sample in run.generator} == {"worker0", "worker1"}
    assert sum(sample.planned for sample in run.generator) == sum(sample.started for sample in run.generator) > 50
    assert set(run.manifest.clock_offset_us) == {"worker0", "worker1"}
    assert set(run.manifest.clock_drift_us) == {"worker0", "worker1"}
    assert not list(elsewhere.iterdir())
