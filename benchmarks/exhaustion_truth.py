"""How near the breaking point comes to the truth, and whether the right bottleneck is named: climbs on queues that theory knows.

    .venv/bin/python -m benchmarks.exhaustion_truth [--repeats 5]

Three configurations: a pool of eight places (M/M/8, 50 ms each), one core (M/M/1, 10 ms), and a fixed rate of 120 per s with room behind it (M/D/1,
20 ms). Each climb has steps of 10 % that hold 4 min, as in the scenario, ends two past the break, bisects to 5 % and holds 95 % of what it found for 10 min, drawn anew for each
repeat; the truth is where theory's p95 is 200 ms.
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
from tests.unit.analysis.build_queue import Serve, cap_of, capped_limit, climb_plan, core_of, course, mmc_limit, pool_of

LIMIT_S = 0.2
MAX_OFF = 0.05
BRACKET = 0.05
HOLD_S, CONFIRM_S, BACK_S = 240, 600, 180  # as in the scenario `exhaustion`


@dataclass(frozen=True, slots=True)
class Configuration:
    """One kind of queue: what serves it by seed, the rates of its climb, the one at which it truly breaks, and what is to be named."""

    name: str
    serves: Callable[[int], Serve]
    start_per_s: float
    most_per_s: float
    truth_per_s: float
    bottleneck: str | None

    def climbed(self, seed: int) -> Exhaustion:
        """Return what one climb comes to."""
        plan = climb_plan(self.start_per_s, self.most_per_s, hold_s=HOLD_S, back_s=BACK_S, confirm_s=CONFIRM_S)
        run = course(plan, self.serves(seed))
        found = exhaust(run, [observe(run, stage) for stage in run.manifest.plan.stages])
        assert found is not None
        return found


CONFIGURATIONS = (
    Configuration("a pool of 8 places", lambda seed: pool_of(8, seed=seed), 80.0, 165.0, mmc_limit(0.05, 8, LIMIT_S), "connection pool"),
    Configuration("one core", lambda seed: core_of(seed=seed), 50.0, 110.0, 100 - math.log(20) / LIMIT_S, "CPU"),
    Configuration("a hard cap, room behind it", lambda seed: cap_of(seed=seed), 60.0, 150.0, capped_limit(120.0, 0.02, LIMIT_S), None),
)  # fmt: skip


def main() -> int:
    """Measure, print the rows, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="climbs of each configuration")
    repeats = parser.parse_args().repeats
    return deliver("Breaking point", [row for each in CONFIGURATIONS for row in _rows(each, repeats)])


def _rows(wanted: Configuration, repeats: int) -> list[Row]:
    found = [wanted.climbed(100 + 2 * seed) for seed in range(repeats)]
    ratios = [each.bracket_ratio for each in found if each.bracket_ratio is not None]
    confirmed = sum(each.confirmation is not None and each.confirmation.confirmed is True for each in found)
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
            f"{wanted.name}: levels of the bracket apart, worst of {repeats}",
            f"{max(ratios, default=math.inf):.1%}",
            f"≤ {BRACKET:.0%}",
            len(ratios) == repeats and max(ratios) <= BRACKET + 1e-9,
        ),
        Row(
            f"{wanted.name}: λ* confirmed",
            f"{confirmed} of {repeats}",
            f"≥ {repeats - 1}",
            confirmed >= max(1, repeats - 1),
        ),
        Row(
            f"{wanted.name}: bottleneck named {wanted.bottleneck or 'as none that a probe sees'}",
            f"{named} of {repeats}",
            f"{repeats} of {repeats}",
            named == repeats,
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
