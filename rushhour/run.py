"""`rushhour run`: carry out a scenario, record it, judge it, show it."""

import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Protocol

from rich.console import Console

from loadgen.errors import GeneratorError, TargetError
from loadgen.faults.injector import Surroundings
from loadgen.faults.kinds import check_faults
from loadgen.reach import check_reach, this_machine
from records.environment import commit, fingerprint, versions
from records.folder import GENERATOR, create_folder, new_run_id, write_manifest
from records.manifest import Manifest, Rerun
from records.manifest_file import read_manifest
from rushhour.companions import Companion, Companions
from rushhour.embedded import Embedded, away_from_the_sandbox, set_sandbox_secrets
from rushhour.greeting import greet
from rushhour.load import Load, load_command
from rushhour.progress import follow
from scenarios.errors import ScenarioError
from scenarios.library import load_plan, load_target, scenario_text
from scenarios.plan import Plan, started_afresh
from scenarios.target import TargetKind

SHOP_RANGES = {"pool": (1, 1000), "contention": (0, 1), "coherence": (0, 1)}  # as scenarios/target.py has them
Audit = Callable[[Plan, Path, Console], None]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What `rushhour run` was asked for.

    `reruns` False: one run decides. `rerun` tells of which first run this one is a rerun, `fresh` how many starts the target
    has seen of it before, where that is not made anew for each. `mix` takes the place of the scenario's.
    """

    scenario: str
    target: str = "sandbox"
    url: str | None = None
    workers: int = 1
    time_scale: float = 1.0
    load_scale: float = 1.0
    web: bool = False
    plants: tuple[str, ...] = ()
    pool: int | None = None
    mix: str | None = None
    contention: float | None = None
    coherence: float | None = None
    production: bool = False
    production_faults: bool = False
    results: Path = Path("results")
    reruns: bool = True
    baseline_target: str | None = None
    rerun: Rerun | None = None
    fresh: int = 0

    @property
    def shop(self) -> Mapping[str, float]:
        """Return what is asked of the sandbox that is started, by option."""
        given = {"pool": self.pool, "contention": self.contention, "coherence": self.coherence}
        return {name: value for name, value in given.items() if value is not None}

    def of_old_build(self) -> "RunRequest | None":
        """Return the request for the same run of the build before, None where nobody said where that is."""
        if self.baseline_target is None:
            return None
        return replace(self, target=self.baseline_target, url=None, plants=(), baseline_target=None)


def nobody_looks(_plan: Plan, _folder: Path, _console: Console) -> None:
    """Read nothing back."""


def carry_out(request: RunRequest, console: Console, audit: Audit = nobody_looks) -> Path:
    """Return the folder of the recorded run; raise ScenarioError, TargetError, GeneratorError or RunDataError in one line each.

    `audit` reads the target back while it is still there, however the load ended.
    """
    plan = plan_of(request)  # every problem of the files and options before anything is started
    old = request.of_old_build()
    if old is not None:
        plan_of(old)
    check_reach(plan, this_machine(), workers=request.workers, here=request.workers)
    sandbox_pid = None
    with ExitStack() as stack:
        if plan.target.kind is TargetKind.SANDBOX:
            set_sandbox_secrets()
            if starts_anew(request, plan.target.kind):
                shop = stack.enter_context(Embedded.start(plan.target, seed=plan.seed, plants=request.plants))
                stack.enter_context(away_from_the_sandbox(request.workers))
                plan = _plan(request, shop.url)
                sandbox_pid = shop.process.pid
        greeting = greet(plan.target)
        check_faults(plan, Surroundings(plan.target, request.results, sandbox_pid))
        folder = new_folder(request, plan, greeting.build)
        companions = stack.enter_context(Companions.start(folder, companions_of(plan, folder, sandbox_pid)))
        _make_load(request, plan, folder, console)
        companions.end()  # faults are undone before the target is read back
        if companions.lost:
            console.print(f"lost beside the load: {', '.join(companions.lost)} (see the log of that name in {folder})")
        audit(plan, folder, console)
        return folder


def plan_of(request: RunRequest) -> Plan:
    """Return the plan of a run that may be carried out; raise ScenarioError with what is wrong with its files or its options."""
    target = load_target(request.target)
    _check_request(request, target.kind)
    plan = _plan(request, request.url or target.url)
    _check_faults_are_meant(request, plan)
    if request.baseline_target is not None and not plan.comparison.reruns:
        why = f"the scenario {plan.scenario} has none" if request.reruns else "--no-reruns wants none"
        raise ScenarioError([f"--baseline-target is for the build before beside reruns, and {why}; take it out"])
    return plan


def _plan(request: RunRequest, url: str) -> Plan:
    plan = load_plan(
        request.scenario, request.target, url=url, time_scale=request.time_scale, load_scale=request.load_scale,
        mix_name=request.mix,
    )  # fmt: skip
    if request.rerun is not None or not request.reruns:
        plan = plan.model_copy(update={"comparison": plan.comparison.model_copy(update={"reruns": 0})})
    if request.fresh and not starts_anew(request, plan.target.kind):
        plan = started_afresh(plan, request.fresh)
    if request.url is not None:
        return shared(plan)
    return plan.model_copy(update={"target": plan.target.staffed().with_shop(request.shop)})


def starts_anew(request: RunRequest, kind: TargetKind) -> bool:
    """Tell whether the target is the embedded sandbox, which is a new one for each run."""
    return kind is TargetKind.SANDBOX and request.url is None


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
    for name, value in request.shop.items():
        low, high = SHOP_RANGES[name]
        if kind is not TargetKind.SANDBOX or request.url is not None:
            problems.append(
                f"--{name} needs a sandbox that this command starts itself; use --target sandbox without --url"
            )
        elif not low <= value <= high:
            problems.append(f"--{name} is {value:g}; expected {low} to {high}")
    problems += why_no_target(request.target, kind, production=request.production)
    if problems:
        raise ScenarioError(problems)


def why_no_target(name: str, kind: TargetKind, *, production: bool) -> list[str]:
    """Return what keeps a target from being loaded: nobody knows what it is, or nobody said that production is meant."""
    if kind is TargetKind.UNKNOWN:
        return [f"the target {name} is of unknown kind; expected sandbox, staging or production in its profile"]
    if kind is TargetKind.PRODUCTION and not production:
        return [f"the target {name} is production; add --production to say that this load is meant for it"]
    return []


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


def companions_of(plan: Plan, folder: Path, sandbox_pid: int | None) -> list[Companion]:
    """Return the processes that a plan needs beside its load."""
    wanted = []
    if plan.target.probes:
        wanted.append(Companion("probes", (sys.executable, "-m", "loadgen.probes", str(folder))))
    if plan.staircase is not None:
        wanted.append(Companion("climb", (sys.executable, "-m", "rushhour.climbing", str(folder))))
    if plan.audit.enabled and plan.audit.sample_barbers and plan.target.staff is not None:
        wanted.append(Companion("sample", (sys.executable, "-m", "rushhour.sampling", str(folder))))
    if plan.faults:
        words = [sys.executable, "-m", "loadgen.faults", str(folder)]
        words += ["--sandbox-pid", str(sandbox_pid)] if sandbox_pid is not None else []
        wanted.append(Companion("faults", tuple(words), undo=(*words, "--undo")))
    return wanted


def new_folder(request: RunRequest, plan: Plan, build: str | None, command: tuple[str, ...] = ()) -> Path:
    """Return a new run folder with its manifest; `command` asks for the same run again where `rushhour run` does not."""
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
        command=command or again(request),
        load_command=tuple(load_command(plan, folder, workers=request.workers, web=request.web)),
        rerun=request.rerun,
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
    for name, value in request.shop.items():
        words += [f"--{name}", f"{value:g}"]
    if request.mix is not None:
        words += ["--mix", request.mix]
    for plant in request.plants:
        words += ["--plant", plant]
    if request.baseline_target is not None:
        words += ["--baseline-target", request.baseline_target]
    words += [] if request.reruns and request.rerun is None else ["--no-reruns"]
    words += ["--production"] if request.production else []
    return (*words, "--production-faults") if request.production_faults else tuple(words)


def _make_load(request: RunRequest, plan: Plan, folder: Path, console: Console) -> None:
    command = list(read_manifest(folder).load_command)
    console.print(f"[dim]{shlex.join(command)}[/dim]", soft_wrap=True, highlight=False)
    load = Load.start(folder, command, request.workers)
    try:
        with interrupts(load, console) as stopped:
            follow(plan, folder, load.watch, time.sleep, console)
    finally:
        load.end()
    if not stopped():
        load.note_loss()
    if (folder / GENERATOR).stat().st_size == 0 and not stopped():
        raise why_no_load(folder, load)


def why_no_load(folder: Path, load: Load) -> TargetError | GeneratorError:
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


class Stoppable(Protocol):
    """What can be asked to end in order, and be ended by force: a load, or two of them."""

    def ask_to_stop(self) -> None: ...
    def end(self) -> None: ...


class interrupts:  # noqa: N801 - reads as a word in `with`
    """Ctrl-C once asks the run to end in order, twice ends it by force; `with … as stopped` tells whether it happened."""

    def __init__(self, load: Stoppable, console: Console) -> None:
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
