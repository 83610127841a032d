"""A climb on the real sandbox: it ends by itself past the break, tries a level between, holds what it found, and goes back down."""

from pathlib import Path
from typing import Any

import pytest

from records.event import EventKind
from records.run import Run, read_run
from scenarios.layout import PlannedStage
from tests.system.conftest import Rushhour, only_run, verdict_of

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
sessions_per_s = "20 per s"

[sandbox]
pool = 6

[not_judged]
cache_hit_ratio = "the cache of a shop that was just opened is cold"

[[stages]]
name = "baseline"
kind = "steady"
level = 0.6
duration = "60 s"

[staircase]
start = 1.6
step_ratio = 1.01
steps_past = 1
most = 1.9
settle = "20 s"
hold = "80 s"
bisect_to = "80 %"
confirm = "40 s"
back_down = { level = 0.2, duration = "20 s" }
"""
NAMES = [
    "baseline", "settle_1", "step_1", "settle_2", "step_2", "rest_1", "settle_bisect_1", "bisect_1", "rest_2",
    "settle_confirm", "confirm", "back_down",
]  # fmt: skip
ONE_MORE = {"settle_3", "step_3"}  # a word that comes less than 2 s before a step's end is taken after the next one


def planned_in(run: Run, stage: PlannedStage) -> int:
    """Return how many sessions all workers together were given in a stage."""
    return sum(sample.planned for sample in run.generator if stage.start_s <= sample.second < stage.end_s)


def level_of(run: Run, name: str) -> float:
    return next(stage.level for stage in run.manifest.plan.stages if stage.name == name)


@pytest.mark.quiet
@pytest.mark.timeout(300)
def test_a_climb_bisects_and_confirms_what_it_broke_at_and_all_workers_follow(
    rushhour: Rushhour, tmp_path: Path
) -> None:
    path = tmp_path / "climb.toml"
    path.write_text(CLIMB, encoding="utf-8")
    said = rushhour("run", path, "--time-scale", "0.05", "--workers", 2, "--results", tmp_path / "results").stdout
    run = read_run(only_run(tmp_path / "results"))
    assert run.manifest.ended is not None, said
    assert run.manifest.ended.reason == "completed", run.manifest.ended.detail
    names = [stage.name for stage in run.manifest.plan.stages if stage.name not in ONE_MORE]
    assert names == NAMES, (run.folder / "climb.log").read_text()
    for stage in run.manifest.plan.stages:  # each level was offered by both workers together, no arrival lost or twice
        expected = 20 * stage.level * stage.duration_s
        assert abs(planned_in(run, stage) - expected) < 4 * expected**0.5 + 2, stage.name
    end_s = run.manifest.plan.duration_s
    assert not any(sample.planned for sample in run.generator if sample.second >= end_s)
    notes = [event.name for event in run.events if event.kind is EventKind.NOTE and event.name.startswith("the climb")]
    assert notes[0].startswith("the climb ends after step_")
    assert notes[1:] == ["the climb goes on: settle_bisect_1", "the climb goes on: settle_confirm"]
    _told(run, verdict_of(run.folder)["exhaustion"])


def _told(run: Run, found: dict[str, Any]) -> None:
    assert found["bisected"] == ["bisect_1"]
    assert found["bracket_ratio"] <= 0.8
    assert level_of(run, "bisect_1") == pytest.approx((0.6 * 1.6) ** 0.5, rel=0.001)
    assert level_of(run, "confirm") == pytest.approx(0.95 / 20 * found["breaking_per_s"], rel=0.05)
    assert found["overload"]["recovered_s"] is not None
    assert found["confirmation"]["step"]["stage"] == "confirm"
    assert found["confirmation"]["share"] == pytest.approx(0.95, rel=0.05)
