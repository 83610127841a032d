"""No stage is skipped and users come as planned, second by second, in one process as in several."""

import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from records.event import EventKind
from records.run import Run, read_run
from scenarios.plan import Plan
from scenarios.scenario import Model
from tests.shop import SECRETS
from tests.system.conftest import command, only_run

pytestmark = pytest.mark.system
MODES = {"local": 1, "distributed": 2}
LEVELS = {
    "ramp": 0.5,
    "one": 0.75,
    "two": 1.0,
    "three": 1.25,
    "steady": 1.5,
}  # a second each, but four of ramp, two of steady


def scenario(path: Path) -> Path:
    """Write a closed scenario that rises; scaled to a tenth, its shortest stages last a second."""
    head = 'format_version = 1\nname = "rise"\ntitle = "Rise"\nmodel = "closed"\nmix = "everyday"\nobjectives = "bookedbarber"\nseed = 3\n'
    stages = [
        f'[[stages]]\nname = "{name}"\nkind = "{kind}"\nlevel = {LEVELS[name]}\nduration = "{seconds * 10} s"\n{more}'
        for name, kind, seconds, more in (
            ("ramp", "warm_up", 4, "ramp = true\n"),
            ("one", "step", 1, ""),
            ("two", "step", 1, ""),
            ("three", "step", 1, ""),
            ("steady", "steady", 2, ""),
        )
    ]
    path.write_text(head + "[traffic]\nusers = 40\n" + "".join(stages), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def runs(shop: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """The same scenario in both modes, side by side."""
    path = scenario(tmp_path_factory.mktemp("scenario") / "rise.toml")
    started = {}
    for mode, workers in MODES.items():
        results = tmp_path_factory.mktemp(mode)
        words = (
            "run",
            path,
            "--target",
            "sandbox",
            "--url",
            shop,
            "--time-scale",
            "0.1",
            "--workers",
            workers,
            "--results",
            results,
        )
        started[mode] = (
            results,
            subprocess.Popen(
                command(*words),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, **SECRETS},
            ),
        )
    found = {}
    for mode, (results, process) in started.items():
        said, _ = process.communicate(timeout=110)
        assert "Traceback" not in said, said
        found[mode] = read_run(only_run(results))
    return found


def users_by_second(run: Run, field: str) -> list[int]:
    totals: Counter[int] = Counter()
    for sample in run.generator:
        totals[sample.second] += getattr(sample, field)
    return [totals[second] for second in range(int(run.manifest.plan.duration_s))]


@pytest.mark.parametrize("mode", MODES)
def test_active_users_follow_the_plan_each_second(runs: dict[str, Run], mode: str) -> None:
    users = users_by_second(runs[mode], "users")[:-1]  # at the very end of the plan nobody is wanted
    assert users == pytest.approx([5, 10, 15, 30, 40, 50, 60, 60], abs=2)


def test_both_modes_are_planned_alike(runs: dict[str, Run]) -> None:
    assert users_by_second(runs["local"], "users_planned") == users_by_second(runs["distributed"], "users_planned")


@pytest.mark.parametrize("mode", MODES)
def test_no_stage_is_skipped(runs: dict[str, Run], mode: str) -> None:
    run = runs[mode]
    assert [event.name for event in run.events if event.kind is EventKind.STAGE] == list(LEVELS)
    assert plan_of(run).model is Model.CLOSED
    seconds = set(run.series.outcomes.second.tolist())
    for stage in plan_of(run).stages:
        assert seconds & set(range(int(stage.start_s), int(stage.end_s))), (
            f"no request was meant for stage {stage.name}"
        )


def plan_of(run: Run) -> Plan:
    return run.manifest.plan
