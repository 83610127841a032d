"""From the files of other tools to a page that holds two of them against each other, as the command line does it."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from analysis.verdict import Outcome
from records.run import read_run
from rushhour.__main__ import main
from rushhour.baseline import accept_run
from rushhour.compare import compare_sides
from rushhour.verdicts import judge_folder, write_reports

pytestmark = pytest.mark.integration
OPERATIONS = ("GET /slots", "POST /appointments/")


def table_of(path: Path, seed: int, factor: float = 1.0) -> Path:
    """Write a minute of 3,000 requests of two operations as a table."""
    rng = np.random.default_rng(seed)
    start_s = 1_700_000_000 + np.sort(rng.uniform(0, 60, 3_000))
    operation = rng.integers(2, size=3_000)
    latency_ms = 20.0 * (1 + operation * factor) * np.exp(0.3 * rng.standard_normal(3_000))
    rows = zip(start_s, operation, latency_ms, strict=True)
    text = "".join(f"{start:.3f},{OPERATIONS[place]},{ms:.3f},200\n" for start, place, ms in rows)
    path.write_text("time,operation,latency_ms,status\n" + text, encoding="utf-8")
    return path


def rushhour(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Return the exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["rushhour", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def imported(monkeypatch: pytest.MonkeyPatch, path: Path, results: Path) -> Path:
    known = set(results.glob("*"))
    assert rushhour(monkeypatch, "import", str(path), "--as", "weekly", "--results", str(results)) == 0
    (folder,) = set(results.glob("*")) - known
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Return the results directory and two runs of it, the second with a slower operation."""
    place = tmp_path_factory.mktemp("imports")
    with pytest.MonkeyPatch.context() as monkeypatch:
        first = imported(monkeypatch, table_of(place / "a.csv", 1), place / "results")
        second = imported(monkeypatch, table_of(place / "b.csv", 2, factor=2.0), place / "results")
    return place / "results", first, second


def test_an_imported_folder_is_read_as_our_own_and_says_what_it_is(runs: tuple[Path, Path, Path]) -> None:
    _, folder, _ = runs
    run = read_run(folder)
    assert run.manifest.imported is not None
    assert run.response(0, 60).count == 3_000
    judged = judge_folder(folder, folder / "no-store")
    assert judged.verdict.outcome is Outcome.INCONCLUSIVE
    page = write_reports(judged).read_text(encoding="utf-8")
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    for text in (page, summary):
        assert "Imported from table of latencies (CSV): a.csv" in text
        assert "when each request was meant to start" in text
    assert "nothing says that the generator was well" in page


def test_the_same_file_is_not_imported_twice(
    runs: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results, _, _ = runs
    path = table_of(results.parent / "a.csv", 1)
    assert rushhour(monkeypatch, "import", str(path), "--as", "weekly", "--results", str(results)) == 2
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 1
    assert "File exists" in error[0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("import", "nowhere.csv"), "nowhere.csv: not found"),
        (("import", "{file}", "--unit", "parsec"), '--unit is "parsec"; expected ns, us, ms or s'),
        (("import", "{file}", "--warm-up", "soon"), '--warm-up is "soon"; expected a duration'),
        (("import", "{file}", "--warm-up", "2 min"), "--warm-up is 120 s; expected less than the run's length"),
        (("import", "{file}", "--column", "colour=blue"), "expected latency=NAME"),
        (("import", "{file}", "--target", "nowhere"), 'target "nowhere" is not known'),
        (("compare", "one"), "compare got 1 runs; expected two"),
        (("compare", "one", "two"), 'run "one" not found'),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    words: tuple[str, ...],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = table_of(tmp_path / "file.csv", 3)
    spelt = [word.format(file=file) for word in words]
    assert rushhour(monkeypatch, *spelt, "--results", str(tmp_path / "results")) == 2
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 1
    assert told in error[0]
    assert not (tmp_path / "results").exists()


def test_a_comparison_says_what_differs_first_and_then_what_changed(runs: tuple[Path, Path, Path]) -> None:
    results, first, second = runs
    out = Console(file=io.StringIO(), width=160)
    found = compare_sides([first.name], [str(second)], results, results / "no-store", out)
    folder = next(results.glob("compare-*"))
    summary = (folder / "comparison.md").read_text(encoding="utf-8")
    assert summary.index("What differs in how they were made") < summary.index("What changed")
    page = (folder / "comparison.html").read_text(encoding="utf-8")
    assert page.index("What differs in how they were made") < page.index("What changed, from A to B")
    assert "<script src=" not in page
    document = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    p50 = next(row for row in document["rows"] if row["operation"] == OPERATIONS[1] and row["metric"] == "response_p50")
    assert p50["change_ratio"] == pytest.approx(0.5, abs=0.05)  # 60 ms against 40 ms
    assert p50["statement"] == "cannot_tell"
    assert found.differences == ()
    assert "One run on each side cannot tell" in summary


def test_accepted_imports_can_be_one_side(runs: tuple[Path, Path, Path], tmp_path: Path) -> None:
    results, first, second = runs
    out = Console(file=io.StringIO(), width=160)
    accept_run(read_run(first), tmp_path / "store", out)
    found = compare_sides(["elsewhere/weekly"], [second.name], results, tmp_path / "store", out)
    assert [run.summary.run_id for run in found.before.runs] == [first.name]
    assert found.before.runs[0].summary.stages[0].key.generator.startswith("imported from table of latencies")


def test_a_folder_of_imports_is_accepted_at_once(
    runs: tuple[Path, Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results, first, second = runs
    store = tmp_path / "store"
    assert rushhour(monkeypatch, "baseline", "accept", str(results), "--baselines", str(store)) == 0
    assert {path.stem for path in store.glob("elsewhere/weekly/*.json")} == {first.name, second.name}
