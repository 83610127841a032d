"""A duet for real, as short as it goes: one restart that counts, and one that somebody stops."""

import os
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from records.duet import RUNS, Arm, Side, read_duet
from records.errors import RunDataError
from records.run import read_run
from rushhour.duet import carry_out_duet, conclude, leave_nothing
from rushhour.duet_request import DuetRequest
from scenarios.library import SHIPPED

pytestmark = pytest.mark.integration

SCENARIO = """
format_version = 1
name = "two_seconds"
title = "As short as it goes"
model = "open"
mix = "monitors"
objectives = "bookedbarber"
seed = 1

[traffic]
sessions_per_s = "40 per s"

[[stages]]
name = "steady"
kind = "steady"
level = 1.0
duration = "1 min"
"""

TARGET = """
format_version = 1
extends = "sandbox"
name = "small"
title = "A small sandbox without probes"
probes = []
resources = []

[sandbox]
barbers = 2
clients = 20
fast = true
"""


def stop_after_the_first_restart(results: Path) -> None:
    """Press Ctrl-C as soon as one restart is written down."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        try:
            if any(read_duet(folder).restarts for folder in results.glob("duet-*")):
                os.kill(os.getpid(), signal.SIGINT)
                return
        except RunDataError:
            pass  # its folder is there, its record is not yet
        time.sleep(0.05)


def test_both_arms_are_ordinary_runs_of_the_same_moments_and_arrivals_and_ctrl_c_keeps_them(tmp_path: Path) -> None:
    scenario, target, results = tmp_path / "two_seconds.toml", tmp_path / "small.toml", tmp_path / "results"
    scenario.write_text(SCENARIO, encoding="utf-8")
    target.write_text(TARGET, encoding="utf-8")
    shutil.copy(SHIPPED / "targets" / "sandbox.toml", tmp_path)
    arms = {Side.A: Arm(target=str(target)), Side.B: Arm(target=str(target), plants=("slots=1.05",))}
    request = DuetRequest(str(scenario), arms, restarts=3, duration_s=1.0, warm_up_s=1.0, results=results)
    finger = threading.Thread(target=stop_after_the_first_restart, args=(results,), daemon=True)
    finger.start()
    with (tmp_path / "console.txt").open("w", encoding="utf-8") as file:
        folder = carry_out_duet(request, Console(file=file))
        verdict = conclude(folder, Console(file=file))
    record = read_duet(folder)
    assert record.ended == "interrupted"
    first = record.restarts[0]
    a, b = (read_run(folder / RUNS / str(first.runs[side])) for side in Side)
    assert a.manifest.started_at == b.manifest.started_at
    assert a.manifest.plan.stages == b.manifest.plan.stages
    assert [sample.planned for sample in a.generator] == [sample.planned for sample in b.generator]
    assert sum(sample.planned for sample in a.generator) > 20
    assert (a.manifest.plants, b.manifest.plants) == ((), ("slots=1.05",))
    assert verdict.exit_code == 3
    assert verdict.because[0].startswith("only 1 restart of 3 count")
    assert {"report.html", "summary.md", "junit.xml", "verdict.json"} <= {path.name for path in folder.iterdir()}


def test_a_duet_that_never_began_leaves_no_folder_and_one_with_a_run_stays(tmp_path: Path) -> None:
    for name in ("empty", "begun"):
        (tmp_path / name / RUNS).mkdir(parents=True)
    (tmp_path / "begun" / RUNS / "one").mkdir()
    leave_nothing(tmp_path / "empty")
    leave_nothing(tmp_path / "begun")
    assert [path.name for path in tmp_path.iterdir()] == ["begun"]
