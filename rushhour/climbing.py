"""`python -m rushhour.climbing RUN_FOLDER`: judge each step of a climb when it is over, and say when it has gone far enough."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from analysis.climb import climb
from analysis.observed import observe
from analysis.turn import last_wanted
from loadgen.turn import ask_to_turn
from records.errors import RunDataError
from records.folder import GENERATOR
from records.manifest_file import read_manifest
from records.run import read_run
from records.tail import Tail
from scenarios.layout import PlannedStage
from scenarios.plan import Plan
from scenarios.scenario import StageKind

USAGE_ERROR = 2
LOOK_EVERY_S = 1.0
SLOW_ANSWERS_S = 5.0  # after a step's end, for its last answers; at most half of the time that the next one settles
NICENESS = 10  # reading a long run takes seconds of a core that makes load


def watch(folder: Path) -> str | None:
    """Follow a run until its climb has gone far enough, and return its last step; None where it never did. Raise RunDataError."""
    plan, parent = read_manifest(folder).plan, os.getppid()
    steps = [stage for stage in plan.stages if stage.kind is StageKind.STEP]
    samples, second = Tail(folder / GENERATOR), -1
    for stage in steps[:-1]:
        while second < due_s(plan, stage):
            if os.getppid() != parent or read_manifest(folder).ended is not None:
                return None
            time.sleep(LOOK_EVERY_S)
            second = max([second, *(int(sample["second"]) for sample in samples.new_records())])
        last = _judged(folder, until_s=stage.end_s)
        if last is not None:
            ask_to_turn(folder, last)
            return last
    return None


def due_s(plan: Plan, step: PlannedStage) -> float:
    """Return the second from which on a step is judged."""
    after = next((stage for stage in plan.stages if stage.start_s >= step.end_s), None)
    return step.end_s + min(SLOW_ANSWERS_S, after.duration_s / 2 if after is not None else 0.0)


def _judged(folder: Path, until_s: float) -> str | None:
    run = read_run(folder)
    plan = run.manifest.plan
    return last_wanted(plan, climb(run, [observe(run, stage) for stage in plan.stages if stage.end_s <= until_s]))


def main() -> int:
    """Return the exit code: 0 at the end, 2 where there is no such run."""
    parser = argparse.ArgumentParser(prog="python -m rushhour.climbing", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="RUN_FOLDER", help="the folder of a run under way")
    folder = parser.parse_args().folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the run, and with it this
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    os.nice(NICENESS)
    try:
        last = watch(folder)
    except RunDataError as error:
        print(f"rushhour: {error}", file=sys.stderr)
        return USAGE_ERROR
    if last is not None:
        print(f"the climb ends after {last}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
