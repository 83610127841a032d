"""How often the capacity model is right, on simulated levels and queues whose capacity is known: `python -m benchmarks.scaling_truth`.

- levels of a hard cap, of the universal scalability law and of a straight line, each with 2 % noise: is that law chosen, is the capacity near the truth?
- another mix: four minutes of an ordinary day's requests on a pool, each held for its modelled time; what do they tell of a request of a day of looking after the books?
- a pool of another size: runs at half load and below are simulated for a pool (requests of an ordinary day wait first come, first served), and the rate at
  which p95 of twice the pool is 200 ms is told from them. The truth is the simulated queue of that pool.
"""

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from analysis.scaling.choice import Scaling, capacity, predict, scaling_of
from analysis.scaling.demand import demands_of
from analysis.scaling.law import Law, Level
from analysis.scaling.places import Carried, Quiet, carried, hold_of
from benchmarks.exhaustion_live import Configuration, breaks_at, drawn_times, through_pool
from benchmarks.table import Row, deliver
from sandbox.capacity import BOOKING_MIX, mean_hold_s
from sandbox.timing import service_time_of
from scenarios.library import load_mix
from scenarios.session import mean_operations

Floats = NDArray[np.float64]
TRIALS, WHOLE = 40, 200
NOISE = 0.02
LOADS = tuple(round(100 * 1.15**step, 1) for step in range(10))
SHARES = (0.2, 0.3, 0.4, 0.5)  # of the pool's own breaking point: half load and below
RUN_S = 120.0
LIMIT_US = 200_000.0
OTHER_MIX = "staff_day"
MIX_RATE_PER_S, MIX_PLACES = 80.0, 5  # three quarters of the places are in use
SHORT_S, WHOLE_S = 240.0, 960.0  # a scaled climb; four of the steps of one at full length, which has eight or more


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of levels: what is served at a load, the law that is right, the most that is served (None: no knee in range)."""

    name: str
    served: Callable[[float], float]
    law: Law
    most_per_s: float | None


SHAPES = (
    Shape("hard cap", lambda load: min(load, 250.0), Law.CAPPED, 250.0),
    Shape("cap with contention", lambda load: min(load / (1 + 0.1 * (load / 100 - 1)), 200.0), Law.CAPPED, 200.0),
    Shape("coherence", lambda load: load / (1 + 0.1 * (load / 100 - 1) + 0.15 * (load / 100) * (load / 100 - 1)), Law.USL, None),
    Shape("straight line", lambda load: load, Law.LINEAR, None),
)  # fmt: skip


def main() -> int:
    """Print the rows and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", action="store_true", help=f"{WHOLE} trials of each instead of {TRIALS}")
    trials = WHOLE if parser.parse_args().whole else TRIALS
    rng = np.random.default_rng(20250701)
    rows = [row for shape in SHAPES for row in _of_shape(shape, trials, rng)]
    rows += [*_of_mix(trials, SHORT_S, rng), *_of_mix(trials, WHOLE_S, rng)]
    for places in (5, 10):
        rows += _of_pool(places, trials, rng)
    return deliver("Capacity model", rows)


def _of_shape(shape: Shape, trials: int, rng: np.random.Generator) -> list[Row]:
    right, off, inside, knees, beyond = 0, [], 0, 0, 0
    for trial in range(trials):
        levels = [
            Level(load, shape.served(load) * math.exp(NOISE * rng.standard_normal()))
            for load in LOADS
            for _ in range(2)
        ]
        found = scaling_of(levels, seed=trial)
        right += found.chosen is not None and found.chosen.law is shape.law
        beyond += _is_told(found, shape, np.random.default_rng(trial))
        most = capacity(found)
        if most.served_per_s is None or most.interval is None:
            continue
        knees += 1
        if shape.most_per_s is not None:
            off.append(abs(most.served_per_s / shape.most_per_s - 1))
            inside += most.interval[0] <= shape.most_per_s <= most.interval[1]
    rows = [
        Row(f"{shape.name}: the right law of three", _share(right, trials), ">= 95 %" if shape.law is Law.CAPPED else "",
            right >= 0.95 * trials if shape.law is Law.CAPPED else None)
    ]  # fmt: skip
    rows.append(
        Row(
            f"{shape.name}: one more run at 1.5 times the largest level is in the 90 % interval",
            _share(beyond, trials),
            ">= 80 %",
            beyond >= 0.8 * trials,
        )
    )
    if shape.law is Law.LINEAR:
        rows.append(Row(f"{shape.name}: said to have a knee", _share(knees, trials), "<= 5 %", knees <= 0.05 * trials))
    if shape.most_per_s is not None:
        worst = max(off, default=math.inf)
        rows.append(
            Row(
                f"{shape.name}: capacity, worst of all",
                f"{worst:.1%} off ({knees} told)",
                "within 5 %",
                worst <= 0.05 and knees == trials,
            )
        )
        rows.append(
            Row(f"{shape.name}: 90 % interval has the truth", _share(inside, trials), ">= 80 %", inside >= 0.8 * trials)
        )
    return rows  # fmt: skip


def _is_told(found: Scaling, shape: Shape, rng: np.random.Generator) -> bool:
    """Tell whether the interval at the largest load of which it speaks has what one more run serves there."""
    interval = predict(found, found.reach).interval
    served = shape.served(found.reach) * math.exp(NOISE * rng.standard_normal())
    return interval is not None and interval[0] <= served <= interval[1]


def _of_mix(trials: int, run_s: float, rng: np.random.Generator) -> list[Row]:
    """Return how right the quotient of two mixes' demands is, which a capacity for the other mix is told by.

    What a scaled climb of four minutes leaves to chance is shown; what a climb at full length says is asked for.
    """
    mix = load_mix(OTHER_MIX)
    other = mean_operations(mix.personas, mix.sessions)
    assert other is not None, "the mix has been measured"
    other = {name: count for name, count in other.items() if name in BOOKING_MIX}
    truth = mean_hold_s(other) / mean_hold_s(BOOKING_MIX)
    off, inside = [], 0
    for trial in range(trials):
        busy, counts = _held_by_second(run_s, rng)
        found = demands_of("pool", busy, counts, list(BOOKING_MIX), trial, _takes_s())
        own, others = (found.draws_of_mix(each) for each in (BOOKING_MIX, other))
        middles = found.of_mix(BOOKING_MIX), found.of_mix(other)
        if own is None or others is None or middles[0] is None or middles[1] is None:
            continue
        off.append(abs(middles[1] / middles[0] / truth - 1))
        low, high = np.quantile(others / own, [0.05, 0.95])
        inside += bool(low <= truth <= high)
    worst = max(off, default=math.inf)
    return [
        Row(
            f"demands of {OTHER_MIX} from {run_s / 60:.0f} minutes of an ordinary day (truth {truth:.3f} of its demand)",
            f"{float(np.median(off)) if off else math.nan:.1%} off, worst {worst:.1%} ({len(off)} told)",
            "" if run_s == SHORT_S else "within 10 %",
            None if run_s == SHORT_S else worst <= 0.10 and len(off) == trials,
        ),
        Row("… its 90 % interval has the truth", _share(inside, trials), ">= 80 %", inside >= 0.8 * trials),
    ]


def _held_by_second(run_s: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return the seconds of places that were given back in each second, and how often each operation began in it."""
    names, size = list(BOOKING_MIX), int(MIX_RATE_PER_S * run_s)
    weights = np.array(list(BOOKING_MIX.values()))
    chosen = rng.choice(weights.size, size, p=weights / weights.sum())
    held, _ = drawn_times(names, chosen, rng)
    at_s = np.sort(rng.uniform(0, run_s, size))
    done_s = through_pool(at_s, held, MIX_PLACES)
    seconds = int(run_s)
    busy = np.bincount(np.minimum(done_s, run_s - 1e-6).astype(np.int64), weights=held, minlength=seconds)
    flat = at_s.astype(np.int64) * len(names) + chosen
    counts: Floats = np.bincount(flat, minlength=seconds * len(names)).reshape(seconds, -1).astype(np.float64)
    return busy.astype(np.float64), counts


def _takes_s() -> Floats:
    """Return how long a request of each operation takes without a queue, with 3 ms for the network, in s."""
    models = [service_time_of(name) for name in BOOKING_MIX]
    return np.array(
        [
            0.003 if each is None else 0.003 + each.database.mean_s + (each.outside.mean_s if each.outside else 0.0)
            for each in models
        ]
    )


def _of_pool(places: int, trials: int, rng: np.random.Generator) -> list[Row]:
    truth = breaks_at(Configuration("", 2 * places, math.inf, None))
    own = breaks_at(Configuration("", places, math.inf, None))
    told = [_told(places, own, rng, trial) for trial in range(trials)]
    off = [abs((one.request_rate_per_s or math.inf) / truth - 1) for one in told]
    inside = sum(one.interval is not None and one.interval[0] <= truth <= one.interval[1] for one in told)
    name = f"pool of {places}, runs at half load and below: rate of a pool of {2 * places} (truth {truth:.0f} per s)"
    return [
        Row(name, f"{float(np.median(off)):.1%} off, worst {max(off):.1%}", "within 10 %", max(off) <= 0.10),
        Row("… its 90 % interval has the truth", _share(inside, trials), ">= 80 %", inside >= 0.8 * trials),
    ]


def _told(places: int, own_per_s: float, rng: np.random.Generator, seed: int) -> Carried:
    """Return what runs at half load and below say of twice the places."""
    runs = [_run(share * own_per_s, places, rng) for share in SHARES]
    held = np.concatenate([run.held_s for run in runs])
    asked = held > 0
    response_us = np.concatenate([run.response_us for run in runs[:2]])  # hardly a wait in them
    edges = np.geomspace(100, 1e7, 2000)
    counts, _ = np.histogram(response_us, edges)
    filled = counts > 0
    demand_s, error = hold_of([run.use for run in runs], places, [run.rate_per_s for run in runs])
    holds = float(asked.mean())
    quiet = Quiet(
        ((edges[1:] + edges[:-1]) / 2)[filled], counts[filled].astype(np.float64), demand_s / holds, holds,
        float(held[asked].var() / held[asked].mean() ** 2), error,
    )  # fmt: skip
    return carried(quiet, 2 * places, LIMIT_US, 0.95, seed)


@dataclass(frozen=True, slots=True)
class _Run:
    response_us: Floats
    held_s: Floats
    use: float
    rate_per_s: float


def _run(rate_per_s: float, places: int, rng: np.random.Generator) -> _Run:
    size = int(rate_per_s * RUN_S)
    weights = np.array(list(BOOKING_MIX.values()))
    chosen = rng.choice(weights.size, size, p=weights / weights.sum())
    held, outside = drawn_times(list(BOOKING_MIX), chosen, rng)
    at_s = np.cumsum(rng.exponential(1 / rate_per_s, size))
    done = through_pool(at_s, held, places)
    return _Run((done + outside - at_s) * 1e6, held, float(held.sum() / at_s[-1] / places), size / float(at_s[-1]))


def _share(hits: int, trials: int) -> str:
    """Return a share with its 95 % interval (Clopper, Pearson)."""
    low = float(beta.ppf(0.025, hits, trials - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, trials - hits)) if hits < trials else 1.0
    return f"{hits} of {trials} ({low:.0%} to {high:.0%})"


if __name__ == "__main__":
    sys.exit(main())
