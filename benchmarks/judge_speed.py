"""How long it takes to judge an hour at 1,000 requests per s: `python -m benchmarks.judge_speed [--rate N] [--hours H]`.

The aim is under 5 s (docs/verdict.md). The run is made in memory from a seed: 20 operations, ten accepted runs, a ledger
with a booking for every twelfth request, as in the everyday mix.
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.judge import judge
from analysis.summary import accept
from analysis.verdict import as_text
from benchmarks.table import Row, deliver
from records.baseline import Baseline
from records.generator import GeneratorSample
from records.histogram import SIZE, Histogram, bucket_indices
from records.ledger import Answer, Entry, Write
from records.ledger_columns import Ledger
from records.manifest import Ended, Fingerprint, Manifest
from records.run import Run
from records.series import Cells, Series
from scenarios.library import load_plan
from scenarios.plan import Plan

OPERATIONS = [f"GET /operation/{number}" for number in range(20)]
STEADY_S = 600.0  # of the baseline scenario, before time_scale
WANTED_S = 5.0


def main() -> int:
    """Print how long each part takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=1000, help="requests per s")
    parser.add_argument("--hours", type=float, default=1.0)
    options = parser.parse_args()
    plan = load_plan("baseline", time_scale=options.hours * 3600 / STEADY_S, load_scale=options.rate / 5 / 24)
    run = big_run(plan, options.rate, seed=1)
    print(
        f"{int(run.series.outcomes.count.sum()):,} requests, {run.series.response.cell.size:,} cells, {len(run.ledger):,} writes"
    )
    began = time.perf_counter()
    accepted = accept(run)
    print(f"accept  {time.perf_counter() - began:6.2f} s")
    baselines = tuple(renamed(accepted, number) for number in range(10))
    began = time.perf_counter()
    verdict = judge(run, baselines)
    judged_s = time.perf_counter() - began
    print(f"judge   {judged_s:6.2f} s   {verdict.outcome}, {len(verdict.comparisons)} comparisons")
    began = time.perf_counter()
    text = as_text(verdict)
    print(f"as_text {time.perf_counter() - began:6.2f} s   {len(text):,} characters")
    what = f"judging {options.hours:g} h at {options.rate:,} requests/s, ten accepted runs"
    return deliver("Judging", [Row(what, f"{judged_s:.1f} s", f"< {WANTED_S:g} s", judged_s < WANTED_S)])


def renamed(baseline: Baseline, number: int) -> Baseline:
    """Return an accepted run under another name and date."""
    return baseline.model_copy(update={"run_id": f"accepted{number}", "started_at": f"2026-01-{number + 1:02d}"})


def big_run(plan: Plan, rate: int, seed: int) -> Run:
    """Return a run of so many requests per s, made in memory."""
    rng = np.random.default_rng(seed)
    length = int(plan.duration_s)
    second = np.repeat(np.arange(length), rate)
    operation = rng.integers(len(OPERATIONS), size=second.size)
    medians_us = (5_000 * (1 + operation)).astype(np.float64)
    response_us = medians_us * np.exp(0.5 * rng.standard_normal(second.size))
    latencies = _cells(second, operation, bucket_indices(response_us))
    outcomes = _cells(second, operation, np.zeros_like(second))
    manifest = Manifest(
        run_id="speed", scenario_text="", plan=plan, started_at="2026-02-01", workers=1,
        versions={"rushhour": "0.1.0", "locust": "2.47.1"}, commit=None, target_build=None,
        fingerprint=Fingerprint(machine="x", cpu="x", cores=1, system="x", python="3"), command=(), load_command=(),
        ended=Ended(reason="completed", at_s=plan.duration_s, requests_counted=second.size, requests_recorded=second.size),
    )  # fmt: skip
    series = Series(tuple(OPERATIONS), latencies, latencies, outcomes, 0)
    ledger = Ledger.of(_entry(number, length, rng) for number in range(second.size // 12))
    return Run(Path("speed"), manifest, series, (), tuple(_samples(length, rate)), (), ledger, ())


def _cells(second: NDArray[np.int64], operation: NDArray[np.int64], cell: NDArray[np.int64]) -> Cells:
    key, count = np.unique((second * len(OPERATIONS) + operation) * SIZE + cell, return_counts=True)
    place = key // SIZE
    return Cells(place // len(OPERATIONS), place % len(OPERATIONS), key % SIZE, count.astype(np.int64))


def _samples(length: int, rate: int) -> list[GeneratorSample]:
    lag, late = Histogram.of([300.0] * 50).sparse(), Histogram.of([500.0] * 50).sparse()
    return [
        GeneratorSample(
            second, "local", second, 100, 100, 40, rate // 5, rate // 5, 0, 0, late, lag, 0.4, 10**8, 100, 10**5, 1, 1, 0
        )
        for second in range(length)
    ]  # fmt: skip


def _entry(number: int, length: int, rng: np.random.Generator) -> Entry:
    """Return a booking of a chair that nobody else has: 60 barbers, 48 half hours a day."""
    at_s = length * rng.random()
    day, half_hour = divmod(number // 60, 48)
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, minutes=30 * half_hour)
    return Entry(
        sent_s=at_s, answered_s=at_s + 0.05, write=Write.BOOK, answer=Answer.ACKNOWLEDGED, status=201, client="c",
        session=number, appointment_id=number, barber_id=number % 60, duration_minutes=30,
        start_time=f"{start:%Y-%m-%dT%H:%M:%S}",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
