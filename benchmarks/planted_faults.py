"""Whether every planted fault of correctness is caught with the right witness, and a correct shop never accused.

    .venv/bin/python -m benchmarks.planted_faults [--whole | --runs N] [--only NAME…]

Short real runs of the scenario `rush` (scaled to 27 s), each on a sandbox of its own. With a fault planted, the run has to fail, the invariant that the
fault breaks has to be among the broken ones, and its witness has to be of one kind: the same chair and time, the same appointment, the
same payment, the same key. Without a fault no invariant may be broken: on SQLite and on PostgreSQL, with one instance and with two of which one is
killed in mid-run. One run of each by default; with `--whole` twenty of each fault and fifty correct ones (some two and a half hours).
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.table import Row, deliver
from tests.shop import SECRETS, open_shop

ROOT = Path(__file__).resolve().parents[1]
TIME_SCALE = 0.2
RUNS, FAULTY, CORRECT = 1, 20, 50
KILL_AFTER_S = 12.0  # of the run's start: in the middle of its load
LONGEST_S = 300.0

Witness = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One planted fault: how the sandbox is started, the invariants that catch it, and what the requests of a witness share."""

    name: str
    options: tuple[str, ...]
    invariants: tuple[str, ...]
    shared: tuple[str, ...]


FAULTS = (
    Fault("double booking, sequential", ("--plant", "double-booking"), ("no_double_booking",), ("barber_id",)),
    Fault("double booking, concurrent", ("--plant", "double-booking-race"), ("no_double_booking",), ("barber_id",)),
    Fault(
        "double booking, two processes",
        ("--plant", "double-booking-race", "--instances", "2"),
        ("no_double_booking",),
        ("barber_id",),
    ),
    Fault("double charge", ("--plant", "double-charge"), ("no_double_charge",), ("appointment_id",)),
    Fault("refund race", ("--plant", "refund-race"), ("no_excess_refund",), ("payment_id",)),
    Fault("lost write after its acknowledgement", ("--plant", "lost-write"), ("bookings_kept",), ("appointment_id",)),
    Fault("broken idempotency", ("--plant", "broken-idempotency"), ("retries_change_nothing",), ("key",)),
)
SHOPS = (
    ("SQLite", ()),
    ("SQLite, two instances, one killed", ("--instances", "2", "--restart-after-s", "3")),
    ("PostgreSQL", ("--database", "postgresql-embedded")),
    (
        "PostgreSQL, two instances, one killed",
        ("--database", "postgresql-embedded", "--instances", "2", "--restart-after-s", "3"),
    ),
)


@dataclass(slots=True)
class Tally:
    """What came of the runs of one kind."""

    right: int = 0
    runs: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, complaint: str) -> None:
        """Count one run; "" is right."""
        self.runs += 1
        self.right += not complaint
        if complaint:
            self.wrong.append(complaint)


def main() -> int:
    """Make the runs, print the rows, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", action="store_true", help=f"{FAULTY} runs of each fault, {CORRECT} correct ones")
    parser.add_argument("--runs", type=int, default=RUNS, help="runs of each")
    parser.add_argument("--only", metavar="NAME", action="append", help="kinds whose name has this in it")
    options = parser.parse_args()
    rows = []
    for fault in FAULTS:
        if _wanted(fault.name, options.only):
            runs = FAULTY if options.whole else options.runs
            tally = _tally(fault.name, runs, fault.options, partial(missed, fault))
            rows.append(_row(f"planted: {fault.name}: caught, right witness", tally))
    for number, (name, words) in enumerate(SHOPS):
        if _wanted(name, options.only):
            runs = len(range(number, CORRECT, len(SHOPS))) if options.whole else options.runs
            rows.append(_row(f"correct shop on {name}: not accused", _tally(name, runs, words, accused)))
    return deliver("Planted faults", rows)


def _wanted(name: str, only: Sequence[str] | None) -> bool:
    return only is None or any(word in name for word in only)


def _row(name: str, tally: Tally) -> Row:
    told = f"{tally.right} of {tally.runs}" + (f"; {tally.wrong[0]}" if tally.wrong else "")
    return Row(name, told, f"{tally.runs} of {tally.runs}", tally.right == tally.runs)


def _tally(name: str, runs: int, options: Sequence[str], judge: Callable[[dict[str, Any]], str]) -> Tally:
    tally = Tally()
    for number in range(runs):
        verdict = rush(options, seed=number + 1)
        tally.add(judge(verdict))
        print(
            f"{name:<45} run {number + 1}: {verdict['outcome']:<13} {tally.wrong[-1] if tally.wrong else 'as it should be'}",
            flush=True,
        )
    return tally  # fmt: skip


def missed(fault: Fault, verdict: dict[str, Any]) -> str:
    """Return why a planted fault was not caught as it should be, "" where it was."""
    if verdict["outcome"] != "fail":
        return f"the outcome is {verdict['outcome']}: {verdict['because'][0]}"
    broken = {row["name"]: row for row in verdict["invariants"] if row["outcome"] == "fail"}
    caught = [broken[name] for name in fault.invariants if name in broken]
    if not caught:
        return f"{', '.join(fault.invariants)} not broken; broken: {', '.join(broken) or 'none'}"
    return "" if any(is_right(row["witness"], fault.shared) for row in caught) else "the witness does not show it"


def is_right(witness: Witness, shared: Sequence[str]) -> bool:
    """Tell whether the parts of a witness agree in what they must share, and there are two at least or a row that was found."""
    told = [part for part in witness if all(part.get(name) is not None for name in shared)]
    return len(witness) >= 2 and bool(told) and all(len({part[name] for part in told}) == 1 for name in shared)


def accused(verdict: dict[str, Any]) -> str:
    """Return which invariants a correct shop is said to have broken, or that nothing was read back; "" for neither."""
    broken = [f"{row['name']}: {row['because']}" for row in verdict["invariants"] if row["outcome"] == "fail"]
    if broken:
        return "; ".join(broken)
    booking = next(row for row in verdict["invariants"] if row["name"] == "no_double_booking")
    return "" if booking["checked"] > 0 else "no booking was checked"


def rush(options: Sequence[str], seed: int) -> dict[str, Any]:
    """Carry out one rush on a sandbox started with these options, and return the verdict."""
    with tempfile.TemporaryDirectory() as folder, _shop(options, seed) as ready:
        url, stop = ready["listening"], threading.Event()
        killer = threading.Thread(target=_kill_one, args=(ready["pids"], stop), daemon=True)
        if "--restart-after-s" in options:
            killer.start()
        scenario = Path(folder) / "rush.toml"  # other customers in each run
        text = (ROOT / "scenarios" / "rush.toml").read_text(encoding="utf-8")
        scenario.write_text(re.sub(r"(?m)^seed = .*$", f"seed = {seed}", text), encoding="utf-8")
        command = [sys.executable, "-m", "rushhour", "run", str(scenario), "--target", "sandbox", "--url", url]
        command += ["--time-scale", str(TIME_SCALE), "--results", folder]
        try:
            done = subprocess.run(
                command, check=False, capture_output=True, text=True, timeout=LONGEST_S, env={**os.environ, **SECRETS}
            )
        finally:
            stop.set()
        verdicts = list(Path(folder).glob("*/verdict.json"))
        if len(verdicts) != 1:
            raise SystemExit(f"no verdict: {done.stdout[-500:]}{done.stderr[-500:]}")
        verdict: dict[str, Any] = json.loads(verdicts[0].read_text(encoding="utf-8"))
        return verdict


def _kill_one(pids: Sequence[int], stop: threading.Event) -> None:
    if not stop.wait(KILL_AFTER_S):
        os.kill(pids[0], signal.SIGKILL)


@contextmanager
def _shop(options: Sequence[str], seed: int) -> Iterator[dict[str, Any]]:
    words = ["--barbers", "100", "--clients", "20000", "--pool", "45", "--seed", str(seed), *options]
    with open_shop(*words, quiet=True, core=(os.cpu_count() or 1) - 1, ends_within_s=20) as ready:
        yield ready
    time.sleep(0.2)  # its instances are gone, too


if __name__ == "__main__":
    sys.exit(main())
