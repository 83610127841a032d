"""Runs that end before their time leave a folder that can be judged."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from records.event import EventKind
from records.run import read_run
from tests.shop import SECRETS
from tests.system.conftest import Rushhour, command, only_run, verdict_of

pytestmark = pytest.mark.system
INVALID = 4


def started(results: Path, shop: str, *more: object) -> "subprocess.Popen[str]":
    """Start a smoke run and return when it has recorded some seconds."""
    words = (
        "run",
        "smoke",
        "--target",
        "sandbox",
        "--url",
        shop,
        "--time-scale",
        "0.5",
        "--load-scale",
        "3",
        "--results",
        results,
        *more,
    )
    process = subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **SECRETS}
    )
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        samples = list(results.glob("*/generator.jsonl"))
        if samples and samples[0].read_text(encoding="utf-8").count("\n") >= 5:
            return process
        time.sleep(0.2)
    process.kill()
    raise AssertionError(process.communicate()[0])


def test_a_killed_run_is_invalid_and_says_why(rushhour: Rushhour, shop: str, tmp_path: Path) -> None:
    process = started(tmp_path, shop)
    for child in psutil.Process(process.pid).children(recursive=True):
        child.send_signal(signal.SIGKILL)
    process.kill()
    process.communicate()
    folder = only_run(tmp_path)
    judged = rushhour("judge", folder)
    assert judged.returncode == INVALID, judged.stdout + judged.stderr
    assert "no end was recorded" in " ".join(verdict_of(folder)["because"])
    assert read_run(folder).series.outcomes.count.sum() > 10
    assert rushhour("report", folder).returncode == 0
    assert "INVALID" in (folder / "report.html").read_text(encoding="utf-8").upper()

    whole = read_run(folder).series.outcomes.count.sum()
    with (folder / "windows.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"second":9,"operation":"GET /hea')  # a kill may leave half a line
    assert rushhour("judge", folder).returncode == INVALID
    torn = read_run(folder)
    assert torn.torn_lines == ("windows.jsonl",)
    assert torn.series.outcomes.count.sum() == whole


def test_a_run_whose_command_is_killed_ends_its_load_and_says_so(rushhour: Rushhour, shop: str, tmp_path: Path) -> None:
    process = started(tmp_path, shop)
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.kill()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
    process.communicate()
    folder = only_run(tmp_path)
    assert rushhour("judge", folder).returncode == INVALID
    assert "the command that started the run is gone" in " ".join(verdict_of(folder)["because"])


def test_ctrl_c_ends_in_order_and_loses_nothing(shop: str, tmp_path: Path) -> None:
    process = started(tmp_path, shop, "--load-scale", "6")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    folder = only_run(tmp_path)
    ended = read_run(folder).manifest.ended
    assert ended is not None
    assert ended.reason == "interrupted"
    assert ended.requests_counted == ended.requests_recorded > 50
    assert process.returncode == INVALID, said
    assert (folder / "report.html").exists()
    assert "Traceback" not in said


def test_a_killed_worker_makes_the_run_invalid_by_name_and_the_others_windows_stay(shop: str, tmp_path: Path) -> None:
    process = started(tmp_path, shop, "--workers", "3")
    load = psutil.Process(process.pid).children(recursive=True)
    victim = next(child for child in load if "--worker" in child.cmdline())
    victim.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(load, timeout=10)
    assert not alive
    process.communicate(timeout=60)
    assert process.returncode == INVALID
    folder = only_run(tmp_path)
    assert f"lost (pid {victim.pid} on " in " ".join(verdict_of(folder)["because"])
    run = read_run(folder)
    assert run.manifest.ended is not None
    assert run.manifest.ended.reason == "failed"
    last = {sample.worker: sample.sequence for sample in run.generator}
    lost = [event.name.split()[0] for event in run.events if event.kind is EventKind.WORKER]
    assert len(lost) == 1
    assert min(sequence for worker, sequence in last.items() if worker not in lost) > last[lost[0]]


def test_workers_leave_by_themselves_when_nobody_is_left_to_end_them(shop: str, tmp_path: Path) -> None:
    process = started(tmp_path, shop, "--workers", "2")
    load = psutil.Process(process.pid).children(recursive=True)
    workers = [child for child in load if "--worker" in child.cmdline()]
    process.kill()
    for child in set(load) - set(workers):
        child.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive
    process.communicate()
    log = (only_run(tmp_path) / "locust.log").read_text(encoding="utf-8")
    assert log.count("no word from the master for 5 s: this worker ends its load") == 2
