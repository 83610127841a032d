"""`rushhour baseline build`: runs one after another on fresh targets, each accepted where it may be a baseline."""

from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from analysis.judge import judge
from analysis.verdict import Outcome, Verdict
from records.manifest_file import read_manifest
from records.run import read_run
from rushhour.baseline import accept_run
from rushhour.run import Audit, RunRequest, carry_out

MAX_RUNS = 20  # as many as a comparison can ever look at
MORE_TRIES = 3  # runs that are not fit are made again, so many in all


@dataclass(frozen=True, slots=True)
class Built:
    """Which runs were accepted, and which were not, with the reason."""

    accepted: tuple[Path, ...]
    refused: tuple[tuple[str, str], ...]


def build_baseline(request: RunRequest, runs: int, reason: str, store: Path, console: Console, audit: Audit) -> Built:
    """Make runs until `runs` of them are accepted, at most three more; stopped by hand, it ends with what there is."""
    accepted: list[Path] = []
    refused: list[tuple[str, str]] = []
    while len(accepted) < runs and len(refused) < MORE_TRIES:
        console.print(f"\n[bold]Baseline {len(accepted) + 1} of {runs}[/bold] of {request.scenario}", highlight=False)
        asked = replace(request, reruns=False, fresh=len(accepted) + len(refused))
        folder = carry_out(asked, console, audit)
        run = read_run(folder)
        why_not = unfit(judge(run, ()))
        if why_not:
            refused.append((folder.name, why_not))
            console.print(f"not accepted: {why_not}", highlight=False, soft_wrap=True)
        else:
            accepted.append(accept_run(run, store, console, reason))
        ended = read_manifest(folder).ended
        if ended is not None and ended.reason == "interrupted":
            break
    return Built(tuple(accepted), tuple(refused))


def unfit(verdict: Verdict) -> str:
    """Return why a run is not made a baseline without being asked: it is invalid, or it failed by itself; "" where it is fit."""
    if verdict.outcome in {Outcome.INVALID, Outcome.FAIL}:
        return f"{verdict.outcome.value}: {verdict.because[0]}"
    return ""


def show(built: Built, wanted: int, store: Path, console: Console) -> None:
    """Say what came of it."""
    console.print(f"\naccepted {len(built.accepted)} of {wanted} runs into {store}", highlight=False, soft_wrap=True)
    for run_id, why_not in built.refused:
        console.print(f"not accepted: {run_id}: {why_not}", highlight=False, soft_wrap=True)
