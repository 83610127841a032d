"""Makes the table of `analysis/trend/threshold.py`: how large the largest |t| of all splits is by chance.

    .venv/bin/python -m benchmarks.change_thresholds [--series 400000]

For each length of a series: independent normal values, lone ones taken out as in the search itself, the largest |t| over all splits;
its quantiles. Prints the table as it stands in the module. Some minutes; the seed is fixed.
"""

import argparse
import sys

import numpy as np

from analysis.trend.lone import Levels, without_lone
from analysis.trend.split import split_t
from analysis.trend.threshold import LENGTHS, P_VALUES

SEED = 20_261_126
ROWS = 20_000  # series at a time: bounds the memory


def largest(length: int, series: int) -> Levels:
    """Return the largest |t| of each of so many series of one length, shape (series,)."""
    rng = np.random.default_rng([SEED, length])
    found = []
    for start in range(0, series, ROWS):
        levels = rng.standard_normal((min(ROWS, series - start), length))
        found.append(np.abs(split_t(without_lone(levels, 0.0), 0.0)).max(axis=-1))
    return np.concatenate(found)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=400_000, help="simulated series of each length")
    series = parser.parse_args().series
    for length in LENGTHS:
        quantiles = np.quantile(largest(length, series), [1 - p for p in P_VALUES])
        print(f"    ({', '.join(f'{value:.3f}' for value in quantiles)}),  # {length}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
