"""`rushhour duet`: two builds at once under the same load, half of it each, restarted several times, judged in pairs."""

import secrets
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from analysis.duet import judge_duet, void
from analysis.duet_verdict import DuetVerdict, as_text
from loadgen.errors import GeneratorError, TargetError
from records.duet import RUNS, Arm, DuetRecord, Pinning, Restart, Side, read_duet, write_duet
from records.errors import RunDataError
from records.folder import VERDICT, write_text
from records.run import Run, read_run
from reports.duet import render_duet
from reports.duet_junit import render_duet_junit
from reports.duet_text import render_duet_markdown, render_duet_terminal
from reports.wording import length
from rushhour.arms import (
    Loads,
    Planned,
    Playing,
    begin_together,
    end_arm,
    follow_both,
    open_shops,
    restart_targets,
    start_arm,
)
from rushhour.duet_request import MOST_RESTARTS, DuetRequest, check_request, is_fresh, plan_of, seed_of
from rushhour.embedded import set_sandbox_secrets, usable_cores
from rushhour.run import interrupts
from rushhour.seats import seats
from rushhour.verdicts import JUNIT, REPORT, SUMMARY
from scenarios.errors import ScenarioError
from scenarios.library import load_plan

MOST_REPEATS = 3  # void restarts that are made again; a machine that spoils more is not fit for it today
RESTART_WITHIN_S = 600.0
BETWEEN_S = (
    15.0  # starting both targets and both loads, and letting the last sessions end; for what is told of the whole
)


@dataclass(slots=True)
class Duet:
    """A duet under way: its folder, its record so far, and the load that runs."""

    request: DuetRequest
    folder: Path
    record: DuetRecord
    console: Console
    loads: Loads = field(default_factory=Loads)

    def note(self, **changes: object) -> None:
        """Write down what has changed."""
        self.record = self.record.model_copy(update=changes)
        write_duet(self.folder, self.record)


def carry_out_duet(request: DuetRequest, console: Console) -> Path:
    """Return the folder of a recorded duet; raise ScenarioError, TargetError or GeneratorError in one line each.

    A restart in which a generator was sick is made again, a few times. Who stops it gets what there is until then.
    """
    check_request(request)
    set_sandbox_secrets()
    duet = _new_duet(request, console)
    whole_s = request.restarts * (request.warm_up_s + request.duration_s + BETWEEN_S)
    console.print(
        f"{request.restarts} restarts, some {length(whole_s)} in all; Ctrl-C judges what is there", highlight=False
    )
    try:
        with interrupts(duet.loads, console):
            valid = 0
            for number in range(request.restarts + MOST_REPEATS):
                if valid == request.restarts or duet.loads.stopped:
                    break
                valid += _play(duet, number, valid)
    except (TargetError, GeneratorError, ScenarioError):
        leave_nothing(duet.folder)
        raise
    duet.note(ended="interrupted" if duet.loads.stopped else "completed")
    return duet.folder


def leave_nothing(folder: Path) -> None:
    """Take the folder of a duet away again where no run was made in it."""
    if not any((folder / RUNS).iterdir()):
        shutil.rmtree(folder)


def _play(duet: Duet, number: int, valid: int) -> bool:
    """Play one restart, write it down, and tell whether it counts."""
    order = (Side.A, Side.B) if number % 2 == 0 else (Side.B, Side.A)
    duet.console.print(
        f"\n[bold]Restart {valid + 1} of {duet.request.restarts}[/bold]: {order[0].value} first, "
        f"{duet.request.warm_up_s:g} s + {duet.request.duration_s:g} s",
        highlight=False,
    )
    played = _restart(duet, number, order)
    duet.note(restarts=(*duet.record.restarts, played))
    because = played.because or void(_runs(duet.folder, played), played)
    if because and not duet.loads.stopped:
        duet.console.print(f"void, so it does not count: {because}", highlight=False, soft_wrap=True)
    return not because


def _restart(duet: Duet, number: int, order: tuple[Side, Side]) -> Restart:
    request = duet.request
    seed = seed_of(request) + number
    planned: dict[Side, Planned] = {side: partial(plan_of, request, side, seed) for side in Side}
    seated = seats(request.pinning, usable_cores(), number)
    made: dict[Side, Playing] = {}
    because = ""
    try:
        with ExitStack() as stack:
            if request.restart_with:
                restart_targets(request.restart_with, RESTART_WITHIN_S)
            dice = {side: seed if side is Side.A or not request.own_dice else seed + MOST_RESTARTS * 2 for side in Side}
            shops = open_shops(stack, order, request.arms, planned, dice)
            for side in order:
                asked = request.run(side, duet.folder / RUNS)
                made[side] = start_arm(stack, side, asked, planned[side], shops[side], request.command)
                duet.loads.loads.append(made[side].load)
            if begin_together(made, seated, duet.loads):
                follow_both(made, duet.console)
            for side in order:
                end_arm(made[side], stopped=duet.loads.stopped)
    except (TargetError, GeneratorError) as error:
        if number == 0:
            raise
        because = str(error)
    finally:
        duet.loads.loads.clear()
    duet.note(arms={side: _with_build(arm, made.get(side)) for side, arm in duet.record.arms.items()})
    runs = {side: made[side].folder.name if side in made else None for side in Side}
    return Restart(number=number, seed=seed, first=order[0], seats=seated, runs=runs, because=because)


def _with_build(arm: Arm, playing: Playing | None) -> Arm:
    return arm if playing is None else arm.model_copy(update={"build": playing.build})


def _new_duet(request: DuetRequest, console: Console) -> Duet:
    name = load_plan(request.scenario, request.arms[Side.A].target).scenario
    now = datetime.now(UTC)
    duet_id = f"duet-{name}-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    folder = request.results / duet_id
    try:
        (folder / RUNS).mkdir(parents=True)
    except OSError as error:
        raise RunDataError(
            f"{request.results}: cannot write there ({error.strerror}); expected a writable directory, choose one with --results"
        ) from error
    record = DuetRecord(
        duet_id=duet_id,
        scenario=name,
        started_at=now.isoformat(timespec="seconds"),
        command=request.command,
        pinning=request.pinning if len(usable_cores()) >= 2 else Pinning.NONE,
        fresh=is_fresh(request),
        restarts_wanted=request.restarts,
        warm_up_s=request.warm_up_s,
        duration_s=request.duration_s,
        time_scale=request.time_scale,
        load_scale=request.load_scale,
        arms=dict(request.arms),
    )
    duet = Duet(request, folder, record, console)
    duet.note()
    return duet


# What it comes to.


def judge_recorded(folder: Path) -> tuple[DuetRecord, DuetVerdict]:
    """Return a recorded duet with its verdict; raise RunDataError where the folder is damaged."""
    record = read_duet(folder)
    pairs = [(restart, _runs(folder, restart)) for restart in record.restarts]
    return record, judge_duet(record, pairs)


def _runs(folder: Path, restart: Restart) -> dict[Side, Run]:
    """Return the runs of a restart that were made."""
    return {side: read_run(folder / RUNS / name) for side, name in restart.runs.items() if name is not None}


def write_duet_reports(folder: Path, record: DuetRecord, verdict: DuetVerdict) -> Path:
    """Write verdict, page, summary and JUnit of a duet; return the page's path."""
    write_text(folder / VERDICT, as_text(verdict))
    write_text(folder / REPORT, render_duet(record, verdict, f"{RUNS}/{{run_id}}"))
    write_text(folder / SUMMARY, render_duet_markdown(record, verdict))
    write_text(folder / JUNIT, render_duet_junit(record, verdict))
    return folder / REPORT


def conclude(folder: Path, console: Console) -> DuetVerdict:
    """Judge a recorded duet, write and show what it comes to, and return it."""
    record, verdict = judge_recorded(folder)
    page = write_duet_reports(folder, record, verdict)
    console.print(render_duet_terminal(record, verdict, page))
    return verdict
