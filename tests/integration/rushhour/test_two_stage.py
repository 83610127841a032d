"""Rules of making reruns, with a run that takes no time: what is asked for, in which order, and what `reruns.json` says of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from loadgen.errors import TargetError
from records.folder import create_folder, write_manifest
from records.manifest import Ended
from records.reruns import read_reruns
from rushhour import two_stage
from rushhour.results import find_run, first_of
from rushhour.run import RunRequest, nobody_looks
from rushhour.two_stage import make_reruns
from rushhour.verdicts import beside
from scenarios.library import load_plan
from tests.unit.analysis.build_run import Requests, build_run

pytestmark = pytest.mark.integration
PLAN = load_plan("weekly_regression", "sandbox", time_scale=0.01)
CONSOLE = Console(quiet=True)


class Runs:
    """Stands for `carry_out`: makes folders with a manifest, and notes what was asked for."""

    def __init__(self, results: Path) -> None:
        self.results = results
        self.asked: list[RunRequest] = []
        self.endings: dict[int, str] = {}
        self.first = self._folder("weekly_regression-first", None, "completed")

    def __call__(self, request: RunRequest, _console: Console, _audit: object) -> Path:
        self.asked.append(request)
        number = len(self.asked)
        if self.endings.get(number) == "unreachable":
            raise TargetError("the target cannot be reached")
        return self._folder(f"weekly_regression-{number}", request, self.endings.get(number, "completed"))

    def _folder(self, run_id: str, request: RunRequest | None, ending: str) -> Path:
        folder = create_folder(self.results, run_id)
        manifest = build_run(Requests(), PLAN, run_id=run_id).manifest
        ended = Ended.model_validate({"reason": ending, "at_s": 1.0})
        rerun = None if request is None else request.rerun
        write_manifest(folder, manifest.model_copy(update={"ended": ended, "rerun": rerun}))
        return folder


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    made = Runs(tmp_path)
    monkeypatch.setattr(two_stage, "carry_out", made)
    monkeypatch.setattr(two_stage, "sickness", lambda _run: "")
    return made


def made_by(runs: Runs, count: int = 2, **asked: Any) -> dict[str, Any]:
    request = replace(RunRequest("weekly_regression", results=runs.results), **asked)
    make_reruns(request, runs.first, "slots", count, CONSOLE, nobody_looks)
    content: dict[str, Any] = json.loads((runs.first / "reruns.json").read_text(encoding="utf-8"))
    return content


def test_two_reruns_name_each_other_and_the_first_run(runs: Runs) -> None:
    content = made_by(runs, plants=("slow-slots",))
    assert (content["because"], content["ended"]) == ("slots", "completed")
    assert [turn["run_ids"] for turn in content["turns"]] == [["weekly_regression-1"], ["weekly_regression-2"]]
    assert [(one.plants, one.fresh, one.rerun and one.rerun.of) for one in runs.asked] == [
        (("slow-slots",), 1, "weekly_regression-first"), (("slow-slots",), 2, "weekly_regression-first"),
    ]  # fmt: skip
    found = beside(runs.first)
    assert found is not None
    assert [run.manifest.run_id for run in found.new] == ["weekly_regression-1", "weekly_regression-2"]


def test_a_rerun_leads_back_to_its_first_run(runs: Runs) -> None:
    made_by(runs)
    assert first_of(runs.results / "weekly_regression-2") == runs.first
    assert find_run("last", runs.results) == runs.first
    assert first_of(runs.first) == runs.first


def test_the_build_before_runs_between_in_an_order_that_the_first_run_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = []
    for name in ("a", "b"):
        made = Runs(tmp_path / name)
        monkeypatch.setattr(two_stage, "carry_out", made)
        monkeypatch.setattr(two_stage, "sickness", lambda _run: "")
        content = made_by(made, plants=("slow-slots",), baseline_target="sandbox_postgresql")
        orders.append([turn["build"] for turn in content["turns"]])
        assert sorted(orders[-1]) == ["new", "new", "old", "old"]
        for one in made.asked:
            assert one.rerun is not None
            expected = (
                ("sandbox_postgresql", ()) if one.rerun.build == "old" else ("sandbox", ("slow-slots",))
            )  # the defects are the new build's
            assert (one.target, one.plants) == expected
    assert orders[0] == orders[1]


def test_an_invalid_rerun_is_made_again_once(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    sick: Callable[[Any], str] = lambda run: "late" if run.manifest.run_id.endswith("-1") else ""  # noqa: E731 - a table of one row
    monkeypatch.setattr(two_stage, "sickness", sick)
    content = made_by(runs)
    assert [turn["run_ids"] for turn in content["turns"]] == [
        ["weekly_regression-1", "weekly_regression-2"], ["weekly_regression-3"],
    ]  # fmt: skip
    reruns = read_reruns(runs.first)
    assert reruns is not None
    assert reruns.run_ids("new") == ("weekly_regression-2", "weekly_regression-3")


def test_ctrl_c_in_a_rerun_ends_them_all(runs: Runs) -> None:
    runs.endings = {1: "interrupted"}
    content = made_by(runs)
    assert (content["ended"], len(runs.asked)) == ("interrupted", 1)


def test_a_target_that_is_gone_ends_them_with_the_reason(runs: Runs) -> None:
    runs.endings = {2: "unreachable"}
    content = made_by(runs)
    assert (content["ended"], content["detail"]) == ("failed", "the target cannot be reached")
    assert content["turns"][0]["run_ids"] == ["weekly_regression-1"]


def test_a_folder_that_was_taken_away_is_named_and_no_error(runs: Runs) -> None:
    made_by(runs)
    (runs.results / "weekly_regression-2" / "manifest.json").unlink()
    found = beside(runs.first)
    assert found is not None
    assert (found.lost, len(found.new)) == (("weekly_regression-2",), 1)
