"""`rushhour demo`: the main job on the sandbox — a baseline if there is none, the weekly regression, the report.

One run decides here: the demo shows a verdict in three minutes, and a planted fault is plain in it.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from analysis.verdict import Outcome
from rushhour.audit import read_target_back
from rushhour.baseline import accept_run, stored
from rushhour.run import RunRequest, carry_out
from rushhour.verdicts import Judged, judge_folder, write_reports, write_verdict
from scenarios.library import load_plan

BASELINE_RUNS = 5  # the fewest that a comparison speaks with
TIME_SCALE = 0.03  # 10 minutes become 18 s, a think time of 8 s becomes 0.24 s
INVALID_TRIES = 3  # a measurement that is not to be trusted says nothing of the release: it is made again, so often


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo leaves behind."""

    judged: Judged
    report: Path


def demonstrate(results: Path, plants: tuple[str, ...], console: Console) -> Demo:
    """Record what is missing of the baseline, run the weekly regression against a fresh sandbox, judge it."""
    base = RunRequest("baseline", time_scale=TIME_SCALE, results=results, reruns=False)
    store = results / "demo-baselines" / load_plan("baseline", time_scale=TIME_SCALE).scenario_digest
    missing = max(0, BASELINE_RUNS - len(stored(store)))
    for number in range(missing):
        console.print(
            f"\n[bold]Baseline {number + 1} of {missing}[/bold]: current traffic on a fresh sandbox, scaled to 22 s"
        )
        judged = _valid_run(base, store, console)
        if judged.verdict.outcome is Outcome.INVALID:
            return _finished(judged)
        accept_run(judged.run, store, console)
    planted = f" with {', '.join(plants)} planted" if plants else ""
    console.print(f"\n[bold]Weekly regression[/bold]: current traffic, then +50 %{planted}, scaled to 43 s")
    return _finished(_valid_run(replace(base, scenario="weekly_regression", plants=plants), store, console))


def _valid_run(request: RunRequest, store: Path, console: Console) -> Judged:
    """Return a judged run, made again while the measurement is invalid; the last one where all were."""
    for left in reversed(range(INVALID_TRIES)):
        judged = judge_folder(carry_out(request, console, read_target_back), store)
        if judged.verdict.outcome is not Outcome.INVALID or not left:
            break
        console.print(
            f"invalid, so it says nothing of the release; once more: {judged.verdict.because[0]}", highlight=False
        )
    return judged


def _finished(judged: Judged) -> Demo:
    write_verdict(judged)
    return Demo(judged, write_reports(judged))
