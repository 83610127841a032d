"""How near the breaking point of a real climb comes to the truth, on sandboxes whose capacity follows from their configuration.

    .venv/bin/python -m benchmarks.exhaustion_live [--hold 60] [--at-once 3] [pool-5 pool-10 hard-cap]

Each configuration is one real run of a staircase against a fresh sandbox, all of them at the same time: together they make some 400
requests a second, which two cores are far from feeling. The truth is worked out from the configuration: the requests that the run made, second by
second and operation by operation, wait for a place of the pool, hold it for their modelled time, and then for
their provider (first come, first served; simulated, the times drawn ten times over), or first for their turn under a hard cap. It is the rate at which
p95 of all of them together is 200 ms. Requests come in sessions and not at random one by one, which breaks a shop earlier: the rate for such requests, in the
proportions of an ordinary day (`sandbox.capacity.BOOKING_MIX`), only tells where to begin. People think for three
times as long as on an ordinary day: with times scaled by a tenth their pauses would be hardly longer than an answer near the break, and whoever waits for
an answer asks for nothing meanwhile, which requests put through afterwards do not know (simulated: their truth is some 3 % too low then, with these pauses
less than 1 %). Under the cap all times are half as long: else p95 without any wait is 180 ms, a millisecond of the machine's own is worth a percent of the
rate, and it would not be the cap that is looked for.
Quiet machine, please: a sick generator makes steps void, and then there is no breaking point.
"""

import argparse
import heapq
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, isotonic_regression

from benchmarks.table import Row, deliver
from records.run import read_run
from records.window import PAYMENT_FLOW
from sandbox.capacity import BOOKING_MIX, mean_hold_s
from sandbox.timing import Part, service_time_of
from scenarios.library import load_plan

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LIMIT_S = 0.2
DRAWS = 10
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

[think]
median = "24 s"

[traffic]
sessions_per_s = "{start:.4f} per s"

[sandbox]
pool = {pool}
service_factor = {factor}

[[stages]]
name = "warm_up"
kind = "warm_up"
level = 1.0
duration = "250 s"

[staircase]
start = 1.0
step_ratio = 1.1
steps_past = 2
most = 2.4
settle = "200 s"
hold = "{hold:.0f} s"
confirm = "200 s"
back_down = {{ level = 0.8, duration = "300 s" }}
"""


@dataclass(frozen=True, slots=True)
class Configuration:
    """One sandbox: places of its pool, requests per s that a hard cap lets through (infinite without), what is to be named.

    `factor` multiplies all modelled times.
    """

    name: str
    pool: int
    cap_per_s: float
    bottleneck: str | None
    factor: float = 1.0


CONFIGURATIONS = (
    Configuration("pool-5", 5, math.inf, "connection pool"),
    Configuration("pool-10", 10, math.inf, "connection pool"),
    Configuration("hard-cap", 45, HARD_CAP_PER_S, None, 0.5),
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
    climb = _climbed(configuration, breaks_at(configuration), hold_s)
    name = configuration.name
    found: dict[str, Any] = {} if climb is None else climb.verdict["exhaustion"] or {}
    rate, truth = found.get("request_rate_per_s"), None if climb is None else truth_of(configuration, climb)
    off = math.inf if rate is None or truth is None else rate / truth - 1
    told = "no breaking point" if rate is None or truth is None else f"{rate:.1f} per s ({off:+.1%})"
    because = "" if climb is None else found.get("bottleneck") or "none that a probe sees"
    said = "not reached" if truth is None else f"{truth:.1f} requests per s"
    return [
        Row(f"{name}: breaks at (truth {said})", told, f"within {MAX_OFF:.0%}", abs(off) <= MAX_OFF),
        Row(
            f"{name}: bottleneck",
            because,
            configuration.bottleneck or "none that a probe sees",
            rate is not None and found.get("bottleneck") == configuration.bottleneck,
        ),
    ]


@dataclass(frozen=True, slots=True)
class Climb:
    """A real climb: its verdict, and the requests that were made, shape (n,): second in which they were meant to start, and operation."""

    verdict: dict[str, Any]
    second: Ints
    operation: Ints
    names: tuple[str, ...]


def _climbed(configuration: Configuration, about_per_s: float, hold_s: float) -> Climb | None:
    """Return a real climb, None where it has no verdict."""
    session = load_plan("smoke").session
    assert session is not None, "the mix has been measured"
    text = SCENARIO.format(
        start=0.72 * about_per_s / session.requests,
        pool=configuration.pool,
        factor=configuration.factor,
        hold=hold_s / TIME_SCALE,
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
        run = read_run(verdicts[0].parent)
        made, names = run.series.outcomes, run.series.names
        kept = np.array([name != PAYMENT_FLOW for name in names])[made.operation]
        count = made.count[kept]
        return Climb(
            json.loads(verdicts[0].read_text(encoding="utf-8")),
            np.repeat(made.second[kept], count),
            np.repeat(made.operation[kept], count),
            names,
        )


# The truth.


def truth_of(configuration: Configuration, climb: Climb) -> float | None:
    """Return the requests per s at which p95 of the requests that were made is the limit, None where they do not get there.

    Straight lines of ln p95 over ln rate, through values that are made to rise: with some thousand requests a step near the limit one may be
    faster than the one below it.
    """
    plan = {stage["name"]: stage for stage in climb.verdict["stages"]}
    steps = sorted(
        (plan[step["stage"]] for step in climb.verdict["exhaustion"]["steps"]),
        key=lambda step: step["request_rate_per_s"],
    )
    p95_s = np.mean([_replayed(configuration, climb, steps, seed) for seed in range(DRAWS)], axis=0)
    rising = isotonic_regression(np.log(p95_s)).x
    if not rising[0] <= math.log(LIMIT_S) <= rising[-1]:
        return None
    rates = np.log([step["request_rate_per_s"] for step in steps])
    return math.exp(float(np.interp(math.log(LIMIT_S), rising, rates)))


def _replayed(configuration: Configuration, climb: Climb, steps: Sequence[dict[str, Any]], seed: int) -> Floats:
    """Return p95 in s of each step; requests begin at random within their second."""
    rng = np.random.default_rng(seed)
    order = np.argsort(at_s := climb.second + rng.random(climb.second.size))
    at_s, chosen = at_s[order], climb.operation[order]
    taken_s = through(configuration, at_s, *drawn_times(list(climb.names), chosen, rng)) - at_s
    return np.array(
        [
            np.quantile(taken_s[(at_s >= math.ceil(step["start_s"])) & (at_s < math.floor(step["end_s"]))], 0.95)
            for step in steps
        ]
    )


def through(configuration: Configuration, at_s: Floats, held_s: Floats, outside_s: Floats) -> Floats:
    """Return when requests are answered that come at these moments, hold a place for one time and are outside for another."""
    ready = at_s if math.isinf(configuration.cap_per_s) else _in_line(at_s, 1 / configuration.cap_per_s)
    return through_pool(ready, held_s * configuration.factor, configuration.pool) + outside_s * configuration.factor


def breaks_at(configuration: Configuration, mix: Mapping[str, float] = BOOKING_MIX) -> float:
    """Return the rate at which p95 is the limit, of requests that come at random one by one as often as a mix has them."""
    rng = np.random.default_rng(1)
    weights = np.array(list(mix.values()), dtype=np.float64)
    chosen = rng.choice(weights.size, REQUESTS, p=weights / weights.sum())
    held, outside = drawn_times(list(mix), chosen, rng)
    gaps = rng.exponential(1.0, REQUESTS)

    def beyond(rate_per_s: float) -> float:
        at_s = np.cumsum(gaps) / rate_per_s
        return float(np.quantile(through(configuration, at_s, held, outside) - at_s, 0.95)) - LIMIT_S

    most = min(configuration.cap_per_s, configuration.pool / mean_hold_s(mix, configuration.factor))
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
