"""Does a stall show? Latency percentiles of a server that stands still now and then: ours, stock Locust's, and the truth.

    .venv/bin/python -m benchmarks.stall_truth [--seconds 60] [--rate 200] [--picture stall.png]

A server with a known service time stops for 2 s in every 20 s (`benchmarks/stall_server.py`), on the last core. On the first, at
the same time and so through the same stalls, run `rushhour run`'s own path (conductor, visits, recorder, run folder; open Poisson
arrivals, one request a session) and stock Locust at the same rate (`benchmarks/stall_stock.py`). The truth is arithmetic: the
planned arrivals of the run, and the stalls as the server's clock saw them. Limit: p50, p95, p99 and p99.9 of `response_us` within 5 %.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.stall_picture import draw
from benchmarks.stall_server import CONNECTIONS_MAX, Manner
from benchmarks.table import Row, deliver
from loadgen.schedule import arrival_times
from records.histogram import Histogram
from records.run import Run, read_run
from rushhour.load import free_port
from rushhour.run import RunRequest, carry_out

Floats = NDArray[np.float64]
QUANTILES = (0.5, 0.95, 0.99, 0.999)
LIMIT_RATIO = 0.05
STOCK_USERS = 20
STAMP_S = 1e-3  # the manifest cuts the start off to whole milliseconds
PASSWORD_ENV = "STALL_PASSWORD"

SCENARIO = """\
format_version = 1
name = "stall_truth"
title = "One request a session against a server that stalls"
model = "open"
mix = "everyday"
personas = ["monitor"]
objectives = "bookedbarber"
seed = 20250701
[traffic]
sessions_per_s = "{rate:g} per s"
session_length = "1 s"
[[stages]]
name = "steady"
kind = "steady"
level = 1.0
duration = "{seconds:g} s"
"""
TARGET = """\
format_version = 1
name = "stall_target"
title = "A server that stalls"
kind = "staging"
url = "{url}"
[limits]
sessions_per_s = "1000 per s"
users = 10000
[clients]
source = "pattern"
email = "client{{n}}@stall.example"
count = 1
password_env = "{password}"
"""


@dataclass(frozen=True, slots=True)
class Stall:
    """When the server stood still, in s by `time.monotonic`."""

    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Stock:
    """What stock Locust said: its percentiles in ms, requests sent; and of each its start (monotonic) and time, in s."""

    reported_ms: tuple[float, ...]
    intended: int
    sent: int
    requests: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One measurement. `arrivals_s` and `true_us` have shape (n,); `zero_s` is the run's second 0 by `time.monotonic`."""

    run: Run
    zero_s: float
    stalls: tuple[Stall, ...]
    arrivals_s: Floats
    true_us: Floats
    stock: Stock

    def ours(self) -> Histogram:
        """Return the histogram of `response_us` of the whole run."""
        return self.run.response(0, np.inf)

    def service(self) -> Histogram:
        """Return the histogram of `service_us` of the whole run."""
        return self.run.service(0, np.inf)


def true_response_us(arrivals_s: Floats, stalls: Sequence[Stall], service_s: float) -> Floats:
    """Return what each arrival has to wait, in us, shape (n,): all times on one clock.

    Outside a stall the service time. Who comes in a stall is read when it ends: what is left of it, and the service time.
    Who was being served when it began gets the answer when it ends.
    """
    answered_s = arrivals_s + service_s
    for stall in stalls:
        inside = (arrivals_s >= stall.begin_s) & (arrivals_s < stall.end_s)
        caught = (arrivals_s < stall.begin_s) & (arrivals_s + service_s > stall.begin_s)
        answered_s = np.where(inside, stall.end_s + service_s, np.where(caught, stall.end_s, answered_s))
    return (answered_s - arrivals_s) * 1e6


def exact_quantile(values: Floats, quantile: float) -> float:
    """Return the value of rank ceil(q * n), by sorting."""
    return float(np.sort(values)[int(np.ceil(quantile * values.size - 1e-9)) - 1])


class Server:
    """The stalling server as a process; `stalls` are those that were over when it was stopped."""

    def __init__(self, manner: Manner) -> None:
        port = free_port()
        options = ["--service", str(manner.service_s), "--stall", str(manner.stall_s), "--every", str(manner.every_s)]
        command = [sys.executable, "-m", "benchmarks.stall_server", "--port", str(port), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()
        self.url = f"http://127.0.0.1:{port}"
        self.stalls: tuple[Stall, ...] = ()

    def stop(self) -> None:
        """End it and read what it said."""
        self._process.kill()
        said, _ = self._process.communicate(timeout=10)
        self.stalls = tuple(Stall(**json.loads(line)) for line in said.splitlines() if line.endswith("}"))


@contextmanager
def serving(manner: Manner) -> Iterator[Server]:
    """Run the server for a block; its stalls are there after it."""
    server = Server(manner)
    try:
        yield server
    finally:
        server.stop()


def run_ours(url: str, rate_per_s: float, seconds: float, folder: Path) -> Run:
    """Return a recorded run of open Poisson arrivals, one request each."""
    os.environ.setdefault(PASSWORD_ENV, "none")
    scenario, target = folder / "stall_truth.toml", folder / "stall_target.toml"
    scenario.write_text(SCENARIO.format(rate=rate_per_s, seconds=seconds), encoding="utf-8")
    target.write_text(TARGET.format(url=url, password=PASSWORD_ENV), encoding="utf-8")
    request = RunRequest(str(scenario), str(target), results=folder)
    return read_run(carry_out(request, Console(stderr=True, quiet=True)))


def start_stock(url: str, rate_per_s: float, seconds: float) -> "subprocess.Popen[str]":
    """Start stock Locust with the same rate of requests in mind."""
    command = [sys.executable, "-m", "benchmarks.stall_stock", url, "--users", str(STOCK_USERS)]
    command += ["--per-user", str(rate_per_s / STOCK_USERS), "--seconds", str(seconds)]
    command += ["--quantiles", ",".join(str(quantile) for quantile in QUANTILES)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def stock_of(process: "subprocess.Popen[str]", intended: int) -> Stock:
    """Return what stock Locust said when it is done."""
    said, _ = process.communicate(timeout=60)
    words = json.loads(said.splitlines()[-1])
    return Stock(tuple(words["reported_ms"]), intended, words["sent"], tuple(map(tuple, words["requests"])))


def measure(manner: Manner, rate_per_s: float, seconds: float) -> Outcome:
    """Let both run against one server, and work out the truth for ours."""
    with tempfile.TemporaryDirectory() as name, serving(manner) as server:
        with suppress(AttributeError, OSError):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # for what is started from here on
        other = start_stock(server.url, rate_per_s, seconds)
        try:
            run = run_ours(server.url, rate_per_s, seconds, Path(name))
            stock = stock_of(other, round(rate_per_s * seconds))
        finally:
            other.kill()
    zero_s = datetime.fromisoformat(run.manifest.started_at).timestamp() + STAMP_S / 2 + time.monotonic() - time.time()
    arrivals_s = arrival_times(run.manifest.plan)
    true_us = true_response_us(arrivals_s + zero_s, server.stalls, manner.service_s)
    return Outcome(run, zero_s, server.stalls, arrivals_s, true_us, stock)


def rows_of(outcome: Outcome) -> list[Row]:
    """Return a row a percentile, and one of what was never sent."""
    rows = []
    ours = outcome.ours()
    for quantile, stock_ms in zip(QUANTILES, outcome.stock.reported_ms, strict=True):
        observed_us, true_us = ours.quantile_us(quantile), exact_quantile(outcome.true_us, quantile)
        assert observed_us is not None, "the run recorded nothing"
        off = observed_us / true_us - 1
        rows.append(
            Row(
                f"a stall of 2 s in 20 s: p{quantile * 100:g} of response_us",
                f"{observed_us / 1e3:,.1f} ms, true {true_us / 1e3:,.1f} ms: {off:+.1%} (stock Locust {stock_ms:,.0f} ms)",
                f"± {LIMIT_RATIO:.0%}",
                abs(off) <= LIMIT_RATIO,
            )
        )
    unsent = outcome.arrivals_s.size - ours.count
    missing = outcome.stock.intended - outcome.stock.sent
    share = missing / outcome.stock.intended
    rows.append(
        Row(
            "requests of the plan never sent",
            f"{unsent} of {outcome.arrivals_s.size:,} (stock Locust {missing:,} of {outcome.stock.intended:,}: {share:.1%})",
            "0",
            unsent == 0,
        )
    )
    return rows


def print_figures(outcome: Outcome) -> None:
    """Print what there is beyond the rows: service time beside, and the generator's own lateness."""
    table = Table(title="All four, ms", title_justify="left")
    for heading in ("percentile", "truth", "ours, response_us", "ours, service_us", "stock Locust"):
        table.add_column(heading, justify="right")
    ours, service = outcome.ours().quantiles_us(QUANTILES), outcome.service().quantiles_us(QUANTILES)
    assert ours is not None
    assert service is not None
    for row in zip(QUANTILES, ours, service, outcome.stock.reported_ms, strict=True):
        quantile, ours_us, service_us, stock_ms = row
        true_us = exact_quantile(outcome.true_us, quantile)
        figures = (true_us / 1e3, ours_us / 1e3, service_us / 1e3, stock_ms)
        table.add_row(f"p{quantile * 100:g}", *(f"{figure:,.1f}" for figure in figures))
    console = Console()
    console.print(table)
    late = Histogram.empty()
    for sample in outcome.run.generator:
        late.add_sparse(sample.lateness_us)
    p50_us, p99_us = late.quantiles_us([0.5, 0.99]) or (0.0, 0.0)
    dropped = sum(sample.dropped for sample in outcome.run.generator)
    console.print(
        f"starts late by {p50_us:,.0f} μs (p50), {p99_us:,.0f} μs (p99); {dropped} dropped; {_stalls_in(outcome)}"
    )


def _stalls_in(outcome: Outcome) -> str:
    end_s = outcome.zero_s + outcome.run.manifest.plan.duration_s
    met = [stall for stall in outcome.stalls if stall.end_s > outcome.zero_s and stall.begin_s < end_s]
    return f"{len(met)} stalls of {', '.join(f'{stall.end_s - stall.begin_s:.3f}' for stall in met)} s"


def main() -> int:
    """Read the command line, measure, print; draw where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="a multiple of 20, so that stalls have their share")
    parser.add_argument("--rate", type=float, default=200.0, help="requests per s")
    parser.add_argument("--service", type=float, default=Manner().service_s, help="seconds an answer takes")
    parser.add_argument("--picture", type=Path, help="draw the percentiles into this PNG")
    given = parser.parse_args()
    manner = Manner(service_s=given.service)
    if given.rate * manner.stall_s > CONNECTIONS_MAX / 2:
        parser.error(
            f"--rate is {given.rate:g}; the server holds {CONNECTIONS_MAX} connections, expected at most {CONNECTIONS_MAX / 2 / manner.stall_s:g}"
        )
    outcome = measure(manner, given.rate, given.seconds)
    print_figures(outcome)
    if given.picture is not None:
        draw(outcome, given.picture)
    return deliver("Stalls", rows_of(outcome))


if __name__ == "__main__":
    sys.exit(main())
