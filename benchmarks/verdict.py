"""`python -m benchmarks.verdict [NAME…]`: how good the verdicts are, in one table, as `python -m benchmarks` has the others."""

import sys

from benchmarks.sequence import run_in_turn

# In the order of the table; the short ones first.
BENCHMARKS = ("import_speed", "verdict_quality", "change_points", "duet_quality")


def main() -> int:
    """Run what was asked for, all of them by default, and return the exit code."""
    return run_in_turn("python -m benchmarks.verdict", __doc__, BENCHMARKS)


if __name__ == "__main__":
    sys.exit(main())
