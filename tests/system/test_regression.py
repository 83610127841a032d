"""The weekly regression, small: five accepted runs, then the same shop again, and the shop with faults planted."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from analysis.verdict import Outcome, Statement, as_text
from records.baseline import read_baseline
from rushhour.baseline import stored
from rushhour.baseline_runs import build_baseline
from rushhour.run import RunRequest, carry_out, nobody_looks
from rushhour.two_stage import go_on
from rushhour.verdicts import Judged, judge_folder
from scenarios.library import scenario_text
from tests.system.conftest import Rushhour, verdict_of

pytestmark = [pytest.mark.system, pytest.mark.quiet]
TIME_SCALE, LOAD_SCALE = 0.007, 1.5  # a stage of 4 s: some 1,350 requests, 40 of each gated operation and more
SCALES = ("--target", "sandbox", "--time-scale", TIME_SCALE, "--load-scale", LOAD_SCALE)
CREATE, CONFIRM = "POST /payments/create-intent", "POST /payments/confirm"


class Week:
    """Five accepted runs and what it takes to make one more."""

    def __init__(self, rushhour: Rushhour, folder: Path) -> None:
        self._rushhour = rushhour
        self.results = folder / "results"
        self.store = folder / "baselines"
        self.short = _asking_for_no_latency(folder, "weekly_regression")
        baseline = str(_asking_for_no_latency(folder, "baseline"))
        self.request = RunRequest(baseline, time_scale=TIME_SCALE, load_scale=LOAD_SCALE, results=self.results)
        built = build_baseline(self.request, 5, "the shop as it is", self.store, Console(quiet=True), nobody_looks)
        assert len(built.accepted) == 5, built.refused

    def make(self, scenario: str | Path, *more: object) -> int:
        """Make a run, again while the machine was too busy to measure; return the exit code."""
        for _ in range(3):
            done = self._rushhour("run", scenario, *SCALES, *more, "--results", self.results, "--baselines", self.store)
            assert done.returncode in {0, 1, 3, 4}, done.stdout + done.stderr
            if done.returncode != 4:
                break
        return done.returncode

    @property
    def newest(self) -> Path:
        """Return the folder of the newest run that is no rerun."""
        firsts = [path for path in self.results.glob("*/manifest.json") if not manifest(path.parent)["rerun"]]
        return max(firsts, key=lambda path: path.stat().st_mtime).parent

    def verdict(self) -> dict[str, Any]:
        """Return the newest run's verdict."""
        return verdict_of(self.newest)


def manifest(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return content


ERRORS_ONLY = """
format_version = 1
name = "errors_only"
title = "No errors"
[[objective]]
name = "error_ratio"
title = "Error ratio"
metric = "error_ratio"
limit = "0.1 %"
unit = "ratio"
"""


def _asking_for_no_latency(folder: Path, scenario: str) -> Path:
    """Write a shipped scenario with errors as its only objective and one level, so that three runs take half a minute.

    Payments that are 60 % slower miss the limit of all together, and a run that fails anyway is not made again.
    """
    path, objectives = folder / f"{scenario}.toml", folder / "errors_only.toml"
    first, *stages = re.split(r"(?=\[\[stages\]\]\n|\[comparison\]\n)", scenario_text(scenario))
    kept = [part for part in stages if 'name = "step_up"' not in part and 'name = "plus_50"' not in part]
    first = first.replace('objectives = "bookedbarber"', f'objectives = "{objectives}"')
    path.write_text("".join([first, *kept]), encoding="utf-8")
    objectives.write_text(ERRORS_ONLY, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def week(rushhour: Rushhour, tmp_path_factory: pytest.TempPathFactory) -> Week:
    return Week(rushhour, tmp_path_factory.mktemp("week"))


@pytest.fixture(scope="module")
def as_ever(week: Week) -> Judged:
    """The weekly regression of the same shop."""
    quiet, request = Console(quiet=True), replace(week.request, scenario="weekly_regression")
    for _ in range(3):  # while the machine is too busy to measure
        judged = go_on(request, carry_out(request, quiet), week.store, quiet, nobody_looks)
        if judged.verdict.outcome is not Outcome.INVALID:
            break
    return judged


@pytest.mark.timeout(420)
def test_the_same_shop_passes(week: Week, as_ever: Judged) -> None:
    assert [read_baseline(path).reason for path in stored(week.store)] == ["the shop as it is"] * 5
    assert as_ever.verdict.exit_code == 0, as_ever.verdict.because
    assert len(as_ever.verdict.baseline.run_ids) == 5
    assert not [row for row in as_ever.verdict.comparisons if row.statement is Statement.REGRESSED]


@pytest.mark.timeout(420)
def test_two_accepted_runs_are_too_few_and_it_says_how_many_are_missing(
    week: Week, as_ever: Judged, tmp_path: Path
) -> None:
    for path in stored(week.store)[:2]:
        copy = tmp_path / path.relative_to(week.store)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    verdict = judge_folder(as_ever.run.folder, tmp_path).verdict
    assert verdict.exit_code == 3
    assert "2 of 5 accepted runs" in verdict.because[0]
    assert "3 are missing" in verdict.because[0]


@pytest.mark.timeout(420)
def test_slow_payments_alert_and_three_runs_decide(week: Week) -> None:
    assert week.make(week.short, "--plant", "slow-payments") == 1
    first, verdict = week.newest, week.verdict()
    assert any(name in verdict["because"][0] for name in (CREATE, CONFIRM))
    told = verdict["because"][-1]
    assert told.startswith("the first run alerted because ")
    assert told.endswith("; 2 reruns; decided on 3 runs")
    slower = {
        row["operation"] for row in verdict["comparisons"] if row["statement"] == "regressed" and row["gate"] == "fail"
    }
    assert slower == {CREATE, CONFIRM}

    assert verdict["runs"][0] == first.name
    assert len(verdict["runs"]) == 3
    for run_id in verdict["runs"][1:]:
        assert manifest(week.results / run_id)["rerun"]["of"] == first.name
        assert not (week.results / run_id / "verdict.json").exists()
    for form in ("summary.md", "report.html", "junit.xml"):
        assert "decided on 3 runs" in (first / form).read_text(encoding="utf-8")
    again = judge_folder(week.results / verdict["runs"][1], week.store)  # a rerun leads to its first run
    assert as_text(again.verdict) == (first / "verdict.json").read_text(encoding="utf-8")
