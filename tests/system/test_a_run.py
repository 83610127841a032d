"""One short smoke run, looked at from all sides."""

import json
import shutil
from pathlib import Path

import pytest

from records.run import Run, read_run
from records.window import Outcome
from tests.system.conftest import Rushhour, only_run, verdict_of

pytestmark = [pytest.mark.system, pytest.mark.quiet]
FILES = {
    "manifest.json", "windows.jsonl", "journeys.jsonl", "generator.jsonl", "events.jsonl", "ledger.jsonl", "probes.jsonl", "audit.jsonl",
    "latency.hlog", "verdict.json", "report.html", "summary.md", "junit.xml",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(rushhour: Rushhour, tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("results")
    done = rushhour(
        "run", "smoke", "--target", "sandbox", "--time-scale", "0.1", "--load-scale", "5", "--results", results
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return only_run(results)


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return read_run(folder)


def test_the_folder_holds_everything(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} >= FILES


def test_every_request_that_was_counted_was_recorded(run: Run) -> None:
    ended = run.manifest.ended
    assert ended is not None
    assert ended.reason == "completed"
    assert ended.requests_counted == ended.requests_recorded > 200


def test_the_planned_sessions_were_started(run: Run) -> None:
    planned = sum(sample.planned for sample in run.generator)
    started = sum(sample.started for sample in run.generator)
    assert planned == started > 100


def test_nothing_failed_on_a_healthy_shop(run: Run) -> None:
    outcomes = run.outcomes(0, 1e9)
    assert {outcome: outcomes[outcome] for outcome in (Outcome.SERVER_ERROR, Outcome.TIMEOUT, Outcome.CONNECTION_ERROR)} == {
        Outcome.SERVER_ERROR: 0, Outcome.TIMEOUT: 0, Outcome.CONNECTION_ERROR: 0,
    }  # fmt: skip
    assert outcomes[Outcome.CLIENT_ERROR] == 0


def test_every_persona_came(run: Run) -> None:
    assert {row.persona for row in run.journeys} == set(run.manifest.plan.mix.personas)


def test_operations_are_templates(run: Run) -> None:
    assert len(run.operations) < 40
    assert not [name for name in run.operations if any(part.isdigit() for part in name.split("/"))]


def test_the_verdict_lists_every_objective(folder: Path, run: Run) -> None:
    listed = {row["name"] for row in verdict_of(folder)["objectives"]}
    assert listed == {objective.name for objective in run.manifest.plan.objectives.objective}


def test_judging_twice_gives_the_same_bytes(rushhour: Rushhour, folder: Path) -> None:
    before = (folder / "verdict.json").read_bytes()
    (folder / "verdict.json").unlink()
    assert rushhour("judge", folder).returncode == 0
    first = (folder / "verdict.json").read_bytes()
    assert rushhour("judge", folder).returncode == 0
    assert before == first == (folder / "verdict.json").read_bytes()


def test_the_report_is_drawn_again_from_the_folder_alone(rushhour: Rushhour, folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / folder.name
    shutil.copytree(folder, moved)
    (moved / "report.html").unlink()
    assert rushhour("report", moved).returncode == 0
    assert (moved / "report.html").read_bytes() == (folder / "report.html").read_bytes()


def test_a_damaged_line_is_named(rushhour: Rushhour, folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / folder.name
    shutil.copytree(folder, moved)
    path = moved / "windows.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[4] = lines[4].replace('"outcomes"', '"outcome"')
    path.write_text("".join(lines), encoding="utf-8")
    done = rushhour("judge", moved)
    assert done.returncode == 2
    assert "windows.jsonl: line 5 is damaged" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_of_another_kind_is_no_baseline_and_says_what_differs(
    rushhour: Rushhour, folder: Path, tmp_path: Path
) -> None:
    store = tmp_path / "baselines"
    assert rushhour("baseline", "accept", folder, "--baselines", store).returncode == 0
    (path,) = store.glob("*/*/*.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["run_id"] = "another-run"
    for stage in content["stages"]:
        stage["key"]["load_scale"] = 9.0
    path.write_text(json.dumps(content), encoding="utf-8")
    rushhour("judge", folder, "--baselines", store)
    left_out = verdict_of(folder)["baseline"]["left_out"]
    rushhour("judge", folder)  # as it was
    assert left_out
    assert left_out[0] == "another-run: load scale differs (9.0, here 5.0)"
