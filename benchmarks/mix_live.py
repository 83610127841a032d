"""How near the capacity that is told for another mix comes to a climb of that mix, and to the truth, on small real sandboxes.

    .venv/bin/python -m benchmarks.mix_live [--hold 30] [--in-turn]

Two real climbs against fresh sandboxes with a pool of 8, at the same time: one of an ordinary day, one of a day of looking after the books
(`scenarios/mixes`), whose requests hold a place for a fifth less time. `rushhour capacity --mix staff_day` tells from the first where the second
breaks, and holds it against the second. The truth of each is worked out from the configuration alone, as in
`benchmarks.exhaustion_live`, with the operations in the proportions in which they were counted. Quiet machine, please.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.observed import observe
from analysis.quarter.makeup import counts_of
from benchmarks.exhaustion_live import Configuration, breaks_at
from benchmarks.table import Row, deliver
from records.run import read_run
from sandbox.capacity import mean_hold_s
from scenarios.library import load_mix
from scenarios.session import mean_operations

MEASURED, OTHER = "everyday", "staff_day"
POOL = 8
MAX_OFF = 0.10
TIME_SCALE = 0.1
LOW = 0.4  # of the breaking point: hardly anybody waits for one of eight places there
START = 0.84
SCENARIO = """
format_version = 1
name = "climb"
title = "A climb of one of two mixes"
model = "open"
mix = "everyday"
objectives = "bookedbarber"
seed = 7

[traffic]
sessions_per_s = "{sessions_per_s:.4f} per s"

[sandbox]
pool = 8

[[stages]]
name = "warm_up"
kind = "warm_up"
level = 1.0
duration = "80 s"

[[stages]]
name = "low"
kind = "steady"
level = 1.0
duration = "{low:.0f} s"

[staircase]
start = {start:.4f}
step_ratio = 1.1
steps_past = 1
most = 3.6
settle = "50 s"
hold = "{hold:.0f} s"
confirm = "0 s"
back_down = {{ level = 1.0, duration = "100 s" }}
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """A mix with the length in s of its low stage; `asked` are requests by operation of a session, as its file has them."""

    mix: str
    low_s: float

    @property
    def asked(self) -> Mapping[str, float]:
        mix = load_mix(self.mix)
        found = mean_operations(mix.personas, mix.sessions)
        assert found is not None, "the mix has been measured"
        return found


SHAPES = (Shape(MEASURED, 65.0), Shape(OTHER, 20.0))


def main() -> int:
    """Climb, tell, print the rows, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hold", type=float, default=30.0, help="seconds of each step")
    parser.add_argument("--in-turn", action="store_true", help="one climb after the other")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results, began = Path(folder) / "results", time.monotonic()
        with ThreadPoolExecutor(max_workers=1 if options.in_turn else len(SHAPES)) as pool:
            list(pool.map(lambda shape: _climb(shape, Path(folder), options.hold), SHAPES))
        took_s = time.monotonic() - began
        return deliver("Capacity for another mix", [*_rows(results), Row("both climbs", f"{took_s:.0f} s")])


def _climb(shape: Shape, folder: Path, hold_s: float) -> None:
    truth_per_s = breaks_at(Configuration("", POOL, math.inf, None), shape.asked)
    scenario = folder / f"{shape.mix}.toml"
    text = SCENARIO.format(
        sessions_per_s=LOW * truth_per_s / sum(shape.asked.values()), start=START / LOW, hold=hold_s / TIME_SCALE,
        low=shape.low_s / TIME_SCALE,
    )  # fmt: skip
    scenario.write_text(text, encoding="utf-8")
    _rushhour(folder, "run", str(scenario), "--time-scale", str(TIME_SCALE), "--mix", shape.mix)


def _rushhour(folder: Path, *words: str) -> None:
    began = time.monotonic()
    command = [sys.executable, "-m", "rushhour", *words, "--results", str(folder / "results")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    print(f"   {words[0]} {words[-1]}: exit {done.returncode} after {time.monotonic() - began:.0f} s", flush=True)
    if done.returncode == 2 or done.stderr.strip():  # missed objectives are what a climb is for
        print(done.stdout[-300:] + done.stderr[-1000:])


def _rows(results: Path) -> list[Row]:
    _rushhour(results.parent, "capacity", "--growth", "1 % per week", "--traffic-scale", "0.1", "--mix", OTHER)
    found = list(results.glob("capacity-*/capacity.json"))
    if not found:
        return [Row(f"what a climb of {MEASURED} tells of {OTHER}", "nothing: no report", "told", kept=False)]
    document = json.loads(found[0].read_text(encoding="utf-8"))
    counted = {run.parent.name: _counted(run.parent) for run in results.glob("climb-*/manifest.json")}
    mix, check = document["mixes"][0], document["mixes"][0]["check"] or {}
    own, other = counted[document["runs"][-1]], counted[(check.get("runs") or [""])[0]]
    return [*_truths(document, mix, own, other), *_checked(mix, check, document["sustained"]["middle_per_s"], other)]


def _counted(folder: Path) -> Mapping[str, float]:
    run = read_run(folder)
    return counts_of([stage for each in run.manifest.plan.stages if (stage := observe(run, each)).seconds > 0])


def _truths(
    document: Mapping[str, Any], mix: Mapping[str, Any], own: Mapping[str, float], other: Mapping[str, float]
) -> list[Row]:
    pool = Configuration("", POOL, math.inf, None)
    measured_per_s, told_per_s = document["sustained"]["middle_per_s"], mix["rate_per_s"] or math.nan
    truths = breaks_at(pool, own), breaks_at(pool, other)
    low, high = mix["interval"] or (math.nan, math.nan)
    return [
        Row(f"{MEASURED}: broke at (truth {truths[0]:.1f} requests per s)", _off(measured_per_s, truths[0])),
        _row(f"{OTHER}, told from it (truth {truths[1]:.1f} per s)", told_per_s, truths[1]),
        Row("… its 90 % interval has the truth", f"{low:.1f} to {high:.1f} per s", "yes", low <= truths[1] <= high),
        Row("… what holds it back", str(mix["resource"]), "connection pool", mix["resource"] == "connection pool"),
        Row("a request's time in the pool, by the configuration", f"{1e3 * mean_hold_s(own):.1f} and {1e3 * mean_hold_s(other):.1f} ms"),
    ]  # fmt: skip


def _checked(
    mix: Mapping[str, Any], check: Mapping[str, Any], own_per_s: float, other: Mapping[str, float]
) -> list[Row]:
    measured_per_s = check.get("measured_per_s") or math.nan
    truth_per_s = breaks_at(Configuration("", POOL, math.inf, None), other)
    return [
        Row(f"{OTHER}, climbed: broke at (truth {truth_per_s:.1f} per s)", _off(measured_per_s, truth_per_s)),
        _row(
            f"{OTHER}, told against climbed ({measured_per_s:.1f} per s)", mix["rate_per_s"] or math.nan, measured_per_s
        ),
        Row("… the 90 % intervals of both overlap", str(check.get("overlaps")), "yes", check.get("overlaps") is True),
        Row("… the same rate for every mix would be", _off(own_per_s, measured_per_s)),
    ]


def _row(what: str, per_s: float, truth_per_s: float) -> Row:
    return Row(what, _off(per_s, truth_per_s), f"within {MAX_OFF:.0%}", abs(per_s / truth_per_s - 1) <= MAX_OFF)


def _off(per_s: float, truth_per_s: float) -> str:
    return f"{per_s:.1f} per s ({per_s / truth_per_s - 1:+.1%})"


if __name__ == "__main__":
    sys.exit(main())
