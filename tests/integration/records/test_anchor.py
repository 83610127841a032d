"""Rules of the anchor's list on disk, and of the verb that writes it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from records.anchor import read_anchor, write_anchor
from records.baseline import Baseline, read_baselines, write_baseline
from records.errors import RunDataError
from rushhour.__main__ import app

RUNS = ("week-1", "week-2", "week-3")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for number, run_id in enumerate(RUNS):
        write_baseline(
            tmp_path,
            Baseline(
                run_id=run_id, scenario="baseline", target="sandbox", started_at=f"2026-01-0{number + 1}",
                commit=None, target_build=None, stages=(),
            ),
        )  # fmt: skip
    return tmp_path


def anchored(store: Path) -> list[str]:
    return [baseline.run_id for baseline in read_baselines(store, "sandbox", "baseline") if baseline.is_anchor]


def test_the_verb_marks_accepted_runs_in_place_of_the_last_anchor(store: Path) -> None:
    assert anchored(store) == []
    done = CliRunner().invoke(app, ["baseline", "anchor", "week-2", "week-1", "--baselines", str(store)])
    assert (done.exit_code, anchored(store)) == (0, ["week-1", "week-2"])
    assert "a comparison needs 5" in done.output
    CliRunner().invoke(app, ["baseline", "anchor", "week-3", "--reason", "release 2.14", "--baselines", str(store)])
    assert anchored(store) == ["week-3"]
    assert (store / "sandbox/baseline/anchor.txt").read_text() == "# release 2.14\nweek-3\n"


def test_the_mark_is_not_in_the_runs_own_file(store: Path) -> None:
    write_anchor(store / "sandbox/baseline", ["week-1"], "")
    first = read_baselines(store, "sandbox", "baseline")[0]
    assert first.is_anchor
    assert "is_anchor" not in write_baseline(store, first).read_text()


def test_an_unknown_run_is_one_line_that_names_the_nearest(store: Path) -> None:
    done = CliRunner().invoke(app, ["baseline", "anchor", "week-9", "--baselines", str(store)])
    assert isinstance(done.exception, RunDataError)  # `main` makes one line and exit code 2 of it
    assert 'baseline "week-9" is not in' in str(done.exception)
    assert anchored(store) == []


def test_what_people_write_beside_a_run_is_no_run(store: Path) -> None:
    folder = store / "sandbox/baseline"
    (folder / "anchor.txt").write_text("# the release\n\nweek-1  # good\n  week-2\n")
    assert read_anchor(folder) == {"week-1", "week-2"}


def test_a_damaged_list_is_one_line(store: Path) -> None:
    folder = store / "sandbox/baseline"
    (folder / "anchor.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(RunDataError, match="set it anew with: rushhour baseline anchor"):
        read_anchor(folder)
