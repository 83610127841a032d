"""The command line: one verb a function; the work is in the module of the same name. Owns the exit codes.

What judges and draws (scipy, bokeh, matplotlib) is imported where it is used: a mistake is told within half a second.
"""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loadgen.errors import GeneratorError, TargetError
from records.errors import RunDataError
from rushhour.baseline_verbs import app as baseline_app
from rushhour.check import check as check_target
from rushhour.embedded import set_sandbox_secrets
from rushhour.history_verbs import app as history_app
from rushhour.options import SHIPPED_BASELINES, Plants, Results, RunName, Store, console, read_back
from rushhour.results import find_duet, find_run
from rushhour.run import RunRequest, carry_out, plan_of, plants_of
from scenarios.errors import ScenarioError

if TYPE_CHECKING:
    from rushhour.verdicts import Judged

USAGE_ERROR = 2
app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
app.add_typer(baseline_app, name="baseline")
app.add_typer(history_app, name="history")


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
    pool: Annotated[
        int | None, typer.Option(help="Places in the connection pool of the sandbox that is started.")
    ] = None,
    mix: Annotated[str | None, typer.Option(help="Another mix than the scenario's, by name or path.")] = None,
    contention: Annotated[
        float | None,
        typer.Option(help="Of the sandbox that is started: how much those who hold places hinder each other."),
    ] = None,
    coherence: Annotated[float | None, typer.Option(help="The same, for each pair of them.")] = None,
    production: Annotated[bool, typer.Option(help="Yes, this load is meant for production.")] = False,
    production_faults: Annotated[
        bool, typer.Option(help="Yes, the faults of this scenario are meant for production.")
    ] = False,
    reruns: Annotated[
        bool, typer.Option(help="Two fresh reruns where the first run alerts and the scenario has them.")
    ] = True,
    baseline_target: Annotated[
        str | None,
        typer.Option(help="A target profile with the build before: it is run the same day, beside the reruns."),
    ] = None,
    results: Results = Path("results"),
    store: Store = SHIPPED_BASELINES,
) -> None:
    """Carry out a scenario, record it, judge it (with reruns where it alerts), write the report."""
    request = RunRequest(
        scenario,
        target,
        url,
        workers,
        time_scale,
        load_scale,
        web,
        plants_of(plant),
        pool=pool,
        mix=mix,
        contention=contention,
        coherence=coherence,
        production=production,
        production_faults=production_faults,
        results=results,
        reruns=reruns,
        baseline_target=baseline_target,
    )
    plan = plan_of(request)  # a mistake is told before anything heavy is imported
    from rushhour.accepted import tell_missing

    tell_missing(request, plan, store, console)
    folder = carry_out(request, console, read_back)
    from rushhour.two_stage import go_on

    judged = _written_and_shown(go_on(request, folder, store, console, read_back))
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
    """The month: peak, rush, exhaustion, failover, database outage, recovery, and one page for all of them."""
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
def duet(  # noqa: PLR0913, PLR0917 - the options of the command
    scenario: Annotated[str, typer.Argument(help="A scenario with a steady stage, by name or path.")],
    a: Annotated[str, typer.Option("--a", help="The target with the build there was.")] = "sandbox",
    b: Annotated[str, typer.Option("--b", help="The target with the build to be judged.")] = "sandbox",
    url_a: Annotated[str | None, typer.Option(help="Another address than the profile's, for a.")] = None,
    url_b: Annotated[str | None, typer.Option(help="Another address than the profile's, for b.")] = None,
    restarts: Annotated[
        int, typer.Option(help="Restarts that count; each is one more look at how a build starts.")
    ] = 5,
    duration: Annotated[str, typer.Option(help="Measured in each restart.")] = "120 s",
    warm_up: Annotated[str, typer.Option(help="Before that.")] = "30 s",
    time_scale: Annotated[float, typer.Option(help="Multiplies thinking.")] = 1.0,
    load_scale: Annotated[float, typer.Option(help="Multiplies all loads; each arm has half.")] = 1.0,
    pin: Annotated[str, typer.Option(help="Cores: together, apart, or none.")] = "together",
    restart_with: Annotated[str | None, typer.Option(help="A command that starts both targets anew.")] = None,
    plant_a: Annotated[list[str] | None, typer.Option(help="A fault to plant in a's sandbox.")] = None,
    plant_b: Annotated[list[str] | None, typer.Option(help="A fault to plant in b's sandbox.")] = None,
    production: Annotated[bool, typer.Option(help="Yes, this load is meant for production.")] = False,
    results: Results = Path("results"),
) -> None:
    """Two builds at once under the same load, half each, several restarts: is b slower than a?"""
    from records.duet import Arm, Side
    from rushhour.duet import carry_out_duet, conclude
    from rushhour.duet_request import DuetRequest, asked_duration_s, asked_pinning

    request = DuetRequest(
        scenario,
        {
            Side.A: Arm(target=a, url=url_a, plants=plants_of(plant_a)),
            Side.B: Arm(target=b, url=url_b, plants=plants_of(plant_b)),
        },
        restarts=restarts,
        duration_s=asked_duration_s("--duration", duration),
        warm_up_s=asked_duration_s("--warm-up", warm_up),
        time_scale=time_scale,
        load_scale=load_scale,
        pinning=asked_pinning(pin),
        restart_with=tuple(shlex.split(restart_with or "")),
        production=production,
        results=results,
        command=("rushhour", *sys.argv[1:]),
    )
    verdict = conclude(carry_out_duet(request, console), console)
    _index(results)
    raise typer.Exit(verdict.exit_code)


@app.command()
def judge(name: RunName, results: Results = Path("results"), store: Store = SHIPPED_BASELINES) -> None:
    """Judge a recorded run, or a recorded duet, again, offline."""
    if (duet_folder := find_duet(name, results)) is not None:
        from rushhour.duet import conclude

        raise typer.Exit(conclude(duet_folder, console).exit_code)
    from rushhour.verdicts import judge_folder

    raise typer.Exit(_written_and_shown(judge_folder(find_run(name, results), store)).verdict.exit_code)


@app.command()
def report(name: RunName, results: Results = Path("results"), store: Store = SHIPPED_BASELINES) -> None:
    """Write the reports of a recorded run, or duet, again, offline; the verdict does not set the exit code here."""
    if (duet_folder := find_duet(name, results)) is not None:
        from rushhour.duet import conclude

        conclude(duet_folder, console)
        return
    folder = find_run(name, results)
    from rushhour.verdicts import judge_folder, write_reports

    judged = judge_folder(folder, store)
    _show(judged, write_reports(judged))


@app.command()
def compare(
    names: Annotated[
        list[str], typer.Argument(metavar="A B", help="Runs: folders, ids, last, accepted runs, or lists with commas.")
    ],
    against: Annotated[
        list[str] | None, typer.Option(help="What all of them are held against; may be repeated.")
    ] = None,
    results: Results = Path("results"),
    store: Store = SHIPPED_BASELINES,
) -> None:
    """Any two runs, or sets of runs: what differs in how they were made, then what changed."""
    from rushhour.compare import compare_sides, sides_of

    before, now = sides_of(names, against or [])
    compare_sides(before, now, results, store, console)


@app.command("import")
def import_run(  # noqa: PLR0913, PLR0917 - the options of the command
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="The files of one run, or a folder of them.")],
    name: Annotated[str | None, typer.Option("--as", help="A name for runs that are compared with each other.")] = None,
    target: Annotated[str | None, typer.Option(help="The target profile that was measured, by name or path.")] = None,
    objectives: Annotated[str, typer.Option(help="An objectives file, by name or path.")] = "bookedbarber",
    unit: Annotated[str | None, typer.Option(help="Of latencies, where the file does not tell: ns, us, ms, s.")] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="Of a table: latency=NAME, time=, operation=, status=.")
    ] = None,
    length: Annotated[str | None, typer.Option(help='Of a run without times, such as "10 min".')] = None,
    warm_up: Annotated[str, typer.Option(help='Cut off the beginning, such as "2 min".')] = "0 s",
    started: Annotated[str | None, typer.Option(help="When the run began, ISO 8601.")] = None,
    build: Annotated[str | None, typer.Option(help="The build that was measured.")] = None,
    intended_start: Annotated[
        bool, typer.Option("--intended-start", help="Latencies count from the intended start (wrk2 and the like).")
    ] = False,
    results: Results = Path("results"),
) -> None:
    """Files of Locust, k6, JMeter, Gatling, HdrHistogram or a table of latencies: a run folder."""
    from rushhour.import_ import ImportRequest, existing, import_files, moment_of, options_of
    from scenarios.imported import seconds_of

    request = ImportRequest(
        files=existing(files),
        name=name,
        target=target,
        objectives=objectives,
        options=options_of(unit, length, column or []),
        warm_up_s=seconds_of("--warm-up", warm_up),
        started_at=None if started is None else moment_of(started),
        build=build,
        intended_start=intended_start,
        results=results,
        command=("rushhour", *sys.argv[1:]),
    )
    import_files(request, console)


@app.command()
def capacity(  # noqa: PLR0913, PLR0917 - the options of the command
    run: Annotated[
        list[str] | None,
        typer.Option(help="A run of exhaustion (or peak); default: the latest of one target and build."),
    ] = None,
    history: Annotated[str, typer.Option(help="Peaks of traffic, a CSV file.")] = "example_40_weeks",
    prices: Annotated[str, typer.Option(help="A price list, by name or path.")] = "example",
    growth: Annotated[str | None, typer.Option(help='Growth by hand, such as "2 % per month".')] = None,
    event: Annotated[list[str] | None, typer.Option(help='Such as "Black Friday=2.5@2027-11-26"; repeatable.')] = None,
    season: Annotated[str | None, typer.Option(help='Factors by month, such as "jul=0.7 dec=1.4".')] = None,
    nodes: Annotated[list[str] | None, typer.Option(help="Another number of units now: application=6.")] = None,
    measured: Annotated[
        list[str] | None, typer.Option(help="How many units the runs' target had: application=4; default: as now.")
    ] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(help="How large the target of a run was, in units of your own: RUN=4; repeatable."),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(help='A second plan beside the first: "growth=…", "event=…", "nodes=…", "prices=…"; repeatable.'),
    ] = None,
    mix: Annotated[
        list[str] | None,
        typer.Option(help="Another mix, by name or path: at which rate would it break? May be repeated."),
    ] = None,
    traffic_scale: Annotated[float, typer.Option(help="Multiplies the history: a shop of another size.")] = 1.0,
    results: Results = Path("results"),
) -> None:
    """The quarterly report: how far, until when, for how much (HTML, PDF, JSON, CSV)."""
    from rushhour.capacity import CapacityRequest, report_capacity

    request = CapacityRequest(
        runs=tuple(run or ()),
        history=history,
        prices=prices,
        growth=growth,
        events=tuple(event or ()),
        season=season,
        nodes=tuple(nodes or ()),
        measured=tuple(measured or ()),
        sizes=tuple(size or ()),
        against=tuple(against or ()),
        mixes=tuple(mix or ()),
        traffic_scale=traffic_scale,
        results=results,
    )
    report_capacity(request, console)


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


def _written_and_shown(judged: "Judged") -> "Judged":
    from rushhour.verdicts import write_reports, write_verdict

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
