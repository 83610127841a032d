"""Runs built in memory: a plan of a shipped scenario, requests from arrays, a healthy generator unless told otherwise."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from records.baseline import Baseline
from records.event import Event
from records.generator import GeneratorSample
from records.histogram import SIZE, Histogram, bucket_indices
from records.journey import JourneyCount, Milestone
from records.ledger import Entry
from records.ledger_columns import Ledger
from records.manifest import Ended, Fingerprint, Manifest
from records.run import Run
from records.series import OUTCOMES, Cells, Series
from records.window import PAYMENT_FLOW, TIMED, Outcome
from scenarios.library import load_plan
from scenarios.plan import Plan

SLOTS = "GET /appointments/slots"
BARBERS = "GET /barbers/"
BOOK = "POST /appointments/"
LOGIN = "POST /auth/login"
HEALTH = "GET /health"
FINGERPRINT = Fingerprint(machine="x86_64", cpu="cpu", cores=8, system="Linux", python="3.11.9")
VERSIONS = {"rushhour": "0.1.0", "locust": "2.47.1", "python": "3.11.9", "gevent": "24.11.1"}


@dataclass(slots=True)
class Requests:
    """Columns of requests, one row each."""

    second: list[NDArray[np.int64]] = field(default_factory=list)
    operation: list[NDArray[np.int64]] = field(default_factory=list)
    outcome: list[NDArray[np.int64]] = field(default_factory=list)
    response_us: list[NDArray[np.float64]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def add(
        self,
        operation: str,
        seconds: Iterable[int],
        response_us: float | NDArray[np.float64] = 10_000.0,
        outcome: Outcome = Outcome.OK,
    ) -> "Requests":
        """Add requests of one operation, one at each of `seconds`."""
        if operation not in self.names:
            self.names.append(operation)
        second = np.fromiter(seconds, dtype=np.int64)
        self.second.append(second)
        self.operation.append(np.full(second.size, self.names.index(operation)))
        self.outcome.append(np.full(second.size, OUTCOMES.index(outcome)))
        self.response_us.append(np.broadcast_to(np.asarray(response_us, dtype=np.float64), second.shape).copy())
        return self

    def series(self) -> Series:
        """Return them as a run's series."""
        nothing = np.empty(0, dtype=np.int64)
        if not self.second:
            empty = Cells(nothing, nothing, nothing, nothing)
            return Series((), empty, empty, empty, 0)
        second, operation, outcome = (np.concatenate(c) for c in (self.second, self.operation, self.outcome))
        buckets = bucket_indices(np.concatenate(self.response_us))
        timed = np.isin(outcome, [OUTCOMES.index(kind) for kind in TIMED])
        latencies = cells_of(second[timed], operation[timed], buckets[timed])
        return Series(tuple(self.names), latencies, latencies, cells_of(second, operation, outcome), 0)


def cells_of(second: NDArray[np.int64], operation: NDArray[np.int64], cell: NDArray[np.int64]) -> Cells:
    """Return rows added up by second, operation and cell."""
    names = int(operation.max(initial=0)) + 1
    key, count = np.unique((second * names + operation) * SIZE + cell, return_counts=True)
    place = key // SIZE
    return Cells(place // names, place % names, key % SIZE, count.astype(np.int64))


def plan_of(scenario: str = "weekly_regression", time_scale: float = 0.04, load_scale: float = 1.0) -> Plan:
    """Return the plan of a shipped scenario on the sandbox."""
    return load_plan(scenario, "sandbox", time_scale=time_scale, load_scale=load_scale)


def build_run(
    requests: Requests,
    plan: Plan | None = None,
    *,
    run_id: str = "candidate",
    started_at: str = "2026-11-23T06:00:00+00:00",
    samples: Sequence[GeneratorSample] | None = None,
    journeys: Sequence[JourneyCount] = (),
    ledger: Iterable[Entry] = (),
    events: Sequence[Event] = (),
) -> Run:
    """Return a completed run whose generator was healthy."""
    plan = plan or plan_of()
    series = requests.series()
    singles = [index for index, name in enumerate(series.names) if name != PAYMENT_FLOW]
    count = int(series.outcomes.count[np.isin(series.outcomes.operation, singles)].sum())
    manifest = Manifest(
        run_id=run_id,
        scenario_text="",
        plan=plan,
        started_at=started_at,
        workers=1,
        versions=VERSIONS,
        commit="c0ffee",
        target_build=None,
        fingerprint=FINGERPRINT,
        command=("rushhour", "run"),
        load_command=("locust",),
        ended=Ended(reason="completed", at_s=plan.duration_s, requests_counted=count, requests_recorded=count),
    )
    return Run(
        folder=Path("results") / run_id,
        manifest=manifest,
        series=series,
        journeys=tuple(journeys),
        generator=tuple(healthy_samples(plan) if samples is None else samples),
        events=tuple(events),
        ledger=Ledger.of(ledger),
        torn_lines=(),
    )


def healthy_samples(plan: Plan, workers: int = 1) -> list[GeneratorSample]:
    """Return samples of workers that did all that was planned, on time."""
    found = []
    lag = Histogram.of([300.0] * 50).sparse()
    late = Histogram.of([500.0] * 50).sparse()
    for second in range(math.ceil(plan.duration_s)):
        stage = plan.stage_at(second)
        rate = round((0.0 if stage is None else stage.sessions_per_s or 0.0) / workers)
        users = 100 if stage is None or not stage.users else stage.users
        found += [
            GeneratorSample(
                second=second, worker=f"worker{worker}", sequence=second, users=users, users_planned=users, busy=40,
                planned=rate, started=rate, late=0, dropped=0,
                lateness_us=late,
                loop_lag_us=lag,
                cpu_ratio=0.3, rss_bytes=10**8, descriptors=200, descriptor_limit=65_536,
                connections_opened=100, connections_reused=1000, connections_stale=0,
            )
            for worker in range(workers)
        ]  # fmt: skip
    return found


def changed(samples: Sequence[GeneratorSample], **changes: object) -> list[GeneratorSample]:
    """Return samples with fields replaced."""
    return [replace(sample, **changes) for sample in samples]  # type: ignore[arg-type]  # fields by name


def milestones(seconds: Iterable[int], persona: str, counts: Mapping[Milestone, int]) -> list[JourneyCount]:
    """Return the same milestones in each second."""
    return [
        JourneyCount(second, persona, milestone, count) for second in seconds for milestone, count in counts.items()
    ]


def steady_requests(
    plan: Plan,
    seed: int,
    per_second: Mapping[str, int],
    median_us: Mapping[str, float],
    *,
    run_sd: float = 0.03,
    sigma: float = 0.4,
) -> Requests:
    """Return log-normal latencies with a common effect of the run, the same number of requests each second."""
    rng = np.random.default_rng(seed)
    seconds = range(math.ceil(plan.duration_s))
    effect = run_sd * rng.standard_normal()
    requests = Requests()
    for name, rate in per_second.items():
        second = np.repeat(np.asarray(seconds, dtype=np.int64), rate)
        own = run_sd / 3 * rng.standard_normal()
        noise = sigma * rng.standard_normal(second.size)
        requests.add(name, second.tolist(), median_us[name] * np.exp(effect + own + noise))
    return requests


def dated(baseline: Baseline, number: int) -> Baseline:
    """Return a baseline as the `number`-th accepted run."""
    started = datetime.fromisoformat("2026-09-01T06:00:00+00:00") + timedelta(days=number)
    return baseline.model_copy(update={"run_id": f"accepted{number:02d}", "started_at": started.isoformat()})
