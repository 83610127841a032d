"""How near the breaking point of a real climb comes to the truth, on sandboxes whose capacity follows from their configuration.

    .venv/bin/python -m benchmarks.exhaustion_live [--hold 60] [--at-once 3] [pool-5 pool-10 hard-cap]

Each configuration is one real run of a staircase against a fresh sandbox, all of them at the same time: together they make some 400
requests a second, which two cores are far from feeling. The truth is worked out from the configuration alone: requests at
random in the proportions of an ordinary day (`sandbox.capacity.BOOKING_MIX`) wait for a place of the pool, hold it for their modelled time, and then for
their provider (first come, first served; simulated with 100,000 requests), or first for their turn under a hard cap. It is the rate at which p95 of
all of them together is 200 ms. Quiet machine, please: a sick generator makes steps void, and then there is no breaking point.
"""

import argparse
import heapq
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from benchmarks.table import Row, deliver
from sandbox.capacity import BOOKING_MIX, mean_hold_s
from sandbox.timing import Part, service_time_of
from scenarios.library import load_plan

Floats = NDArray[np.float64]
LIMIT_S = 0.2
MAX_OFF = 0.05
REQUESTS = 100_000
TIME_SCALE = 0.1
HARD_CAP_PER_S = 100.0
SCENARIO = """
format_version = 1
name = "climb"
title = "A climb against the truth"
model = "open"
mix = "everyday"
objectives = "bookedbarber"
seed = 7

[traffic]
sessions_per_s = "{start:.4f} per s"

[sandbox]
pool = {pool}

[[stages]]
name = "warm_up"
kind = "warm_up"
level = 1.0
duration = "100 s"

[staircase]
start = 1.0
step_ratio = 1.1
steps_past = 2
most = 2.4
settle = "80 s"
hold = "{hold:.0f} s"
confirm = "200 s"
back_down = {{ level = 0.8, duration = "300 s" }}
"""


@dataclass(frozen=True, slots=True)
class Configuration:
    """One sandbox: places of its pool, requests per s that a hard cap lets through (infinite without), what is to be named."""

    name: str
    pool: int
    cap_per_s: float
    bottleneck: str | None


CONFIGURATIONS = (
    Configuration("pool-5", 5, math.inf, "connection pool"),
    Configuration("pool-10", 10, math.inf, "connection pool"),
    Configuration("hard-cap", 45, HARD_CAP_PER_S, None),
)


def main() -> int:
    """Run, print the rows, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=[each.name for each in CONFIGURATIONS])
    parser.add_argument("--hold", type=float, default=60.0, help="seconds of each step")
    parser.add_argument("--at-once", type=int, default=len(CONFIGURATIONS), help="climbs beside one another")
    options = parser.parse_args()
    wanted = [each for each in CONFIGURATIONS if each.name in options.names]
    with ThreadPoolExecutor(max_workers=options.at_once) as pool:
        found = pool.map(partial(_rows, hold_s=options.hold), wanted)
        return deliver("Breaking point of real climbs", [row for rows in found for row in rows])


def _rows(configuration: Configuration, hold_s: float) -> list[Row]:
    truth_per_s = breaks_at(configuration)
    found = _climbed(configuration, truth_per_s, hold_s)
    rate = None if found is None else found["request_rate_per_s"]
    off = math.inf if rate is None else abs(rate / truth_per_s - 1)
    told = "no breaking point" if rate is None else f"{rate:.1f} per s ({rate / truth_per_s - 1:+.1%})"
    because = "" if found is None else found["bottleneck"] or "none that a probe sees"
    return [
        Row(f"{configuration.name}: breaks at (truth {truth_per_s:.1f} requests per s)", told, f"within {MAX_OFF:.0%}", off <= MAX_OFF),
        Row(
            f"{configuration.name}: bottleneck",
            because,
            configuration.bottleneck or "none that a probe sees",
            found is not None and found["bottleneck"] == configuration.bottleneck and rate is not None,
        ),
    ]  # fmt: skip


def _climbed(configuration: Configuration, truth_per_s: float, hold_s: float) -> dict[str, Any] | None:
    """Return what a real climb came to, None where it has no verdict."""
    session = load_plan("smoke").session
    assert session is not None, "the mix has been measured"
    text = SCENARIO.format(
        start=0.72 * truth_per_s / session.requests, pool=configuration.pool, hold=hold_s / TIME_SCALE
    )
    with tempfile.TemporaryDirectory() as folder:
        scenario, results = Path(folder) / "climb.toml", Path(folder) / "results"
        scenario.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "rushhour", "run", str(scenario), "--time-scale", str(TIME_SCALE)]
        command += ["--results", str(results)]
        command += ["--plant", "hard-cap"] if math.isfinite(configuration.cap_per_s) else []
        began = time.monotonic()
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        print(f"   {configuration.name}: exit {done.returncode} after {time.monotonic() - began:.0f} s", flush=True)
        verdicts = list(results.glob("*/verdict.json"))
        if not verdicts:
            print(done.stdout[-500:] + done.stderr[-500:])
            return None
        found: dict[str, Any] = json.loads(verdicts[0].read_text(encoding="utf-8"))["exhaustion"]
        return found


# The truth.


def breaks_at(configuration: Configuration, mix: Mapping[str, float] = BOOKING_MIX) -> float:
    """Return the requests per s, asked for as often as a mix has it, at which p95 of all is the limit."""
    rng = np.random.default_rng(1)
    weights = np.array(list(mix.values()), dtype=np.float64)
    chosen = rng.choice(weights.size, REQUESTS, p=weights / weights.sum())
    held, outside = drawn_times(list(mix), chosen, rng)
    gaps = rng.exponential(1.0, REQUESTS)

    def beyond(rate_per_s: float) -> float:
        at_s = np.cumsum(gaps) / rate_per_s
        ready = at_s if math.isinf(configuration.cap_per_s) else _in_line(at_s, 1 / configuration.cap_per_s)
        done = through_pool(ready, held, configuration.pool)
        return float(np.quantile(done + outside - at_s, 0.95)) - LIMIT_S

    most = min(configuration.cap_per_s, configuration.pool / mean_hold_s(mix))
    return float(brentq(beyond, 0.3 * most, 0.999 * most, xtol=0.2))


def drawn_times(names: list[str], chosen: NDArray[np.int64], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return how long each request holds its place, and is then at its provider, in s; operations without a model take none."""
    held, outside = np.zeros(chosen.size), np.zeros(chosen.size)
    for index, name in enumerate(names):
        model, mask = service_time_of(name), chosen == index
        if model is None:
            continue
        held[mask] = _drawn(model.database, int(mask.sum()), rng)
        if model.outside is not None:
            outside[mask] = _drawn(model.outside, int(mask.sum()), rng)
    return held, outside


def _drawn(part: Part, size: int, rng: np.random.Generator) -> Floats:
    return part.median_ms / 1e3 * np.exp(part.sigma * rng.standard_normal(size))


def _in_line(at_s: Floats, gap_s: float) -> Floats:
    """Return when each is let through where one is let through every `gap_s` seconds at most."""
    steps = np.arange(at_s.size) * gap_s
    let_through: Floats = np.maximum.accumulate(at_s - steps) + steps
    return let_through


def through_pool(at_s: Floats, held_s: Floats, places: int) -> Floats:
    """Return when each gives its place back, first come, first served; who holds none for no time asks for none."""
    free = [0.0] * places
    done = at_s.copy()
    for index, (moment, held) in enumerate(zip(at_s.tolist(), held_s.tolist(), strict=True)):
        if held > 0:
            done[index] = max(moment, heapq.heappop(free)) + held
            heapq.heappush(free, done[index])
    return done


if __name__ == "__main__":
    sys.exit(main())
