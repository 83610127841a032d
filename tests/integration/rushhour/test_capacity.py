"""`rushhour capacity` on files: what is written, where its numbers are from, and one line for each mistake."""

import csv
import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.quarter.answers import answers_of
from analysis.quarter.climbed import climbed, mixed
from records.errors import RunDataError
from records.run import Run
from reports.capacity import figures
from rushhour.__main__ import main
from rushhour.capacity_runs import gather_runs
from scenarios.library import SHIPPED, load_traffic
from tests.integration.rushhour.run_folder import write_run
from tests.unit.analysis.build_queue import mmc_limit, pool_climb
from tests.unit.analysis.quarter.build_quarter import quarter_with

pytestmark = pytest.mark.integration
DOCS = Path(__file__).parents[3] / "docs" / "capacity.md"
GROWTH = ("--growth", "1 % per week", "--traffic-scale", "0.1")


@pytest.fixture(scope="module")
def climb() -> Run:
    """A climb on a pool of four places that are held for 50 ms, against theory."""
    return pool_climb(hold_s=30)


@pytest.fixture(scope="module")
def results(climb: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    write_run(folder, climb)
    return folder


def keys_of(value: object) -> set[str]:
    """Return every key of a JSON document, at any depth."""
    match value:
        case dict():
            return set(value) | {key for each in value.values() for key in keys_of(each)}
        case list():
            return {key for each in value for key in keys_of(each)}
        case _:
            return set()


def documented() -> set[str]:
    """Return the words that the chapter on capacity.json sets as code."""
    chapter = DOCS.read_text(encoding="utf-8").partition("## `capacity.json`")[2].partition("\n## ")[0]
    return {word for code in re.findall(r"`([^`]+)`", chapter) for word in code.split(".")}


def capacity(monkeypatch: pytest.MonkeyPatch, results: Path, *words: str) -> int:
    """Enter the command line as a person would; return the exit code."""
    monkeypatch.setattr(sys, "argv", ["rushhour", "capacity", *words, "--results", str(results)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_climb_a_history_and_prices_become_one_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], climb: Run, results: Path
) -> None:
    events = ("--event", "Black Friday=2.5@2027-11-26", "--against", "nodes=application=6")
    assert capacity(monkeypatch, results, *GROWTH, *events) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) <= 25
    assert all(len(line) <= 80 for line in told[:-1])
    (folder,) = results.glob("capacity-*")
    assert {path.name for path in folder.iterdir()} == {
        "report.html", "report.pdf", "capacity.json", "plan.csv", "forecast.csv", "inputs",
    }  # fmt: skip
    for shipped in ("traffic/example_40_weeks.csv", "prices/example.toml"):
        copy = folder / "inputs" / Path(shipped).name
        assert copy.read_bytes() == (SHIPPED / shipped).read_bytes()
    document = json.loads((folder / "capacity.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert keys_of(document) <= documented()
    truth = mmc_limit(0.05, 4, 0.2)
    assert document["sustained"]["middle_per_s"] == pytest.approx(truth, rel=0.07)
    low, high = document["sustained"]["interval"]
    assert low < truth < high
    assert document["runs"] == [climb.manifest.run_id]
    assert document["bottleneck"]["resource"] == "connection pool"
    promised = {row["name"]: row for row in document["promises"]}
    assert promised["1,000 requests per s"]["gap"]["ratio"] == pytest.approx(truth / 1000, rel=0.07)
    assert promised["10,000 users at once"]["gap"] is None  # a session of this climb is one request of unknown length
    assert any("--traffic-scale" in text for text in document["assumptions"])
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert climb.manifest.run_id in page
    assert 'src="http' not in page
    assert len(page) < 6_000_000
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF-")
    with (folder / "forecast.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40 + 52
    assert float(rows[39]["measured_per_s"]) == pytest.approx(37.72)
    assert "the quarterly capacity report" in (results / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--run", "nowhere"), 'run "nowhere" not found'),
        (("--history", "nowhere"), 'traffic "nowhere" is not known'),
        (("--prices", "nowhere.toml"), "nowhere.toml"),
        (("--growth", "much"), '--growth: "much" is no growth'),
        (("--event", "Black Friday"), '--event: "Black Friday" is no event'),
        (("--nodes", "application"), '--nodes: "application" is no number of a resource'),
        (("--nodes", "aplication=6"), '--nodes: resource "aplication" is not in example; did you mean "application"?'),
        (("--measured", "aplication=6"), '--measured: resource "aplication" is not in example'),
        (("--nodes", "application=1"), "--nodes: application is 1; expected 2 (its minimum) to 10,000"),
        (("--measured", "application=99999"), "--measured: application is 99999; expected 1 to 10,000"),
        (
            ("--against", "growth=1 % per week", "--against", "growth=2 % per week"),
            "--against: growth is given 2 times",
        ),
        (
            ("--against", "nodes=application=6", "--against", "nodes=application=8"),
            "--against nodes: application is given twice",
        ),
        (
            ("--event", "fair=2@2027-01-01", "--against", "event=fair=3@2027-01-01"),
            "fair on 2027-01-01 is given 2 times",
        ),
        (("--against", "colour=red"), '--against: "colour=red" is no change of a plan'),
        (("--traffic-scale", "0"), "--traffic-scale: is 0"),
    ],
)
def test_a_mistake_has_one_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    results: Path,
    words: tuple[str, ...],
    said: str,
) -> None:
    assert capacity(monkeypatch, results, *words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


BAD_FILES = (
    ("history", b"", "has nothing; expected week or day, timezone"),
    ("history", b"week,timezone,peak_users\n", "has 0 rows; expected at least 2 weeks"),
    (
        "history",
        "week,timezone,peak_users\n2026-02-02,UTC,1\n".encode("utf-16"),
        "byte 1 is not UTF-8; expected a CSV file",
    ),
    ("history", b"x" * 1_000_001, "larger than 1,000,000 bytes; expected a CSV file with the columns week or day"),
    ("history", None, "is a folder; expected a CSV file with the columns week or day"),
    ("prices", None, "is a folder; expected a TOML file"),
    ("prices", b"\xff", "byte 1 is not UTF-8; expected a TOML file"),
    ("prices", b"name = ", "not valid TOML"),
)


@pytest.mark.parametrize(("option", "content", "said"), BAD_FILES)
def test_a_file_that_is_none_has_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    option: str,
    content: bytes | None,
    said: str,
) -> None:
    path = tmp_path / ("peaks.csv" if option == "history" else "prices.toml")
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    assert capacity(monkeypatch, tmp_path, f"--{option}", str(path)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"rushhour: {path}: ")
    assert said in line


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "peaks.csv"
    path.write_bytes("week,timezone,peak_users\r\n2026-02-02,UTC,1\r\n2026-02-09,UTC,2\r\n".encode("utf-8-sig"))
    assert load_traffic(str(path)).values == (1, 2)


def test_a_run_and_its_copy_are_one_run(climb: Run, tmp_path: Path) -> None:
    """Two folders of the same run would halve the spread between runs."""
    folder = write_run(tmp_path, climb)
    shutil.copytree(folder, tmp_path / "copy")
    climbs, _ = gather_runs((), tmp_path)
    assert len(climbs) == 1
    with pytest.raises(RunDataError, match=r"are both the run .*; expected each once, leave out the copy"):
        gather_runs((str(folder), str(tmp_path / "copy")), tmp_path)


def test_a_damaged_run_is_named_with_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], climb: Run, tmp_path: Path
) -> None:
    windows = write_run(tmp_path, climb) / "windows.jsonl"
    windows.write_text("nothing\n" + windows.read_text(encoding="utf-8"), encoding="utf-8")
    assert capacity(monkeypatch, tmp_path) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "windows.jsonl: line 1 is damaged" in line


def test_the_page_explains_itself_in_the_docs(climb: Run) -> None:
    """Every figure of the first page has its words in "The first page, number by number"."""
    chapter = (
        DOCS.read_text(encoding="utf-8").partition("## The first page")[2].partition("## `capacity.json`")[0].lower()
    )
    quarter = quarter_with(climbed(climb))
    for figure in figures(quarter):
        words = [word for word in re.findall(r"[a-z0-9]+", figure.label.lower()) if len(word) > 3]
        assert all(word in chapter for word in words), figure.label
    for answer in answers_of(quarter):
        assert f"**{answer.question.value}**".lower() in chapter


def test_without_a_climb_it_says_how_to_make_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert capacity(monkeypatch, tmp_path) == 2
    assert "has no run of exhaustion; make one with: rushhour run exhaustion" in capsys.readouterr().err


def test_runs_of_two_targets_are_not_mixed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], climb: Run, tmp_path: Path
) -> None:
    for name in ("shop", "elsewhere"):
        target = climb.manifest.plan.target.model_copy(update={"name": name})
        plan = climb.manifest.plan.model_copy(update={"target": target})
        write_run(tmp_path, replace(climb, manifest=climb.manifest.model_copy(update={"plan": plan, "run_id": name})))
    assert capacity(monkeypatch, tmp_path, "--run", "shop", "--run", "elsewhere") == 2
    assert "--run: the runs are of several targets (elsewhere, shop); expected one" in capsys.readouterr().err


def test_the_latest_build_is_taken_alone_and_several_that_are_named_are_told(climb: Run, tmp_path: Path) -> None:
    for day, build in ((23, "old"), (24, "new")):
        update = {"run_id": build, "target_build": build, "started_at": f"2026-11-{day}T06:00:00+00:00"}
        write_run(tmp_path, replace(climb, manifest=climb.manifest.model_copy(update=update)))
    for run_id, build in (("peak-old", "old"), ("peak-new", "new")):
        plan = climb.manifest.plan.model_copy(update={"scenario": "peak", "staircase": None, "time_scale": 0.03})
        peak = {"run_id": run_id, "target_build": build, "plan": plan}
        write_run(tmp_path, replace(climb, manifest=climb.manifest.model_copy(update=peak)))
    climbs, peaks = gather_runs((), tmp_path)
    assert [each.run_id for each in climbs] == ["new"]
    assert [run.manifest.run_id for run in peaks] == ["peak-new"]
    both, _ = gather_runs(("old", "new"), tmp_path)
    assert any("several builds (new, old)" in told for told in mixed(both))
    assert mixed(climbs) == ()
