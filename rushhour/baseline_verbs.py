"""The verbs of `rushhour baseline`."""

from pathlib import Path
from typing import Annotated

import typer

from rushhour.options import SHIPPED_BASELINES, Results, RunName, Store, console, read_back
from rushhour.results import find_run, runs_in
from rushhour.run import RunRequest, plan_of

INCONCLUSIVE = 3  # not all runs that were asked for are there
app = typer.Typer(
    no_args_is_help=True, help="Build, accept, list, drop and anchor the runs that later ones are compared with."
)


@app.command("accept")
def baseline_accept(name: RunName, results: Results = Path("results"), store: Store = SHIPPED_BASELINES) -> None:
    """Accept a run, or all runs of a folder: later ones are compared with them."""
    folder = find_run(name, results)
    from records.run import read_run
    from rushhour.baseline import accept_run

    for run in runs_in(folder):
        accept_run(read_run(run), store, console)


@app.command("build")
def baseline_build(  # noqa: PLR0913, PLR0917 - the options of the command
    scenario: Annotated[str, typer.Argument(help="A scenario, by name or path.")],
    runs: Annotated[int, typer.Option(min=1, max=20, help="How many runs to accept.")] = 5,
    target: Annotated[str, typer.Option(help="A target profile, by name or path.")] = "sandbox",
    url: Annotated[str | None, typer.Option(help="Another address than the profile's.")] = None,
    workers: Annotated[int, typer.Option(help="Locust workers on this machine.")] = 1,
    time_scale: Annotated[float, typer.Option(help="Multiplies all times: stages and thinking.")] = 1.0,
    load_scale: Annotated[float, typer.Option(help="Multiplies all loads.")] = 1.0,
    production: Annotated[bool, typer.Option(help="Yes, this load is meant for production.")] = False,
    reason: Annotated[
        str, typer.Option(help="Why these runs are the measure; kept with each.")
    ] = "built as a baseline",
    results: Results = Path("results"),
    store: Store = SHIPPED_BASELINES,
) -> None:
    """Make runs one after another on fresh targets, and accept those that are valid and do not fail by themselves."""
    request = RunRequest(
        scenario, target, url, workers, time_scale, load_scale, production=production, results=results, reruns=False
    )
    plan_of(request)
    from rushhour.baseline_runs import build_baseline, show

    built = build_baseline(request, runs, reason, store, console, read_back)
    show(built, runs, store, console)
    raise typer.Exit(0 if len(built.accepted) == runs else INCONCLUSIVE)


@app.command("list")
def baseline_list(store: Store = SHIPPED_BASELINES) -> None:
    """List the accepted runs."""
    from rushhour.baseline import list_baselines

    list_baselines(store, console)


@app.command("drop")
def baseline_drop(
    run_id: Annotated[str, typer.Argument(help="The run's id.")], store: Store = SHIPPED_BASELINES
) -> None:
    """Take a run out of the baseline."""
    from rushhour.baseline import drop_run

    drop_run(run_id, store, console)


@app.command("anchor")
def baseline_anchor(
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN…", help="Ids of accepted runs, five or more.")],
    reason: Annotated[str, typer.Option(help="What they stand for, such as a release.")] = "",
    store: Store = SHIPPED_BASELINES,
) -> None:
    """Make accepted runs the anchor, such as those of the last release: later runs are compared with them, too."""
    from rushhour.baseline import anchor_runs

    anchor_runs(run_ids, reason, store, console)
