"""The processes beside the load of a run: one samples the target, one judges the steps of a climb. They end when it does."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scenarios.plan import Plan

ENDS_WITHIN_S = 3.0  # each looks once a second whether the run is over


def commands(plan: Plan, folder: Path) -> dict[str, list[str]]:
    """Return the command of each process that a plan needs beside its load, by the name of its log."""
    wanted = {}
    if plan.target.probes:
        wanted["probes"] = [sys.executable, "-m", "loadgen.probes", str(folder)]
    if plan.staircase is not None:
        wanted["climb"] = [sys.executable, "-m", "rushhour.climbing", str(folder)]
    return wanted


@contextmanager
def beside(plan: Plan, folder: Path) -> Iterator[None]:
    """Keep them running beside a run. What fails in them is in their logs and never ends the run."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        for name, command in commands(plan, folder).items():
            with (folder / f"{name}.log").open("ab") as log:
                started.append(
                    subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
                )
        yield
        for process in started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=ENDS_WITHIN_S)
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
                process.wait()
