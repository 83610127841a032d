"""`python -m rushhour.climbing RUN_FOLDER`: judge each step of a climb when it is over, and say what the climb does next."""

import argparse
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from analysis.climb import climb
from analysis.observed import observe
from analysis.turn import last_wanted, next_wanted
from loadgen.turn import MIN_LEAD_S, Turn, ask_to_turn
from records.errors import RunDataError
from records.folder import GENERATOR
from records.manifest_file import read_manifest
from records.run import read_run
from records.tail import Tail
from scenarios.layout import PlannedStage
from scenarios.plan import Plan
from scenarios.staircase import BACK_DOWN, CONFIRM
from scenarios.turn import climbing_steps, last_rest

USAGE_ERROR = 2
LOOK_EVERY_S = 1.0
SLOW_ANSWERS_S = 5.0  # after a step's end, for its last answers; at most half of the time that a step settles
NICENESS = 10  # reading a long run takes seconds of a core that makes load


def watch(folder: Path) -> None:
    """Follow a run until it is known how it goes back down, or it has ended. Raise RunDataError."""
    parent, follower = os.getppid(), Follower(folder)
    samples, recorded_s = Tail(folder / GENERATOR), 0
    while os.getppid() == parent:
        begun, manifest = time.monotonic(), read_manifest(folder)
        recorded_s = max([recorded_s, *(int(sample["second"]) + 1 for sample in samples.new_records())])
        if manifest.ended is not None or follower.is_done(manifest.plan, recorded_s):
            return
        time.sleep(max(LOOK_EVERY_S, time.monotonic() - begun))  # at most half of the time is spent on reading


@dataclass(slots=True)
class Follower:
    """Judges what is over of one run, and asks for its turns."""

    folder: Path
    _asked_on: list[tuple[PlannedStage, ...]] = field(default_factory=list)
    _judged: int = 0

    def is_done(self, plan: Plan, recorded_s: float) -> bool:
        """Judge what is over in a run that is recorded so far; tell whether there is nothing more to be decided."""
        rest = last_rest(plan)
        if rest is not None and recorded_s > rest.start_s:
            return self._rested(plan, rest, recorded_s)
        over = [step for step in climbing_steps(plan)[:-1] if recorded_s >= step.end_s + slow_answers_s(plan)]
        if self._asked_on or len(over) == self._judged:
            return bool(self._asked_on) and rest is None
        self._judged = len(over)
        run = read_run(self.folder)
        seen = [observe(run, stage) for stage in plan.stages if stage.end_s <= over[-1].end_s]
        last = last_wanted(plan, climb(run, seen))
        if last is not None:
            self._ask(plan, Turn(last), "the steps past the break end with it")
        return False

    def _rested(self, plan: Plan, rest: PlannedStage, recorded_s: float) -> bool:
        if recorded_s < rest.start_s + slow_answers_s(plan) or plan.stages in self._asked_on:
            return False
        if recorded_s + MIN_LEAD_S >= rest.end_s:
            self._say(f"back down: the target did not recover within {rest.duration_s:g} s of {rest.name}")
            return True
        wanted = next_wanted(read_run(self.folder))
        if wanted is None:
            return False
        self._ask(plan, Turn(wanted.stage, wanted.level), wanted.because)
        return wanted.stage in {BACK_DOWN, CONFIRM}

    def _ask(self, plan: Plan, turn: Turn, because: str) -> None:
        self._asked_on.append(plan.stages)
        ask_to_turn(self.folder, turn)
        self._say(f"{turn.stage}{'' if turn.level is None else f' at level {turn.level:.4g}'}: {because}")

    def _say(self, words: str) -> None:
        print(words, flush=True)  # into climb.log


def slow_answers_s(plan: Plan) -> float:
    """Return how long after a step it is judged, for its last answers to come in."""
    assert plan.staircase is not None, "only climbs are followed"
    return min(SLOW_ANSWERS_S, plan.staircase.settle * plan.time_scale / 2)


def main() -> int:
    """Return the exit code: 0 at the end, 2 where there is no such run."""
    parser = argparse.ArgumentParser(prog="python -m rushhour.climbing", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="RUN_FOLDER", help="the folder of a run under way")
    folder = parser.parse_args().folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the run, and with it this
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    os.nice(NICENESS)
    try:
        if read_manifest(folder).plan.staircase is not None:
            watch(folder)
    except RunDataError as error:
        print(f"rushhour: {error}", file=sys.stderr)
        return USAGE_ERROR
    return 0


if __name__ == "__main__":
    sys.exit(main())
