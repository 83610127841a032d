"""The two arms of a restart: their shops, their loads, one start line, and what both are asked at once."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from loadgen import start_line
from loadgen.errors import TargetError
from records.duet import Arm, Seats, Side
from records.folder import GENERATOR
from rushhour.companions import Companions
from rushhour.embedded import Embedded
from rushhour.greeting import greet
from rushhour.load import Load, load_command
from rushhour.progress import LINE_EVERY_S, Progress
from rushhour.run import RunRequest, companions_of, new_folder, why_no_load
from rushhour.seats import keep_to
from scenarios.plan import Plan
from scenarios.target import TargetKind

START_AFTER_S = 0.5  # from the word to second 0: both processes look for it 50 times a second
LOOK_EVERY_S = 0.1
SHOWN_EVERY_S = 0.5
Planned = Callable[[str | None], Plan]
"""Returns an arm's plan for an address, None for the profile's own."""


@dataclass(slots=True)
class Loads:
    """Whatever load of a duet is under way; Ctrl-C asks all of it to end, and nothing more is begun."""

    loads: list[Load] = field(default_factory=list)
    stopped: bool = False

    def ask_to_stop(self) -> None:
        """Ask for an orderly end."""
        self.stopped = True
        for load in self.loads:
            load.ask_to_stop()

    def end(self) -> None:
        """End by force what still runs."""
        for load in self.loads:
            load.end()


@dataclass(slots=True)
class Playing:
    """One arm of one restart as it runs."""

    side: Side
    plan: Plan
    folder: Path
    load: Load
    companions: Companions
    shop: Embedded | None
    build: str | None


def open_shops(
    stack: ExitStack,
    order: tuple[Side, Side],
    arms: Mapping[Side, Arm],
    planned: Mapping[Side, Planned],
    dice: Mapping[Side, int],
) -> dict[Side, Embedded | None]:
    """Start a fresh sandbox for each arm that wants one, both at a time; they are stopped with the stack.

    `dice` are their seeds. Raise TargetError where one does not start.
    """

    def opened(side: Side) -> Embedded | None:
        plan = planned[side](None)
        if plan.target.kind is not TargetKind.SANDBOX or arms[side].url is not None:
            return None
        return Embedded.start(plan.target, seed=dice[side], plants=arms[side].plants, cores=())

    with ThreadPoolExecutor(len(order)) as pool:
        started = {side: pool.submit(opened, side) for side in order}
    for future in started.values():
        if future.exception() is None and (shop := future.result()) is not None:
            stack.enter_context(shop)
    return {side: future.result() for side, future in started.items()}


def start_arm(
    stack: ExitStack, side: Side, asked: RunRequest, planned: Planned, shop: Embedded | None, command: tuple[str, ...]
) -> Playing:
    """Start one arm's load up to the start line, and its probes; raise TargetError where the target is not usable."""
    plan = planned(None if shop is None else shop.url)
    build = greet(plan.target).build
    folder = new_folder(asked, plan, build, command)
    start_line.hold(folder)
    pid = None if shop is None else shop.process.pid
    load = Load.start(folder, load_command(plan, folder, workers=1, web=False), workers=1)
    stack.callback(load.end)
    companions = stack.enter_context(Companions.start(folder, companions_of(plan, folder, pid)))
    return Playing(side, plan, folder, load, companions, shop, build)


def begin_together(arms: Mapping[Side, Playing], seats: Mapping[Side, Seats], loads: Loads) -> bool:
    """Wait until all users of both are there, seat them, name the moment. False: somebody stopped it, or one has ended."""
    limit = time.monotonic() + start_line.WITHIN_S
    while not all(start_line.is_ready(arm.folder) for arm in arms.values()):
        if loads.stopped or not all(arm.load.watch() for arm in arms.values()) or time.monotonic() > limit:
            return False
        time.sleep(start_line.LOOK_EVERY_S)
    for side, arm in arms.items():
        for process in arm.load.processes:
            keep_to(seats[side].generator, process.pid)
        for _, companion in arm.companions.running:
            keep_to(seats[side].generator, companion.pid)
        if arm.shop is not None:
            keep_to(seats[side].target, arm.shop.process.pid)
    moment = time.time() + START_AFTER_S
    for arm in arms.values():
        start_line.begin_at(arm.folder, moment)
    return True


def follow_both(arms: Mapping[Side, Playing], console: Console) -> None:
    """Show the progress of both until both have ended."""
    views = {side: Progress(arm.plan, arm.folder) for side, arm in sorted(arms.items())}
    shown_at, said_at = -SHOWN_EVERY_S, time.monotonic()
    with ExitStack() as stack:
        live = (
            stack.enter_context(Live(console=console, refresh_per_second=2, transient=True))
            if console.is_terminal
            else None
        )
        while [arm for arm in arms.values() if arm.load.watch()]:
            now = time.monotonic()
            if now - shown_at >= SHOWN_EVERY_S:
                shown_at = now
                for view in views.values():
                    view.look()
                if live is not None:
                    live.update(_lines(views))
                elif now - said_at >= LINE_EVERY_S:
                    said_at = now
                    console.print(_lines(views), soft_wrap=True, highlight=False)
            time.sleep(LOOK_EVERY_S)


def _lines(views: Mapping[Side, Progress]) -> Text:
    told = [f"{side.value}: {view.line()}" for side, view in views.items()]
    return Text("\n".join(told), overflow="ellipsis", no_wrap=True)


def end_arm(arm: Playing, *, stopped: bool) -> None:
    """See an arm to its end; raise TargetError or GeneratorError where there was no load, and nobody stopped it."""
    arm.load.end()
    arm.companions.end()
    if stopped:
        return
    arm.load.note_loss()
    if (arm.folder / GENERATOR).stat().st_size == 0:
        raise why_no_load(arm.folder, arm.load)


def restart_targets(command: tuple[str, ...], within_s: float) -> None:
    """Run the command that starts targets of somebody else's anew; raise TargetError where it does not succeed."""
    try:
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=within_s)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TargetError(
            f"--restart-with {command[0]}: {error}; expected a command that starts both targets anew"
        ) from error
    if done.returncode != 0:
        raise TargetError(f"--restart-with {command[0]}: ended with code {done.returncode}; expected 0")
