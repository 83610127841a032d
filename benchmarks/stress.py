"""`python -m benchmarks.stress [NAME…]`: the figures of the stress month, in one table, as `python -m benchmarks` has the others."""

import sys

from benchmarks.sequence import run_in_turn

# In the order of the table; the short ones first.
BENCHMARKS = ("audit_speed", "probe_cost", "recovery_truth", "exhaustion_truth", "exhaustion_live", "planted_faults")


def main() -> int:
    """Run what was asked for, all of them by default, and return the exit code."""
    return run_in_turn("python -m benchmarks.stress", __doc__, BENCHMARKS)


if __name__ == "__main__":
    sys.exit(main())
