"""`rushhour demo`: the main job on the sandbox — a baseline if there is none, the weekly regression, the report."""

from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from rushhour.baseline import accept_run, stored
from rushhour.run import RunRequest, carry_out
from rushhour.verdicts import Judged, judge_folder, write_reports, write_verdict

BASELINE_RUNS = 5  # the fewest that a comparison speaks with
TIME_SCALE = 0.04  # 10 minutes become 24 s, a think time of 8 s becomes 0.32 s


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo leaves behind."""

    judged: Judged
    report: Path


def demonstrate(results: Path, plants: tuple[str, ...], console: Console) -> Demo:
    """Record what is missing of the baseline, run the weekly regression against a fresh sandbox, judge it."""
    store = results / "demo-baselines"
    base = RunRequest("baseline", time_scale=TIME_SCALE, results=results)
    missing = max(0, BASELINE_RUNS - len(stored(store)))
    for number in range(missing):
        console.print(
            f"[bold]Baseline {number + 1} of {missing}[/bold]: current traffic on a fresh sandbox, scaled to half a minute"
        )
        accept_run(carry_out(base, console), store, console)
    planted = f" with {', '.join(plants)} planted" if plants else ""
    console.print(f"[bold]Weekly regression[/bold]: current traffic, then +50 %{planted}, scaled to a minute")
    folder = carry_out(replace(base, scenario="weekly_regression", plants=plants), console)
    judged = judge_folder(folder, store)
    write_verdict(judged)
    return Demo(judged, write_reports(judged))
