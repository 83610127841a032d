"""`python -m benchmarks [NAME…]`: run the benchmarks one after the other and print all their figures in one table.

Each is a process of its own and also works alone (`python -m benchmarks.NAME --help`). Exit code 1 where a figure is missed, or a
benchmark ended without its rows. Figures are ratios in one run on one machine wherever they can be: keep it quiet meanwhile.
"""

import sys

from benchmarks.sequence import run_in_turn

# In the order of the table; the short ones first.
BENCHMARKS = (
    "http_client",
    "keep_alive",
    "sandbox_speed",
    "judge_speed",
    "recorder",
    "merge_cost",
    "stall_truth",
    "lost_processes",
    "generator_health",
    "recovery_truth",
    "arrivals",
    "ten_thousand",
)


def main() -> int:
    """Run what was asked for, all of them by default, and return the exit code."""
    return run_in_turn("python -m benchmarks", __doc__, BENCHMARKS)


if __name__ == "__main__":
    sys.exit(main())
