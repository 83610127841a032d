"""`python -m benchmarks.capacity [NAME…]`: the figures of the quarterly plan, in one table, as `python -m benchmarks` has the others."""

import sys

from benchmarks.sequence import run_in_turn

BENCHMARKS = ("scaling_truth", "sizes_live", "growth_coverage", "mix_live", "report_cost")


def main() -> int:
    """Run what was asked for, all of them by default, and return the exit code."""
    return run_in_turn("python -m benchmarks.capacity", __doc__, BENCHMARKS)


if __name__ == "__main__":
    sys.exit(main())
