"""Rules of building a baseline, with runs that take no time, and of saying before a run what it lacks."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from analysis.summary import accept
from records.baseline import write_baseline
from records.folder import create_folder, write_manifest
from records.manifest import Ended
from records.run import Run
from rushhour import baseline_runs
from rushhour.accepted import tell_missing
from rushhour.baseline import anchor_runs, list_baselines
from rushhour.baseline_runs import build_baseline
from rushhour.run import RunRequest, nobody_looks
from rushhour.run import plan_of as run_plan
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, dated, plan_of

pytestmark = pytest.mark.integration
QUIET = Console(quiet=True)


class Shop:
    """Stands for the run, its reading and its acceptance; `unfit` has the reason by number of the run."""

    def __init__(self, results: Path, monkeypatch: pytest.MonkeyPatch, unfit: dict[int, str], stop_at: int = 0) -> None:
        self.results, self.unfit, self.stop_at = results, unfit, stop_at
        self.made: list[RunRequest] = []
        self.accepted: list[tuple[str, str]] = []
        monkeypatch.setattr(baseline_runs, "carry_out", self._carry_out)
        monkeypatch.setattr(baseline_runs, "unfit", lambda _verdict: self.unfit.get(len(self.made), ""))
        monkeypatch.setattr(baseline_runs, "accept_run", self._accept)

    def _carry_out(self, request: RunRequest, _console: Console, _audit: object) -> Path:
        self.made.append(request)
        folder = create_folder(self.results, f"baseline-{len(self.made)}")
        ended = Ended.model_validate(
            {"reason": "interrupted" if len(self.made) == self.stop_at else "completed", "at_s": 1.0}
        )
        manifest = build_run(Requests(), plan_of("baseline"), run_id=folder.name).manifest
        write_manifest(folder, manifest.model_copy(update={"ended": ended}))
        return folder

    def _accept(self, run: Run, _store: Path, _console: Console, reason: str) -> Path:
        self.accepted.append((run.folder.name, reason))
        return run.folder


def test_runs_are_made_until_enough_are_accepted_each_by_itself_and_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(tmp_path, monkeypatch, {2: "invalid: its loop was late"})
    built = build_baseline(RunRequest("baseline"), 3, "release 7", tmp_path, QUIET, nobody_looks)
    assert shop.accepted == [(f"baseline-{number}", "release 7") for number in (1, 3, 4)]
    assert built.refused == (("baseline-2", "invalid: its loop was late"),)
    assert [request.fresh for request in shop.made] == [0, 1, 2, 3]
    assert not any(request.reruns for request in shop.made)


def test_a_target_that_keeps_failing_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(tmp_path, monkeypatch, dict.fromkeys(range(1, 20), "fail: errors"))
    built = build_baseline(RunRequest("baseline"), 5, "", tmp_path, QUIET, nobody_looks)
    assert (built.accepted, len(built.refused), len(shop.made)) == ((), 3, 3)


def test_ctrl_c_ends_it_with_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(tmp_path, monkeypatch, {2: "invalid: stopped early"}, stop_at=2)
    built = build_baseline(RunRequest("baseline"), 5, "", tmp_path, QUIET, nobody_looks)
    assert (len(built.accepted), len(shop.made)) == (1, 2)


def said(request: RunRequest, store: Path) -> str:
    shown = io.StringIO()
    tell_missing(request, run_plan(request), store, Console(file=shown, width=1000))
    return shown.getvalue()


def test_a_run_that_lacks_accepted_runs_says_so_before_it_begins(tmp_path: Path) -> None:
    run = build_run(Requests().add(SLOTS, range(29)), plan_of("baseline"))
    for number in range(2):
        write_baseline(tmp_path, dated(accept(run), number))
    told = said(RunRequest("weekly_regression", time_scale=0.04), tmp_path)
    assert told.startswith("2 of 5 accepted runs of weekly_regression on sandbox: 3 are missing")
    assert "rushhour baseline build weekly_regression --runs 3 --target sandbox --time-scale 0.04" in told
    assert said(RunRequest("smoke"), tmp_path) == ""  # a scenario that requires none
    for number in range(2, 5):
        write_baseline(tmp_path, dated(accept(run), number))
    assert said(RunRequest("weekly_regression"), tmp_path) == ""


def test_the_list_shows_each_id_whole_however_narrow_the_terminal(tmp_path: Path) -> None:
    run = build_run(Requests().add(SLOTS, range(29)), plan_of("baseline"))
    stored = [dated(accept(run), number) for number in range(2)]
    for baseline in stored:
        write_baseline(tmp_path, baseline)
    anchor_runs([stored[1].run_id], "known to be good", tmp_path, QUIET)
    told = io.StringIO()
    list_baselines(tmp_path, Console(file=told, width=20))
    first, about, second, _ = told.getvalue().splitlines()
    assert first == stored[0].run_id
    assert second == f"{stored[1].run_id}  anchor"
    assert "sandbox, baseline 1 x, 24 requests" in about
