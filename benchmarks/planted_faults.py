"""Whether every planted fault of correctness is caught with the right witness, and a correct shop never accused.

    .venv/bin/python -m benchmarks.planted_faults [--runs N] [--only NAME…] [--at-once N]

Short real runs of the scenario `rush` (scaled to 15 s), each on a sandbox of its own. With a fault planted, the run has to fail, the invariant that the
fault breaks has to be among the broken ones, and its witness has to be of one kind: the same chair and time, the same appointment, the
same payment, the same key. Without a fault no invariant may be broken: on SQLite and on PostgreSQL, with one instance and with two of which one is
killed in mid-run. Twenty of each fault and fifty correct ones (some half an hour on two cores), or with `--runs` so many of each kind. Runs go
beside one another, each with its own shop: what is looked at is what was sold and paid, not how fast.
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.table import Row, deliver
from tests.shop import SECRETS, open_shop

ROOT = Path(__file__).resolve().parents[1]
TIME_SCALE = 0.12
FAULTY, CORRECT = 20, 50
AT_ONCE = 4  # each makes some hundred requests a second
KILL_AFTER_S = 8.0  # of the run's start: in the middle of its load
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


@dataclass(frozen=True, slots=True)
class Kind:
    """Runs of one kind: their row in the table, how the shop is started, and who says what was wrong with a run."""

    name: str
    row: str
    options: tuple[str, ...]
    judge: Callable[[dict[str, Any]], str]
    runs: int


def main() -> int:
    """Make the runs, print the rows, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--runs", type=int, help=f"runs of each kind, instead of {FAULTY} of each fault and {CORRECT} correct ones"
    )
    parser.add_argument("--only", metavar="NAME", action="append", help="kinds whose name has this in it")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="runs beside one another")
    options = parser.parse_args()
    kinds = [kind for kind in _kinds(options.runs) if _wanted(kind.name, options.only)]
    with ThreadPoolExecutor(max_workers=options.at_once) as pool:
        waiting = [[pool.submit(_one, kind, number) for number in range(kind.runs)] for kind in kinds]
        rows = [_row(kind, [run.result() for run in runs]) for kind, runs in zip(kinds, waiting, strict=True)]
    return deliver("Planted faults", rows)


def _kinds(runs: int | None) -> list[Kind]:
    faulty = [
        Kind(
            fault.name,
            f"planted: {fault.name}: caught, right witness",
            fault.options,
            partial(missed, fault),
            runs or FAULTY,
        )
        for fault in FAULTS
    ]
    correct = [
        Kind(
            f"correct shop on {name}",
            f"correct shop on {name}: not accused",
            words,
            accused,
            runs or len(range(number, CORRECT, len(SHOPS))),
        )
        for number, (name, words) in enumerate(SHOPS)
    ]
    return [*faulty, *correct]


def _wanted(name: str, only: Sequence[str] | None) -> bool:
    return only is None or any(word in name for word in only)


def _row(kind: Kind, complaints: Sequence[str]) -> Row:
    runs, wrong = len(complaints), [complaint for complaint in complaints if complaint]
    told = f"{runs - len(wrong)} of {runs}" + (f"; {wrong[0]}" if wrong else "")
    return Row(kind.row, told, f"{runs} of {runs}", not wrong)


def _one(kind: Kind, number: int) -> str:
    """Make one run of a kind and return what was wrong with it, "" for nothing."""
    verdict = rush(kind.options, seed=number + 1)
    wrong = kind.judge(verdict)
    print(f"{kind.name:<50} run {number + 1:>2}: {verdict['outcome']:<13} {wrong or 'as it should be'}", flush=True)
    return wrong


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
    with open_shop(*words, quiet=True, core=seed % (os.cpu_count() or 1), ends_within_s=20) as ready:
        yield ready
    time.sleep(0.2)  # its instances are gone, too


if __name__ == "__main__":
    sys.exit(main())
