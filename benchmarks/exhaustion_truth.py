"""How near the breaking point comes to the truth, and whether the right bottleneck is named: climbs on queues that theory knows.

    .venv/bin/python -m benchmarks.exhaustion_truth [--repeats 5]

Three configurations: a pool of eight places (M/M/8, 50 ms each), one core (M/M/1, 10 ms), and a fixed rate of 120 per s with room behind it (M/D/1,
20 ms). Each climb has steps of 10 % that hold 4 min, as in the scenario, drawn anew for each repeat; the truth is where theory's p95 is 200 ms.
"""

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

from analysis.exhaustion import exhaust
from analysis.observed import observe
from analysis.staircase import Exhaustion
from benchmarks.table import Row, deliver
from records.run import Run
from tests.unit.analysis.build_queue import capped_climb, capped_limit, cpu_climb, mmc_limit, pool_climb

LIMIT_S = 0.2
MAX_OFF = 0.05
HOLD_S = 240  # as in the scenario `exhaustion`


@dataclass(frozen=True, slots=True)
class Configuration:
    """One kind of queue: its climb by seed, the rate at which it truly breaks, and what is to be named."""

    name: str
    climb: Callable[[int, int], Run]
    truth_per_s: float
    bottleneck: str | None


def _pool_of_8(seed: int, hold_s: int) -> Run:
    return pool_climb(seed, hold_s, servers=8, most=165.0)


CONFIGURATIONS = (
    Configuration("a pool of 8 places", _pool_of_8, mmc_limit(0.05, 8, LIMIT_S), "connection pool"),
    Configuration("one core", cpu_climb, 100 - math.log(20) / LIMIT_S, "CPU"),
    Configuration("a hard cap, room behind it", capped_climb, capped_limit(120.0, 0.02, LIMIT_S), None),
)


def main() -> int:
    """Measure, print the rows, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="climbs of each configuration")
    repeats = parser.parse_args().repeats
    return deliver("Breaking point", [row for each in CONFIGURATIONS for row in _rows(each, repeats)])


def _rows(wanted: Configuration, repeats: int) -> list[Row]:
    found = [_exhausted(wanted.climb(100 + 2 * seed, HOLD_S)) for seed in range(repeats)]
    rates = [each.breaking_per_s for each in found if each.breaking_per_s is not None]
    off = [abs(rate / wanted.truth_per_s - 1) for rate in rates]
    named = sum(each.bottleneck == wanted.bottleneck for each in found)
    worst = max(off, default=math.inf)
    return [
        Row(
            f"{wanted.name}: λ* off the truth ({wanted.truth_per_s:.1f} per s), worst of {repeats}",
            f"{worst:.1%}" if len(rates) == repeats else f"found in {len(rates)} of {repeats}",
            f"≤ {MAX_OFF:.0%}",
            len(rates) == repeats and worst <= MAX_OFF,
        ),
        Row(
            f"{wanted.name}: bottleneck named {wanted.bottleneck or 'as none that a probe sees'}",
            f"{named} of {repeats}",
            f"{repeats} of {repeats}",
            named == repeats,
        ),
    ]


def _exhausted(run: Run) -> Exhaustion:
    found = exhaust(run, [observe(run, stage) for stage in run.manifest.plan.stages])
    assert found is not None
    return found


if __name__ == "__main__":
    sys.exit(main())
