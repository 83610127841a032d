"""Recorded arrivals and pacing in real short runs: what was planned beforehand is what came."""

from pathlib import Path

import pytest

from loadgen.schedule import arrival_times
from records.run import read_run
from tests.shop import SECRETS
from tests.system.conftest import Rushhour, only_run

pytestmark = pytest.mark.system
HEAD = """
format_version = 1
name = "trial"
title = "A trial"
mix = "monitors"
objectives = "bookedbarber"
seed = 11
"""
STAGES = """
[[stages]]
name = "warm_up"
kind = "warm_up"
level = 1.0
duration = "2 s"
[[stages]]
name = "steady"
kind = "steady"
level = 1.0
duration = "6 s"
"""


def test_recorded_arrivals_come_as_recorded(rushhour: Rushhour, shop: str, tmp_path: Path) -> None:
    """A series that doubles at its sixth second, by the path next to the scenario."""
    (tmp_path / "day.csv").write_text("time,sessions\n0,20\n2,20\n4,40\n6,40\n", encoding="utf-8")
    scenario = tmp_path / "trial.toml"
    traffic = 'model = "open"\n[traffic]\nseries = "./day.csv"\nsession_length = "500 ms"\n'
    scenario.write_text(HEAD + traffic + STAGES, encoding="utf-8")
    done = rushhour("run", scenario, "--url", shop, "--results", tmp_path / "results", env=SECRETS)
    run = read_run(only_run(tmp_path / "results"))
    assert run.manifest.ended is not None, done.stderr
    assert run.manifest.plan.series is not None
    assert run.manifest.plan.series.values == (20, 20, 40, 40)
    assert sum(sample.started for sample in run.generator) == len(arrival_times(run.manifest.plan))
    counts = run.series.outcomes
    first, last = counts.count[counts.second < 4].sum(), counts.count[counts.second >= 4].sum()
    assert last / first == pytest.approx(2, rel=0.5)  # 40 and 80 sessions are expected; three standard errors are 0.9


def test_a_paced_population_makes_its_planned_rate(rushhour: Rushhour, shop: str, tmp_path: Path) -> None:
    """40 users, one session each 2 s: 20 a second, in every second."""
    scenario = tmp_path / "trial.toml"
    traffic = 'model = "closed"\n[traffic]\nusers = 40\npacing = "2 s"\n'
    scenario.write_text(HEAD + traffic + STAGES, encoding="utf-8")
    done = rushhour("run", scenario, "--url", shop, "--results", tmp_path / "results", env=SECRETS)
    run = read_run(only_run(tmp_path / "results"))
    assert run.manifest.ended is not None, done.stderr
    assert sum(sample.planned for sample in run.generator) == 160
    assert sum(sample.started for sample in run.generator) == 160
    assert all(18 <= sample.started <= 22 for sample in run.generator if 1 <= sample.second < 8)
