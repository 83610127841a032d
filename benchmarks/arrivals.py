"""1,000 arrivals a second, open: do sessions start on time, is none dropped, and are the starts the planned Poisson process?

    .venv/bin/python -m benchmarks.arrivals [--time-scale 1] [--load-scale 1]

The scenario `arrivals_1000`: sessions of one request, 3 min steady, which is what the figure asks for. Two tests by Kolmogorov and
Smirnov: the planned gaps, measured in expected arrivals, against the exponential; and the sessions that did start, by the second,
against the constant rate (given their number, starts of a Poisson process are uniform in time).
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy import stats

from benchmarks.real_run import NoRun, RealRun
from benchmarks.table import Row, deliver
from loadgen.schedule import arrival_times, arrivals
from records.histogram import Histogram
from scenarios.layout import PlannedStage
from scenarios.plan import Plan

MAX_LATENESS_MS_P99 = 5.0
MIN_P_VALUE = 0.01


def planned_p_value(plan: Plan, stage: PlannedStage) -> float:
    """Return the p-value of the planned gaps of a steady stage against the exponential."""
    times_s = arrival_times(plan)
    inside = times_s[(times_s >= stage.start_s) & (times_s < stage.end_s)]
    assert stage.sessions_per_s is not None
    return float(stats.kstest(np.diff(inside) * stage.sessions_per_s, "expon").pvalue)


def started_p_value(real: RealRun) -> float:
    """Return the p-value of the starts, counted by the second, against a constant rate."""
    counts = np.zeros(real.stage.seconds)
    for sample in real.samples:
        counts[sample.second - real.stage.first] += sample.started
    reached = np.cumsum(counts) / counts.sum()
    expected = np.arange(1, counts.size + 1) / counts.size
    distance = float(np.abs(reached - expected).max())
    return float(stats.kstwobign.sf(distance * np.sqrt(counts.sum())))


def rows_of(real: RealRun) -> list[Row]:
    """Return the figures of the judged stage."""
    plan, stage = real.run.manifest.plan, real.stage.stage
    lateness = Histogram.empty()
    for sample in real.samples:
        lateness.add_sparse(sample.lateness_us)
    p50_ms, p99_ms = (value / 1000 for value in lateness.quantiles_us([0.5, 0.99]) or (0.0, 0.0))
    planned, started, dropped = (
        sum(getattr(sample, name) for sample in real.samples) for name in ("planned", "started", "dropped")
    )
    planned_p, started_p = planned_p_value(plan, stage), started_p_value(real)
    one = sorted(arrival.at_s for worker in range(3) for arrival in arrivals(plan, worker, 3))
    same = one == [arrival.at_s for arrival in arrivals(plan)]
    return [
        Row("sessions started of those planned", f"{started:,} of {planned:,} in {real.stage.seconds} s"),
        Row("lateness of starts p50, p99", f"{p50_ms:.2f} ms, {p99_ms:.2f} ms", f"p99 < {MAX_LATENESS_MS_P99:g} ms", p99_ms < MAX_LATENESS_MS_P99),
        Row("arrivals dropped", f"{dropped:,}", "0", dropped == 0),
        Row("planned gaps exponential (KS)", f"p = {planned_p:.2f}", f"p ≥ {MIN_P_VALUE:g}", planned_p >= MIN_P_VALUE),
        Row("starts at a constant rate (KS, by the second)", f"p = {started_p:.2f}", f"p ≥ {MIN_P_VALUE:g}", started_p >= MIN_P_VALUE),
        Row("schedule of 3 workers is that of 1", "the same" if same else "another", "the same", same),
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
                "arrivals_1000", Path(folder), "--time-scale", given.time_scale, "--load-scale", given.load_scale
            )
        except NoRun as error:
            print(error, file=sys.stderr)
            return 1
        return deliver("1,000 arrivals a second", rows_of(real))


if __name__ == "__main__":
    sys.exit(main())
