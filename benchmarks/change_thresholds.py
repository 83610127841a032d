"""Makes the tables of `analysis/trend/threshold.py`: how large the largest |t| of all splits, or of all arcs, is by chance.

    .venv/bin/python -m benchmarks.change_thresholds splits [--series 400000]
    .venv/bin/python -m benchmarks.change_thresholds arcs [--series 100000]

For each length of a series: independent normal values, lone ones taken out as in the search itself, the largest |t|; its quantiles.
Prints a table as it stands in the module. Some minutes each; the seed is fixed.
"""

import argparse
import sys
from collections.abc import Callable

import numpy as np

from analysis.trend.lone import Levels, without_lone
from analysis.trend.split import arc_t, split_t
from analysis.trend.threshold import LENGTHS, P_VALUES

SEED = 20_261_126
NUMBERS = 4_000_000  # at a time: bounds the memory
OF = {"splits": split_t, "arcs": arc_t}


def largest(statistic: Callable[[Levels, float], Levels], length: int, series: int) -> Levels:
    """Return the largest |t| of each of so many series of one length, shape (series,)."""
    rng = np.random.default_rng([SEED, length])
    width = statistic(np.zeros((1, length)), 1.0).shape[-1]
    rows = max(1, NUMBERS // max(length, width))
    found = []
    for start in range(0, series, rows):
        levels = rng.standard_normal((min(rows, series - start), length))
        found.append(np.abs(statistic(without_lone(levels, 0.0), 0.0)).max(axis=-1))
    return np.concatenate(found)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("of", choices=sorted(OF), help="what the largest |t| is taken over")
    parser.add_argument("--series", type=int, default=400_000, help="simulated series of each length")
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS, help="lengths of series")
    asked = parser.parse_args()
    for length in asked.lengths:
        quantiles = np.quantile(largest(OF[asked.of], length, asked.series), [1 - p for p in P_VALUES])
        print(f"    ({', '.join(f'{value:.3f}' for value in quantiles)}),  # {length}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
