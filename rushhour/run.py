"""`rushhour run`: carry out a scenario, record it, judge it, show it."""

import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from rich.console import Console

from loadgen.errors import GeneratorError, TargetError
from loadgen.faults.injector import Surroundings
from loadgen.faults.kinds import check_faults
from loadgen.reach import check_reach, this_machine
from records.environment import commit, fingerprint, versions
from records.folder import GENERATOR, create_folder, new_run_id, write_manifest
from records.manifest import Manifest
from records.manifest_file import read_manifest
from rushhour.companions import Companion, Companions
from rushhour.embedded import Embedded, away_from_the_sandbox, set_sandbox_secrets
from rushhour.greeting import greet
from rushhour.load import Load, load_command
from rushhour.progress import follow
from scenarios.errors import ScenarioError
from scenarios.library import load_plan, load_target, scenario_text
from scenarios.plan import Plan
from scenarios.target import TargetKind

Audit = Callable[[Plan, Path, Console], None]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What `rushhour run` was asked for."""

    scenario: str
    target: str = "sandbox"
    url: str | None = None
    workers: int = 1
    time_scale: float = 1.0
    load_scale: float = 1.0
    web: bool = False
    plants: tuple[str, ...] = ()
    production: bool = False
    production_faults: bool = False
    results: Path = Path("results")


def nobody_looks(_plan: Plan, _folder: Path, _console: Console) -> None:
    """Read nothing back."""


def carry_out(request: RunRequest, console: Console, audit: Audit = nobody_looks) -> Path:
    """Return the folder of the recorded run; raise ScenarioError, TargetError, GeneratorError or RunDataError in one line each.

    `audit` reads the target back while it is still there, however the load ended.
    """
    target = load_target(request.target)
    _check_request(request, target.kind)
    plan = _plan(request, request.url or target.url)  # every problem of the files before anything is started
    _check_faults_are_meant(request, plan)
    check_reach(plan, this_machine(), workers=request.workers, here=request.workers)
    sandbox_pid = None
    with ExitStack() as stack:
        if target.kind is TargetKind.SANDBOX:
            set_sandbox_secrets()
            if request.url is None:
                shop = stack.enter_context(Embedded.start(plan.target, seed=plan.seed, plants=request.plants))
                stack.enter_context(away_from_the_sandbox(request.workers))
                plan = _plan(request, shop.url)
                sandbox_pid = shop.process.pid
        greeting = greet(plan.target)
        check_faults(plan, Surroundings(plan.target, request.results, sandbox_pid))
        folder = _new_folder(request, plan, greeting.build)
        companions = stack.enter_context(Companions.start(folder, _companions(plan, folder, sandbox_pid)))
        _make_load(request, plan, folder, console)
        companions.end()  # faults are undone before the target is read back
        if companions.lost:
            console.print(f"lost beside the load: {', '.join(companions.lost)} (see the log of that name in {folder})")
        audit(plan, folder, console)
        return folder


def _plan(request: RunRequest, url: str) -> Plan:
    plan = load_plan(
        request.scenario, request.target, url=url, time_scale=request.time_scale, load_scale=request.load_scale
    )
    return plan if request.url is None else shared(plan)


def shared(plan: Plan) -> Plan:
    """Return the plan for another address than the profile's: others may write there as well."""
    audit = plan.target.audit.model_copy(update={"exclusive": False})
    return plan.model_copy(update={"target": plan.target.model_copy(update={"audit": audit})})


def _check_request(request: RunRequest, kind: TargetKind) -> None:
    problems = []
    if not 1 <= request.workers <= 64:
        problems.append(f"--workers is {request.workers}; expected 1 to 64")
    if request.plants and (kind is not TargetKind.SANDBOX or request.url is not None):
        problems.append("--plant needs a sandbox that this command starts itself; use --target sandbox without --url")
    if kind is TargetKind.UNKNOWN:
        problems.append(
            f"the target {request.target} is of unknown kind; expected sandbox, staging or production in its profile"
        )
    if kind is TargetKind.PRODUCTION and not request.production:
        problems.append(
            f"the target {request.target} is production; add --production to say that this load is meant for it"
        )
    if problems:
        raise ScenarioError(problems)


def _check_faults_are_meant(request: RunRequest, plan: Plan) -> None:
    if plan.faults and plan.target.kind is TargetKind.PRODUCTION and not request.production_faults:
        names = ", ".join(dict.fromkeys(planned.name for planned in plan.faults))
        raise ScenarioError(
            [
                (
                    f"scenario {plan.scenario} breaks things ({names}) and the target {plan.target.name} is production; "
                    "add --production-faults to say that it is meant"
                )
            ]
        )


def _companions(plan: Plan, folder: Path, sandbox_pid: int | None) -> list[Companion]:
    """Return the processes that a plan needs beside its load."""
    wanted = []
    if plan.target.probes:
        wanted.append(Companion("probes", (sys.executable, "-m", "loadgen.probes", str(folder))))
    if plan.staircase is not None:
        wanted.append(Companion("climb", (sys.executable, "-m", "rushhour.climbing", str(folder))))
    if plan.faults:
        words = [sys.executable, "-m", "loadgen.faults", str(folder)]
        words += ["--sandbox-pid", str(sandbox_pid)] if sandbox_pid is not None else []
        wanted.append(Companion("faults", tuple(words), undo=(*words, "--undo")))
    return wanted


def _new_folder(request: RunRequest, plan: Plan, build: str | None) -> Path:
    run_id = new_run_id(plan.scenario)
    folder = create_folder(request.results, run_id)
    manifest = Manifest(
        run_id=run_id,
        scenario_text=scenario_text(request.scenario),
        plan=plan,
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        workers=request.workers,
        versions=versions(),
        commit=commit(),
        target_build=build,
        plants=request.plants,
        fingerprint=fingerprint(),
        command=again(request),
        load_command=tuple(load_command(plan, folder, workers=request.workers, web=request.web)),
    )
    write_manifest(folder, manifest)
    return folder


def again(request: RunRequest) -> tuple[str, ...]:
    """Return the command line that asks for the same run."""
    words = ["rushhour", "run", request.scenario, "--target", request.target]
    if request.url is not None:
        words += ["--url", request.url]
    if request.workers != 1:
        words += ["--workers", str(request.workers)]
    for name, value in (("--time-scale", request.time_scale), ("--load-scale", request.load_scale)):
        if value != 1.0:
            words += [name, f"{value:g}"]
    for plant in request.plants:
        words += ["--plant", plant]
    words += ["--production"] if request.production else []
    return (*words, "--production-faults") if request.production_faults else tuple(words)


def _make_load(request: RunRequest, plan: Plan, folder: Path, console: Console) -> None:
    command = list(read_manifest(folder).load_command)
    console.print(f"[dim]{shlex.join(command)}[/dim]", soft_wrap=True, highlight=False)
    load = Load.start(folder, command, request.workers)
    try:
        with _interrupts(load, console) as stopped:
            follow(plan, folder, load.watch, time.sleep, console)
    finally:
        load.end()
    if not stopped():
        load.note_loss()
    if (folder / GENERATOR).stat().st_size == 0 and not stopped():
        raise _why_no_load(folder, load)


def _why_no_load(folder: Path, load: Load) -> TargetError | GeneratorError:
    """Return why a run ended before any load: what it wrote of its end, else the last words of its log."""
    ended = read_manifest(folder).ended
    if ended is not None and ended.detail:
        return TargetError(ended.detail)
    words = load.last_words() or "it said nothing"
    if load.was_refused:
        return TargetError(words)
    return GeneratorError(
        f"Locust ended with code {load.leader.returncode} before any load: {words} (see {folder}/locust.log)"
    )


class _interrupts:  # noqa: N801 - reads as a word in `with`
    """Ctrl-C once asks the run to end in order, twice ends it by force; `with … as stopped` tells whether it happened."""

    def __init__(self, load: Load, console: Console) -> None:
        self._load = load
        self._console = console
        self._count = 0
        self._before: Callable[[int, FrameType | None], object] | int | None = None

    def __enter__(self) -> Callable[[], bool]:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._on_interrupt)
        return lambda: self._count > 0

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _on_interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._count == 1:
            self._console.print(
                "\nstopping: no new sessions, last windows are written … (Ctrl-C again ends it by force)"
            )
            self._load.ask_to_stop()
        else:
            self._load.end()


def plants_of(words: Sequence[str] | None) -> tuple[str, ...]:
    """Return plant names from repeated or comma-separated options."""
    return tuple(name.strip() for word in words or () for name in word.split(",") if name.strip())
