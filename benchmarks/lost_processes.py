"""`kill -9` in the middle of a run: of one of three workers, of the master, of the master and the command that started it.

Each trial is a real `rushhour run` with three workers against a sandbox on loopback. Wanted in every one: within 10 s of the kill every
load process has ended; the verdict is invalid and names what was lost; the folder is readable. In the third kind nobody is left
to end the workers or to write anything: they must find out by themselves, as workers on other machines do, and the verdict is
that of `rushhour judge`. `--whole` makes ten trials of each kind; by default one of each, in about a minute.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.table import Row, deliver
from records.run import read_run
from tests.shop import SECRETS, open_shop

LIMIT_S = 10.0
INVALID = 4
WORKERS = 3
RECORDED_S = 4  # seconds of the run before the kill
VICTIMS = {
    "worker": "one of 3 workers",
    "master": "the master",
    "command": "the master and its command",
}
RUSHHOUR = (sys.executable, "-m", "rushhour")


@dataclass(frozen=True, slots=True)
class Trial:
    """What one kill led to. `load_s` and `command_s`: from the kill to the end of the last load process, and of `rushhour run`."""

    load_s: float
    command_s: float
    exit_code: int
    because: str
    named: bool
    left: int
    requests: int

    @property
    def is_good(self) -> bool:
        """Tell whether everything is as wanted."""
        in_time = self.load_s <= LIMIT_S
        return in_time and self.exit_code == INVALID and self.named and self.left == 0 and self.requests > 0


def main() -> int:
    """Measure, print the rows and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lost_processes", description=__doc__)
    parser.add_argument("--whole", action="store_true", help="ten trials of each kind instead of one")
    parser.add_argument("--only", choices=VICTIMS, help="one kind of trial")
    wanted = parser.parse_args()
    trials = 10 if wanted.whole else 1
    rows = []
    with open_shop("--fast", "--clients", "2000") as ready, tempfile.TemporaryDirectory() as results:
        url = ready["listening"]
        for victim in [wanted.only] if wanted.only else VICTIMS:
            done = [_trial(victim, url, Path(results) / f"{victim}{number}") for number in range(trials)]
            rows += _rows(victim, done)
    return deliver("A load process is killed in the middle of a run", rows)


def _rows(victim: str, trials: list[Trial]) -> list[Row]:
    good = sum(trial.is_good for trial in trials)
    worst = max(trials, key=lambda trial: trial.load_s)
    what = VICTIMS[victim]
    return [
        Row(
            f"kill -9 of {what}: invalid, named, no process left, folder readable",
            f"{good} of {len(trials)}",
            f"{len(trials)} of {len(trials)}",
            kept=good == len(trials),
        ),
        Row(
            f"kill -9 of {what}: until all load has ended, worst",
            f"{worst.load_s:.1f} s",
            f"<= {LIMIT_S:g} s",
            kept=worst.load_s <= LIMIT_S,
        ),
        Row("  until `rushhour run` has reported, worst; it says", f"{worst.command_s:.1f} s", worst.because[:160]),
    ]


def _trial(victim: str, url: str, results: Path) -> Trial:
    words = ["run", "smoke", "--target", "sandbox", "--url", url, "--workers", str(WORKERS), "--load-scale", "4"]
    command = subprocess.Popen(
        [*RUSHHOUR, *words, "--results", str(results)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **SECRETS},
    )  # fmt: skip
    folder = _recording(results, command)
    load = psutil.Process(command.pid).children(recursive=True)
    chosen = next(process for process in load if _is(process, "--worker" if victim == "worker" else "--master"))
    if victim == "command":
        command.kill()
    chosen.send_signal(signal.SIGKILL)
    killed_at = time.monotonic()
    _, alive = psutil.wait_procs(load, timeout=4 * LIMIT_S)
    load_s = time.monotonic() - killed_at
    exit_code = command.wait(timeout=60)
    command_s = time.monotonic() - killed_at
    if victim == "command":
        exit_code = subprocess.run([*RUSHHOUR, "judge", str(folder)], capture_output=True, check=False).returncode
    because = "; ".join(json.loads((folder / "verdict.json").read_text(encoding="utf-8"))["because"])
    requests = int(read_run(folder).series.outcomes.count.sum())
    named = "no end was recorded" in because if victim == "command" else f"pid {chosen.pid}" in because
    return Trial(load_s, command_s, exit_code, because, named, len(alive), requests)


def _is(process: psutil.Process, option: str) -> bool:
    return option in process.cmdline()


def _recording(results: Path, command: "subprocess.Popen[bytes]") -> Path:
    """Return the run folder once it holds some seconds of every worker."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit and command.poll() is None:
        for path in results.glob("*/generator.jsonl"):
            if path.read_text(encoding="utf-8").count("\n") >= RECORDED_S * WORKERS:
                return path.parent
        time.sleep(0.1)
    command.kill()
    raise RuntimeError(
        f"{results}: no load within a minute; try: rushhour run smoke --target sandbox --workers {WORKERS}"
    )


if __name__ == "__main__":
    sys.exit(main())
