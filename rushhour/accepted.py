"""The accepted runs that may serve a plan, and what is known before a run: that too few of them are there for it to pass."""

from pathlib import Path

from rich.console import Console

from analysis.history import MIN_RUNS
from analysis.since import since_changes
from records.acknowledgement import read_acknowledgements
from records.baseline import Baseline, read_baselines
from rushhour.run import RunRequest
from scenarios.plan import Plan


def baselines_for(plan: Plan, store: Path) -> tuple[Baseline, ...]:
    """Return the accepted runs that may serve a plan: of the scenario it names as its baseline, and its own.

    What lies before an acknowledged change is taken out of them.
    """
    scenarios = dict.fromkeys([plan.comparison.baseline or plan.scenario, plan.scenario])
    found = [baseline for scenario in scenarios for baseline in read_baselines(store, plan.target.name, scenario)]
    return since_changes(found, read_acknowledgements(store, plan.target.name))


def tell_missing(request: RunRequest, plan: Plan, store: Path, console: Console) -> None:
    """Say before the load that the verdict cannot be a pass for want of accepted runs, and how they are made.

    `plan` is that of the request. Runs of any key count here; the verdict says which are of this one's.
    """
    if not plan.comparison.required:
        return
    there = len(baselines_for(plan, store))
    if there >= MIN_RUNS:
        return
    scales = (("time-scale", request.time_scale), ("load-scale", request.load_scale))
    options = "".join(f" --{name} {value:g}" for name, value in scales if value != 1.0)
    console.print(
        f"{there} of {MIN_RUNS} accepted runs of {plan.scenario} on {plan.target.name}: {MIN_RUNS - there} are missing, so that this "
        f"run cannot pass. Make them with: rushhour baseline build {plan.scenario} --runs {MIN_RUNS - there} "
        f"--target {request.target}{options}",
        highlight=False,
        soft_wrap=True,
    )
