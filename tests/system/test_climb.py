"""A climb on the real sandbox: it turns back when it is told to, and by itself two steps past the break."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from loadgen.turn import ask_to_turn
from records.event import EventKind
from records.run import Run, read_run
from tests.system.conftest import Rushhour, command, only_run, verdict_of

pytestmark = pytest.mark.system
CLIMB = """
format_version = 1
name = "climb"
title = "A climb"
model = "open"
mix = "everyday"
objectives = "bookedbarber"
seed = 5

[traffic]
sessions_per_s = "10 per s"

[sandbox]
pool = {pool}

[[stages]]
name = "warm_up"
kind = "warm_up"
level = 1.0
duration = "{settle} s"

[staircase]
start = {start}
step_ratio = {ratio}
steps_past = 2
most = {most}
settle = "{settle} s"
hold = "{hold} s"
back_down = {{ level = 1.0, duration = "{back} s" }}
"""


def scenario(folder: Path, **given: float) -> Path:
    path = folder / "climb.toml"
    path.write_text(CLIMB.format(**given), encoding="utf-8")
    return path


def planned_by_second(run: Run) -> dict[int, int]:
    found: dict[int, int] = {}
    for sample in run.generator:
        found[sample.second] = found.get(sample.second, 0) + sample.planned
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_a_climb_turns_back_where_it_is_told_to(shop: str, tmp_path: Path, workers: int) -> None:
    path = scenario(tmp_path, pool=45, start=2.0, ratio=1.5, most=14.0, settle=10, hold=40, back=60)
    words = ["run", path, "--url", shop, "--time-scale", "0.1", "--workers", workers, "--results", tmp_path / "results"]
    process = subprocess.Popen(command(*words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    limit = time.monotonic() + 60
    while not (found := list(tmp_path.glob("results/*/generator.jsonl"))) or not found[0].stat().st_size:
        assert time.monotonic() < limit, "no load was made"
        time.sleep(0.1)
    folder = found[0].parent
    ask_to_turn(folder, "step_2")
    said, _ = process.communicate(timeout=120)
    run = read_run(folder)
    assert run.manifest.ended is not None, said
    assert run.manifest.ended.reason == "completed", run.manifest.ended.detail
    names = [stage.name for stage in run.manifest.plan.stages]
    assert names == ["warm_up", "settle_1", "step_1", "settle_2", "step_2", "back_down"]
    assert [event.name for event in run.events if event.kind is EventKind.NOTE] == ["the climb ends after step_2"]
    back = run.manifest.plan.stages[-1]
    planned = planned_by_second(run)
    last_step = [planned[second] for second in range(int(back.start_s) - 4, int(back.start_s))]
    way_back = [planned[second] for second in range(int(back.start_s), int(back.end_s))]
    assert sum(last_step) / 4 > 20  # level 3: 30 sessions a second
    assert sum(way_back) / 6 < 17  # level 1: 10
    assert not any(count for second, count in planned.items() if second >= back.end_s)


@pytest.mark.quiet
@pytest.mark.timeout(300)
def test_a_climb_ends_by_itself_two_steps_past_the_break_and_names_the_pool(rushhour: Rushhour, tmp_path: Path) -> None:
    path = scenario(tmp_path, pool=3, start=0.7, ratio=1.25, most=5.0, settle=50, hold=120, back=100)
    rushhour("run", path, "--time-scale", "0.1", "--results", tmp_path / "results")
    folder = only_run(tmp_path / "results")
    found = verdict_of(folder)["exhaustion"]
    results = [step["good"] for step in found["steps"]]
    assert len(results) <= 6, json.dumps(found["steps"])  # of the nine that were planned
    assert results[-3:] == [False, False, False] or results.count(False) == 3
    assert found["bottleneck"] == "connection pool"
    assert found["breaking_per_s"] is not None
    assert read_run(folder).manifest.plan.stages[-1].name == "back_down"
