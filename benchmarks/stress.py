"""`python -m benchmarks.stress`: the figures that a month of stress tests stands on, in one table.

The names are those of benchmarks in this folder; each also works alone (`python -m benchmarks.NAME`).
"""

import sys

from benchmarks.__main__ import carry_out

STRESS = (
    "probe_cost",
    "exhaustion_truth",
    "exhaustion_live",
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(carry_out(STRESS, "Stress, this machine, this run"))
