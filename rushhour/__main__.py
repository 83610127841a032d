"""The command line: one verb a function; the work is in the module of the same name. Owns the exit codes.

What judges and draws (scipy, bokeh, matplotlib) is imported where it is used: a mistake is told within half a second.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from loadgen.errors import GeneratorError, TargetError
from records.errors import RunDataError
from rushhour.check import check as check_target
from rushhour.embedded import set_sandbox_secrets
from rushhour.results import find_run
from rushhour.run import RunRequest, carry_out, plants_of
from scenarios.errors import ScenarioError

if TYPE_CHECKING:
    from rushhour.verdicts import Judged
    from scenarios.plan import Plan

USAGE_ERROR = 2
SHIPPED_BASELINES = Path("scenarios/baselines")
app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
baseline_app = typer.Typer(
    no_args_is_help=True, help="List, accept and drop the runs that later ones are compared with."
)
app.add_typer(baseline_app, name="baseline")
console = Console(soft_wrap=False)

Results = Annotated[Path, typer.Option(help="Where run folders are.")]
Store = Annotated[Path, typer.Option("--baselines", help="Where accepted runs are.")]
Plants = Annotated[list[str] | None, typer.Option("--plant", help="A fault to plant in the sandbox; may be repeated.")]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run folder, a run id, or last.")]


@app.command()
def demo(plant: Plants = None, results: Results = Path("results")) -> None:
    """The main job on the sandbox: baseline if none, weekly regression, report."""
    from rushhour.demo import demonstrate

    done = demonstrate(results, plants_of(plant), console)
    _show(done.judged, done.report)
    _index(results)
    raise typer.Exit(done.judged.verdict.exit_code)


@app.command()
def check(
    target: Annotated[str, typer.Argument(help="A target profile, by name or path.")],
    url: Annotated[str | None, typer.Option(help="Another address than the profile's.")] = None,
) -> None:
    """Preflight: each flow once by one person; what works, what does not, and why."""
    raise typer.Exit(0 if check_target(target, url, console) else 1)


@app.command()
def run(  # noqa: PLR0913, PLR0917 - the options of the command
    scenario: Annotated[str, typer.Argument(help="A scenario, by name or path.")],
    target: Annotated[
        str, typer.Option(help="A target profile, by name or path; `sandbox` starts one, fresh.")
    ] = "sandbox",
    url: Annotated[str | None, typer.Option(help="Another address than the profile's.")] = None,
    workers: Annotated[int, typer.Option(help="Locust workers on this machine.")] = 1,
    time_scale: Annotated[float, typer.Option(help="Multiplies all times: stages and thinking.")] = 1.0,
    load_scale: Annotated[float, typer.Option(help="Multiplies all loads.")] = 1.0,
    web: Annotated[bool, typer.Option(help="With Locust's web page, on loopback.")] = False,
    plant: Plants = None,
    production: Annotated[bool, typer.Option(help="Yes, this load is meant for production.")] = False,
    production_faults: Annotated[
        bool, typer.Option(help="Yes, the faults of this scenario are meant for production.")
    ] = False,
    results: Results = Path("results"),
    store: Store = SHIPPED_BASELINES,
) -> None:
    """Carry out a scenario, record it, judge it, write the report."""
    request = RunRequest(
        scenario,
        target,
        url,
        workers,
        time_scale,
        load_scale,
        web,
        plants_of(plant),
        production=production,
        production_faults=production_faults,
        results=results,
    )
    judged = _judged_and_shown(carry_out(request, console, _read_back), store)
    _index(results)
    raise typer.Exit(judged.verdict.exit_code)


@app.command()
def stress(  # noqa: PLR0913, PLR0917 - the options of the command
    target: Annotated[str, typer.Option(help="A target profile, by name or path.")] = "sandbox_postgresql",
    url: Annotated[str | None, typer.Option(help="Another address than the profile's.")] = None,
    workers: Annotated[int, typer.Option(help="Locust workers on this machine.")] = 1,
    scaled: Annotated[bool, typer.Option(help="A small picture of the month, in a quarter of an hour.")] = False,
    load_scale: Annotated[float, typer.Option(help="Multiplies all loads.")] = 1.0,
    plant: Plants = None,
    production: Annotated[bool, typer.Option(help="Yes, this load is meant for production.")] = False,
    production_faults: Annotated[bool, typer.Option(help="Yes, the faults are meant for production.")] = False,
    results: Results = Path("results"),
    store: Store = SHIPPED_BASELINES,
) -> None:
    """The month: peak, rush, exhaustion, failover, recovery, and one page for all of them."""
    from rushhour.stress import StressRequest, show
    from rushhour.stress import stress as carry_out_month

    request = StressRequest(
        target,
        url,
        workers,
        scaled=scaled,
        load_scale=load_scale,
        plants=plants_of(plant),
        production=production,
        production_faults=production_faults,
        results=results,
    )
    month, folder = carry_out_month(request, store, console)
    show(month, folder, console)
    _index(results)
    raise typer.Exit(month.exit_code)


@app.command()
def judge(name: RunName, results: Results = Path("results"), store: Store = SHIPPED_BASELINES) -> None:
    """Judge a recorded run again, offline."""
    raise typer.Exit(_judged_and_shown(find_run(name, results), store).verdict.exit_code)


@app.command()
def report(name: RunName, results: Results = Path("results"), store: Store = SHIPPED_BASELINES) -> None:
    """Write the reports of a recorded run again, offline; the verdict does not set the exit code here."""
    folder = find_run(name, results)
    from rushhour.verdicts import judge_folder, write_reports

    judged = judge_folder(folder, store)
    _show(judged, write_reports(judged))


@app.command()
def index(results: Results = Path("results")) -> None:
    """Write the index page of a results folder again; each run does it, too."""
    from rushhour.index import write_index

    if not results.is_dir():
        raise RunDataError(f"{results}: no such folder; expected one with run folders, see --results")
    console.print(str(write_index(results)), soft_wrap=True, highlight=False)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def sandbox(context: typer.Context) -> None:
    """The shop alone: all options of `python -m sandbox`."""
    set_sandbox_secrets()
    try:
        code = subprocess.run([sys.executable, "-m", "sandbox", *context.args], check=False).returncode
    except KeyboardInterrupt:
        code = 0
    raise typer.Exit(code)


@baseline_app.command("accept")
def baseline_accept(name: RunName, results: Results = Path("results"), store: Store = SHIPPED_BASELINES) -> None:
    """Accept a run: later ones are compared with it."""
    folder = find_run(name, results)
    from rushhour.baseline import accept_run

    accept_run(folder, store, console)


@baseline_app.command("list")
def baseline_list(store: Store = SHIPPED_BASELINES) -> None:
    """List the accepted runs."""
    from rushhour.baseline import list_baselines

    list_baselines(store, console)


@baseline_app.command("drop")
def baseline_drop(
    run_id: Annotated[str, typer.Argument(help="The run's id.")], store: Store = SHIPPED_BASELINES
) -> None:
    """Take a run out of the baseline."""
    from rushhour.baseline import drop_run

    drop_run(run_id, store, console)


def _read_back(plan: "Plan", folder: Path, to: Console) -> None:
    from rushhour.audit import read_target_back

    read_target_back(plan, folder, to)


def _judged_and_shown(folder: Path, store: Path) -> "Judged":
    from rushhour.verdicts import judge_folder, write_reports, write_verdict

    judged = judge_folder(folder, store)
    write_verdict(judged)
    _show(judged, write_reports(judged))
    return judged


def _index(results: Path) -> None:
    from rushhour.index import write_index

    write_index(results)


def _show(judged: "Judged", report_path: Path) -> None:
    from reports.terminal import render_terminal

    console.print(render_terminal(judged.run, judged.verdict, report=report_path))


def _guarded(command: Callable[[], object]) -> None:
    """Turn a user's mistake into its lines and exit code 2."""
    try:
        command()
    except ScenarioError as error:
        for problem in error.problems:
            print(f"rushhour: {problem}", file=sys.stderr)
        sys.exit(USAGE_ERROR)
    except (TargetError, RunDataError, GeneratorError) as error:
        print(f"rushhour: {error}", file=sys.stderr)
        sys.exit(USAGE_ERROR)


def main() -> None:
    """Enter the command line."""
    _guarded(app)


if __name__ == "__main__":
    main()
