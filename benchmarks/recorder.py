"""What recording costs, how exact its percentiles are, and whether its memory grows with the length of a run.

    .venv/bin/python -m benchmarks.recorder [--hours 1] [--rate 2000]

One hour at 2,000 requests per s goes through Recorder, flush and FolderSink into a run folder as fast as it can: twenty operations, one
request in twelve a write in the ledger, one in two hundred an error. Resident memory is read after the first minute, each
later one, and at the end. The percentiles of a million values of each of three shapes are held against the exact ones. CPU is that of
the process. The hour itself takes about a minute.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.table import Row, deliver
from loadgen.conductor import Batch
from loadgen.recorder import Recorder
from loadgen.sink import FolderSink, as_message
from records.environment import fingerprint, versions
from records.folder import create_folder, write_manifest
from records.generator import GeneratorSample
from records.histogram import Histogram
from records.journey import Milestone
from records.ledger import Answer, Entry, Write
from records.manifest import Manifest
from records.window import Outcome
from scenarios.library import load_plan, scenario_text
from scenarios.plan import Plan

OPERATIONS = [f"GET /operation/{number}" for number in range(20)]
ERROR = ("status", "status 503")
WRITE_EVERY, ERROR_EVERY = 12, 200
MAX_GROWTH = 0.01
MAX_OFF = 0.001
QUANTILES = (0.5, 0.9, 0.95, 0.99, 0.999, 0.9999)


def main() -> int:
    """Measure, print the rows, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=1.0, help="how much time is fed")
    parser.add_argument("--rate", type=int, default=2000, help="requests per s")
    parser.add_argument("--feed", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.feed:
        print(json.dumps(feed(options.rate, round(options.hours * 3600))))
        return 0
    command = [sys.executable, "-m", "benchmarks.recorder", "--feed"]
    command += ["--hours", str(options.hours), "--rate", str(options.rate)]
    fed = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    after_minute, most = fed["rss"][0], max(fed["rss"])
    growth = most / after_minute - 1
    off = max(_off(values) for values in _shapes())
    rows = [
        Row(
            f"memory, {options.hours:g} h at {options.rate:,} requests/s: growth after the first minute",
            f"{growth:+.2%} of {after_minute / 1e6:.0f} MB",
            f"< {MAX_GROWTH:.0%}",
            growth < MAX_GROWTH,
        ),
        Row("recording a request, the feed's own loop in it (CPU)", f"{fed['request_us']:.2f} µs"),
        Row("the same with its share of flush and run folder", f"{fed['whole_us']:.2f} µs"),
        Row("flush of a second, the loop stands still", f"{fed['flush_ms']:.1f} ms"),
        Row("percentiles off the exact ones, worst of 18", f"{off:.4%}", f"≤ {MAX_OFF:.1%}", off <= MAX_OFF),
    ]
    return deliver("Recorder", rows)


def feed(rate: int, seconds: int) -> dict[str, object]:
    """Feed so many seconds and return `rss` in bytes minute by minute, and CPU per request and per flush."""
    process = psutil.Process()
    plan = load_plan("smoke")
    recorder = Recorder(plan.objectives.latency_limits_us)
    rss: list[int] = []
    request_s = flush_s = sink_s = 0.0
    with tempfile.TemporaryDirectory() as results:
        sink = FolderSink(_folder(Path(results), plan))
        for second, values_us in enumerate(_latencies(rate, seconds)):
            began = time.process_time()
            _record(recorder, second, values_us)
            recorded = time.process_time()
            batch = _batch(recorder, second, final=second == seconds - 1)
            flushed = time.process_time()
            sink.accept(as_message(batch))
            sunk = time.process_time()
            request_s, flush_s, sink_s = (
                request_s + recorded - began,
                flush_s + flushed - recorded,
                sink_s + sunk - flushed,
            )
            if second % 60 == 59:
                rss.append(process.memory_info().rss)
        sink.finish("completed", seconds)
    requests = rate * seconds
    return {
        "rss": [*rss, process.memory_info().rss],
        "request_us": request_s / requests * 1e6,
        "whole_us": (request_s + flush_s + sink_s) / requests * 1e6,
        "flush_ms": (flush_s + sink_s) / seconds * 1e3,
    }


def _latencies(rate: int, seconds: int) -> Iterator[list[float]]:
    rng = np.random.default_rng(1)
    for _ in range(seconds):
        yield (20_000 * np.exp(0.6 * rng.standard_normal(rate))).tolist()


def _record(recorder: Recorder, second: int, values_us: list[float]) -> None:
    request, step = recorder.request, 1 / len(values_us)
    for number, value_us in enumerate(values_us):
        operation = OPERATIONS[number % 20]
        at_s = second + number * step
        if number % ERROR_EVERY == 0:
            request(operation, Outcome.SERVER_ERROR, at_s, value_us, value_us, 80, ERROR)
        else:
            request(operation, Outcome.OK, at_s, value_us, value_us, 900)
        if number % WRITE_EVERY == 0:
            recorder.entry(_entry(number, at_s))
            recorder.milestone(second, "payer", Milestone.PAID)


def _entry(number: int, at_s: float) -> Entry:
    return Entry(
        sent_s=at_s, answered_s=at_s + 0.05, write=Write.BOOK, answer=Answer.ACKNOWLEDGED, status=201,
        client=f"client{number}@shop.example", session=number, appointment_id=number, barber_id=number % 60,
        duration_minutes=30, start_time="2026-01-01T09:00:00",
    )  # fmt: skip


def _batch(recorder: Recorder, second: int, *, final: bool) -> Batch:
    windows, journeys, ledger = recorder.flush()
    sample = GeneratorSample(
        second=second, worker="local", sequence=second, users=1000, users_planned=1000, busy=500, planned=400, started=400,
        late=0, dropped=0, lateness_us=[1000, 400], loop_lag_us=[300, 50], cpu_ratio=0.4, rss_bytes=10**8, descriptors=1000,
        descriptor_limit=20_000, connections_opened=1, connections_reused=1, connections_stale=0,
    )  # fmt: skip
    return Batch("local", second, windows, journeys, ledger, sample, recorder.requests_counted, final)


def _folder(results: Path, plan: Plan) -> Path:
    folder = create_folder(results, "recorder")
    manifest = Manifest(
        run_id="recorder", scenario_text=scenario_text("smoke"), plan=plan, started_at="2026-01-01T00:00:00.000+00:00", workers=1,
        versions=versions(), commit=None, target_build=None, fingerprint=fingerprint(), command=(), load_command=(),
    )  # fmt: skip
    write_manifest(folder, manifest)
    return folder


# How exact.


def _shapes() -> Iterator[NDArray[np.float64]]:
    """Yield a million latencies in us: log-normal, of two humps, and with a stall's ramp in the tail."""
    rng = np.random.default_rng(2)
    size = 1_000_000
    yield 20_000 * np.exp(0.8 * rng.standard_normal(size))
    yield np.where(rng.random(size) < 0.9, rng.normal(8_000, 500, size), rng.normal(900_000, 40_000, size))
    yield np.where(rng.random(size) < 0.9, rng.exponential(3_000, size) + 2_000, rng.uniform(0, 2_000_000, size))


def _off(values_us: NDArray[np.float64]) -> float:
    """Return the largest relative error of the percentiles against the exact value of the same rank."""
    found = Histogram.of(values_us).quantiles_us(QUANTILES)
    assert found is not None
    ordered = np.sort(values_us)
    ranks = [int(np.ceil(quantile * ordered.size)) - 1 for quantile in QUANTILES]
    return float(np.max(np.abs(np.array(found) / ordered[ranks] - 1)))


if __name__ == "__main__":
    sys.exit(main())
