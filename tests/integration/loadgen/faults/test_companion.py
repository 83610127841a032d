"""The companion: faults in their time, on the record, and undone however the run ends."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from loadgen.faults.companion import Faults
from loadgen.run_folder import PARENT_ENV, STOP_FILE
from records.event import Event, EventKind
from records.run import read_run
from rushhour.companions import Companion, Companions
from scenarios.injection import PlannedFault
from tests.integration.loadgen.faults.conftest import end_run, planned, run_folder

pytestmark = pytest.mark.integration
WITHIN_S = 10.0


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def breaking(folder: Path, start_s: float, end_s: float, **changes: Any) -> PlannedFault:
    flag = folder / "broken"
    return planned(
        {"kind": "command", "start": ["touch", str(flag)], "stop": ["rm", str(flag)], **changes}, start_s, end_s
    )


def started(folder: Path, parent: int | None = None) -> "subprocess.Popen[bytes]":
    environment = {name: value for name, value in os.environ.items() if name != PARENT_ENV}
    if parent is not None:
        environment[PARENT_ENV] = str(parent)
    return subprocess.Popen([sys.executable, "-m", "loadgen.faults", str(folder)], env=environment)


def wait_for(path: Path, *, there: bool) -> None:
    until = time.monotonic() + WITHIN_S
    while path.exists() is not there:
        assert time.monotonic() < until, f"{path.name} did not {'come' if there else 'go'} within {WITHIN_S} s"
        time.sleep(0.02)


def faults_of(folder: Path) -> list[Event]:
    return [event for event in read_run(folder).events if event.kind is EventKind.FAULT]


def test_a_fault_comes_and_goes_in_its_time_and_is_on_the_record(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, breaking(tmp_path, 0.3, 0.9), began=now())
    Faults(folder, None).carry_out()
    begins, ends = faults_of(folder)
    assert (begins.name, ends.name) == ("trial", "trial")
    assert begins.detail.startswith("begins: `touch")
    assert ends.detail.startswith("ends: `rm")
    assert "took" in begins.detail
    assert 0.3 <= begins.at_s < 0.6
    assert 0.9 <= ends.at_s < 1.3
    assert not (tmp_path / "broken").exists()
    assert not (folder / "faults-open.json").exists()


def test_a_fault_that_comes_again_is_on_the_record_each_time(tmp_path: Path) -> None:
    both = [breaking(tmp_path, start_s, start_s + 0.1) for start_s in (0.1, 0.5)]
    folder = run_folder(tmp_path, *both, began=now())
    Faults(folder, None).carry_out()
    assert [event.detail.split(":")[0] for event in faults_of(folder)] == ["begins", "ends"] * 2


def test_a_fault_that_cannot_begin_is_noted_and_is_no_fault(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, breaking(tmp_path, 0.0, 0.2, start=["false"], stop=["true"]), began=now())
    Faults(folder, None).carry_out()
    assert faults_of(folder) == []
    (note,) = read_run(folder).events
    assert note.name == "fault trial could not begin"
    assert "`false` ended with code 1" in note.detail


def test_a_fault_that_cannot_be_undone_stays_open_and_is_said(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, breaking(tmp_path, 0.0, 0.1, stop=["false"]), began=now())
    Faults(folder, None).carry_out()
    assert [event.name for event in read_run(folder).events][-1] == "fault trial could not be undone"
    assert (folder / "faults-open.json").read_text(encoding="utf-8") == "[0]\n"


@pytest.mark.parametrize(
    "how", ["the run is aborted", "somebody asks it to stop", "it is told to end", "its parent dies"]
)
def test_what_is_broken_is_undone_however_the_run_ends(tmp_path: Path, how: str) -> None:
    folder = run_folder(tmp_path, breaking(tmp_path, 0.0, 60.0), breaking(tmp_path, 70.0, 80.0), began=now())
    parent = subprocess.Popen([sys.executable, "-c", PARENT_OF, str(folder)]) if how == "its parent dies" else None
    process = started(folder) if parent is None else None
    broken = tmp_path / "broken"
    try:
        wait_for(broken, there=True)
        match how:
            case "the run is aborted":
                end_run(folder)
            case "somebody asks it to stop":
                (folder / STOP_FILE).touch()
            case "it is told to end":
                assert process is not None
                process.send_signal(signal.SIGTERM)
            case _:
                assert parent is not None
                parent.kill()
                parent.wait()
        wait_for(broken, there=False)
        if process is not None:
            assert process.wait(WITHIN_S) == 0
    finally:
        for each in (process, parent):
            if each is not None and each.poll() is None:
                each.kill()
                each.wait()
    wait_for(folder / "faults-open.json", there=False)
    until = time.monotonic() + WITHIN_S
    while len(faults_of(folder)) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    assert [event.detail.split(":")[0] for event in faults_of(folder)] == ["begins", "ends"]


PARENT_OF = f"""
import os, subprocess, sys, time
environment = {{**os.environ, "{PARENT_ENV}": str(os.getpid())}}
subprocess.Popen([sys.executable, "-m", "loadgen.faults", sys.argv[1]], env=environment, start_new_session=True)
time.sleep(60)
"""


def test_nothing_is_broken_before_the_run_begins_or_where_it_never_does(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, breaking(tmp_path, 0.0, 1.0))
    process = started(folder)
    time.sleep(0.5)
    assert process.poll() is None
    end_run(folder)
    assert process.wait(WITHIN_S) == 0
    assert faults_of(folder) == []


def test_a_companion_that_is_killed_is_cleaned_up_after(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, breaking(tmp_path, 0.0, 60.0), began=now())
    words = (sys.executable, "-m", "loadgen.faults", str(folder))
    with Companions.start(folder, [Companion("faults", words, undo=(*words, "--undo"))]) as companions:
        wait_for(tmp_path / "broken", there=True)
        companions.running[0][1].kill()
        companions.running[0][1].wait()
        companions.end()
        assert companions.lost == ["faults"]
    assert not (tmp_path / "broken").exists()
    assert "after the process that began it was lost" in faults_of(folder)[-1].detail


def test_a_companion_that_ends_in_order_is_not_lost(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, breaking(tmp_path, 0.0, 60.0), began=now())
    words = (sys.executable, "-m", "loadgen.faults", str(folder))
    with Companions.start(folder, [Companion("faults", words)]) as companions:
        wait_for(tmp_path / "broken", there=True)
    assert companions.lost == []
    assert not (tmp_path / "broken").exists()
