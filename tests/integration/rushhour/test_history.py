"""`rushhour history` on files: what is written, what is answered, and one line for each mistake."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from records.acknowledgement import FILE
from records.baseline import write_baseline
from records.folder import Appender, create_folder, write_manifest
from records.histogram import Histogram
from records.window import Outcome, Window
from rushhour.__main__ import main
from rushhour.accepted import baselines_for
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, healthy_samples, plan_of
from tests.unit.analysis.trend.build_history import weeks

pytestmark = pytest.mark.integration


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Accepted runs of 20 weeks in which payments got a fifth slower at the 12th."""
    values = 80_000.0 * np.exp(np.random.default_rng(1).normal(0, 0.01, 20))
    values[12:] *= 1.2
    for baseline in weeks(values.tolist()):
        write_baseline(tmp_path / "baselines", baseline)
    return tmp_path / "baselines"


def history(monkeypatch: pytest.MonkeyPatch, store: Path, *words: str) -> int:
    """Enter the command line as a person would; return the exit code."""
    places = ["--baselines", str(store), "--results", str(store.parent / "results")]
    monkeypatch.setattr(sys, "argv", ["rushhour", "history", *words, *places])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], store: Path, *words: str) -> str:
    capsys.readouterr()
    assert history(monkeypatch, store, *words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_change_is_found_acknowledged_and_open_no_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    assert history(monkeypatch, store, "weekly_regression") == 0
    assert "weekly-012" in capsys.readouterr().out
    written = store.parent / "results" / "history"
    document = json.loads((written / "history.json").read_text(encoding="utf-8"))
    points = [point for series in document["courses"][0]["series"] for point in series["change_points"]]
    assert {point["run_id"] for point in points} == {"weekly-012"}
    assert (written / "report.html").stat().st_size > 10_000

    assert history(monkeypatch, store, "acknowledge", "weekly-012", "--reason", "3-D Secure is on") == 0
    lines = (store / "shop" / FILE).read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(points)
    assert {json.loads(line)["reason"] for line in lines} == {"3-D Secure is on"}
    capsys.readouterr()
    assert history(monkeypatch, store) == 0
    assert "Nothing changed that is not accounted for" in capsys.readouterr().out

    assert history(monkeypatch, store, "hide", json.loads(lines[0])["id"], "--reason", "noise") == 0
    again = (store / "shop" / FILE).read_text(encoding="utf-8").splitlines()
    assert len(again) == len(lines)
    assert sum(json.loads(line)["answer"] == "hidden" for line in again) == 1


def test_accepted_runs_before_an_acknowledged_change_serve_no_comparison(
    monkeypatch: pytest.MonkeyPatch, store: Path
) -> None:
    plan = plan_of()
    plan = plan.model_copy(update={"target": plan.target.model_copy(update={"name": "shop"})})
    assert all(baseline.stages and not baseline.outdated for baseline in baselines_for(plan, store))
    assert history(monkeypatch, store, "acknowledge", "weekly-012", "--reason", "known") == 0
    found = baselines_for(plan, store)
    assert [bool(baseline.outdated) for baseline in found] == [True] * 12 + [False] * 8


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("acknowledge", "ffffffff", "--reason", "x"), 'change point "ffffffff" is unknown'),
        (("acknowledge", "weekly-012", "--reason", "  "), "--reason is empty"),
        (("hide", "weekly-012", "--reason", "x" * 501), "--reason has 501 characters"),
        (("rush",), 'no runs of scenario "rush"'),
        (("--target", "elsewhere"), 'no runs of target "elsewhere"; expected one of: weekly_regression on shop'),
    ],
)
def test_a_mistake_has_one_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    store: Path,
    words: tuple[str, ...],
    said: str,
) -> None:
    assert said in refused(monkeypatch, capsys, store, *words)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"id": ', "line 1: damaged"),
        ('{"id": "12345678"}', "line 1: answer: Field required"),
        ("[1]", "line 1"),
        ("\ufffd\ufffd", "line 1: damaged"),
    ],
)
def test_damaged_answers_are_named_by_file_and_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], store: Path, content: str, said: str
) -> None:
    (store / "shop" / FILE).write_text(content, encoding="utf-8")
    line = refused(monkeypatch, capsys, store)
    assert said in line
    assert FILE in line


def recorded(results: Path, run_id: str) -> None:
    """Write the folder of a valid run in which all answers took 10 ms."""
    plan, taken = plan_of("baseline"), Histogram.of([10_000.0] * 50).sparse()
    seconds = range(math.ceil(plan.duration_s))
    run = build_run(Requests().add(SLOTS, [second for second in seconds for _ in range(50)]), plan, run_id=run_id)
    folder = create_folder(results, run_id)
    write_manifest(folder, run.manifest)
    appender = Appender(folder)
    appender.windows(Window(second, SLOTS, {Outcome.OK: 50}, taken, taken, 0) for second in seconds)
    appender.generator(healthy_samples(plan))
    appender.close()


def test_all_takes_valid_runs_that_nobody_accepted_and_names_what_it_leaves_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    results = store.parent / "results"
    recorded(results, "baseline-one")
    (results / "broken").mkdir()
    (results / "broken" / "manifest.json").write_text("{}", encoding="utf-8")
    assert history(monkeypatch, store, "--all") == 0
    assert f"left out of {results}: 1 run, such as broken (" in " ".join(capsys.readouterr().out.split())
    document = json.loads((results / "history" / "history.json").read_text(encoding="utf-8"))
    runs = {run["run_id"]: run["accepted"] for course in document["courses"] for run in course["runs"]}
    assert runs == {"baseline-one": False} | {f"weekly-{week:03d}": True for week in range(20)}


def test_no_runs_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "no accepted runs there yet" in refused(monkeypatch, capsys, tmp_path / "baselines")
    assert "rushhour baseline accept" in refused(
        monkeypatch, capsys, tmp_path / "baselines", "acknowledge", "x", "--reason", "y"
    )
