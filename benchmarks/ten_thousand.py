"""10,000 closed users against the fast sandbox, both on this machine: does the load come to its plan, and do all objectives hold?

    .venv/bin/python -m benchmarks.ten_thousand [--time-scale 1] [--load-scale 1]

The scenario `capacity_10k` as it is: think 5 to 15 s before every step, the everyday mix, 3 min steady after 95 s of ramp. It takes
five minutes because the figure asks for three of them. The planned rate is worked out before the run, from the think times
and from sessions measured once (docs/scenarios.md); nothing of the run is in it.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.real_run import NoRun, RealRun
from benchmarks.table import Row, deliver
from scenarios.plan import planned_requests_per_s

MAX_OFF_RATIO = 0.02


def rows_of(real: RealRun) -> list[Row]:
    """Return the figures of the judged stage."""
    stage, seconds = real.stage, real.stage.seconds
    rate_per_s = float(stage.outcomes_by_second().sum()) / seconds
    planned_per_s = planned_requests_per_s(real.run.manifest.plan, stage.stage)
    assert planned_per_s is not None, "the mix of capacity_10k has been measured"
    off = rate_per_s / planned_per_s - 1
    wanted = f"within {MAX_OFF_RATIO:.0%} of {planned_per_s:,.1f} requests/s"
    outcomes = Counter(row["outcome"] for row in real.verdict["objectives"])
    missed = [row["title"] for row in real.verdict["objectives"] if row["outcome"] == "fail"]
    quantiles_us = stage.histogram().quantiles_us([0.5, 0.95, 0.99]) or (0.0, 0.0, 0.0)
    return [
        Row(f"rate of {stage.stage.users:,} users", f"{rate_per_s:,.1f} requests/s ({off:+.1%}), {seconds} s", wanted, abs(off) <= MAX_OFF_RATIO),
        Row(
            "objectives held", f"{outcomes['pass']}, {outcomes['marginal']} too close to tell, {outcomes['fail']} missed",
            "none missed, none too close", outcomes["fail"] == outcomes["marginal"] == 0,
        ),
        *[Row("missed", title, kept=False) for title in missed],
        Row("response p50, p95, p99", ", ".join(f"{value / 1000:.1f} ms" for value in quantiles_us)),
        *real.health(),
    ]  # fmt: skip


def main() -> int:
    """Run, print the table, return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--time-scale", default="1")
    parser.add_argument("--load-scale", default="1")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            real = RealRun.of(
                "capacity_10k", Path(folder), "--time-scale", given.time_scale, "--load-scale", given.load_scale
            )
        except NoRun as error:
            print(error, file=sys.stderr)
            return 1
        return deliver("10,000 closed users", rows_of(real))


if __name__ == "__main__":
    sys.exit(main())
