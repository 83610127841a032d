"""`rushhour capacity --mix`: which climbs are of which mix, what is told of another, and one line where nothing can be."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.quarter.quarter import measured_of
from records.manifest import Manifest
from records.run import Run
from rushhour.capacity_mixes import other_mixes
from rushhour.capacity_runs import Gathered, gather_runs
from scenarios.library import load_mix
from tests.integration.rushhour.run_folder import write_run
from tests.integration.rushhour.test_capacity import GROWTH, capacity
from tests.unit.analysis.quarter.build_mixed import MEASURED, OTHER, mixed_climb

pytestmark = pytest.mark.integration
LATER = "2026-11-24T06:00:00+00:00"


@pytest.fixture(scope="module")
def climbs() -> tuple[Run, Run]:
    """A climb of the everyday mix and, a day later, one of monitors on the same pool."""
    return mixed_climb(MEASURED, "everyday-1"), mixed_climb(OTHER, "monitors-1", LATER)


@pytest.fixture(scope="module")
def results(climbs: tuple[Run, Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    for run in climbs:
        write_run(folder, run)
    return folder


def ids(found: Gathered) -> tuple[list[str], list[str]]:
    return [climb.run_id for climb in found.climbs], [climb.run_id for climb in found.others]


def changed(run: Run, run_id: str, **changes: object) -> Run:
    manifest: Manifest = run.manifest.model_copy(update={"run_id": run_id, **changes})
    return replace(run, manifest=manifest)


def test_climbs_of_several_mixes_are_never_taken_together(results: Path) -> None:
    assert ids(gather_runs((), results)) == (["monitors-1"], ["everyday-1"])  # about the latest
    assert ids(gather_runs((), results, [load_mix("monitors")])) == (
        ["everyday-1"],
        ["monitors-1"],
    )  # which is asked about
    assert ids(gather_runs(("everyday-1", "monitors-1"), results)) == (
        ["everyday-1"],
        ["monitors-1"],
    )  # the first named
    assert ids(gather_runs(("monitors-1",), results)) == (["monitors-1"], [])


def test_only_a_climb_of_the_same_build_checks_another_mix(climbs: tuple[Run, Run], tmp_path: Path) -> None:
    write_run(tmp_path, changed(climbs[1], "monitors-1", target_build="old"))
    write_run(tmp_path, changed(climbs[0], "everyday-1", target_build="new", started_at=LATER))
    assert ids(gather_runs((), tmp_path)) == (["everyday-1"], [])
    named = gather_runs(("everyday-1", "monitors-1"), tmp_path)
    assert ids(named) == (["everyday-1"], [])
    assert "monitors-1 is of another build" in named.said[0]


def test_another_mix_is_told_and_held_against_its_climb(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], results: Path
) -> None:
    assert capacity(monkeypatch, results, *GROWTH, "--mix", "monitors", "--mix", "rush") == 2
    assert "--mix rush: its file has no requests by operation for" in capsys.readouterr().err
    assert capacity(monkeypatch, results, *GROWTH, "--mix", "monitors") == 0
    (folder,) = results.glob("capacity-*")
    document = json.loads((folder / "capacity.json").read_text(encoding="utf-8"))
    assert document["runs"] == ["everyday-1"]
    (mix,) = document["mixes"]
    assert (mix["name"], mix["resource"]) == ("monitors", "connection pool")
    assert mix["check"]["runs"] == ["monitors-1"]
    assert mix["check"]["deviation_ratio"] == pytest.approx(0.0, abs=0.08)
    assert mix["check"]["overlaps"] is True
    assert mix["rate_per_s"] / document["sustained"]["middle_per_s"] > 1.25  # which it would miss without the demands
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "What other mixes would carry" in page
    assert "a climb of it carried" in page
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_a_mix_that_the_climb_says_too_little_of_is_refused_where_it_is_named_and_else_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], results: Path
) -> None:
    """The everyday mix asks for more than the two operations that these climbs have."""
    assert (
        capacity(monkeypatch, results, *GROWTH, "--run", "monitors-1", "--run", "everyday-1", "--mix", "everyday") == 2
    )
    (line,) = capsys.readouterr().err.splitlines()
    assert "--mix everyday: monitors-1 does not tell what GET /appointments/slots" in line
    assert "it hardly asked for that" in line
    found = gather_runs((), results)
    (row,) = other_mixes((), found, measured_of(found.climbs, found.peaks))
    assert (row.name, row.rate_per_s) == ("everyday", None)
    assert "it hardly asked for that" in row.because
    assert row.check is not None
    assert row.check.runs == ("everyday-1",)


def test_asking_about_the_mix_of_the_climbs_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], results: Path
) -> None:
    assert capacity(monkeypatch, results, "--run", "everyday-1", "--mix", "everyday") == 2
    assert "--mix everyday: is the mix of everyday-1, which the report is about" in capsys.readouterr().err
    assert capacity(monkeypatch, results, "--mix", "everyday", "--mix", "monitors") == 2
    assert "are of the mixes that are asked about; expected one of another mix" in capsys.readouterr().err
    assert capacity(monkeypatch, results, "--mix", "everyday", "--mix", "everyday") == 2
    assert "--mix everyday: asks for the same as everyday" in capsys.readouterr().err
    assert capacity(monkeypatch, results, "--mix", "evryday") == 2
    assert 'mix "evryday" is not known; did you mean "everyday"' in capsys.readouterr().err
