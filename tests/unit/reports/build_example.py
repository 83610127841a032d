"""A realistic run and its baselines, made in memory from a seed: what reports are tested on."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from records.baseline import Baseline, BaselineOperation, BaselineStage, Key
from records.event import Event, EventKind
from records.generator import GeneratorSample
from records.histogram import SIZE, Histogram, bucket_indices
from records.journey import JourneyCount, Milestone
from records.ledger import Answer, Entry, Write
from records.ledger_columns import Ledger
from records.manifest import Ended, Fingerprint, Manifest
from records.run import Run
from records.series import OUTCOMES, Cells, Series
from records.window import PAYMENT_FLOW
from records.window import Outcome as RequestOutcome
from scenarios.library import load_plan
from scenarios.plan import Plan

SLOTS = "GET /appointments/slots"
RUN_ID = "weekly_regression-20261123T060000Z-a1b2c3"
FINGERPRINT = Fingerprint(machine="x86_64", cpu="Example CPU @ 3.0 GHz", cores=8, system="Linux 6.8", python="3.11.9")

# name: (share of requests, median in ms, sigma of the logarithm)
OPERATIONS: dict[str, tuple[float, float, float]] = {
    SLOTS: (0.17, 24.0, 0.42),
    "GET /barbers/": (0.13, 9.0, 0.35),
    "GET /services/": (0.12, 6.0, 0.35),
    "POST /appointments/": (0.085, 42.0, 0.45),
    "POST /appointments/guest": (0.03, 47.0, 0.45),
    "POST /auth/login": (0.10, 62.0, 0.30),
    "POST /auth/register-client": (0.02, 88.0, 0.30),
    "POST /payments/create-intent": (0.07, 118.0, 0.38),
    "POST /payments/confirm": (0.068, 141.0, 0.40),
    "POST /payments/refund": (0.006, 150.0, 0.40),
    "GET /payments/history": (0.012, 18.0, 0.40),
    "GET /appointments/": (0.06, 15.0, 0.40),
    "PUT /appointments/{id}/reschedule": (0.008, 38.0, 0.40),
    "DELETE /appointments/{id}": (0.007, 30.0, 0.40),
    "GET /calendar/status": (0.012, 12.0, 0.40),
    "GET /calendar/free-busy": (0.02, 96.0, 0.50),
    "POST /calendar/sync-appointments": (0.012, 210.0, 0.50),
    "POST /google-calendar/sync": (0.01, 190.0, 0.50),
    "POST /webhooks/stripe": (0.02, 11.0, 0.35),
    "GET /health": (0.04, 2.1, 0.30),
}


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A run with the baselines it is compared with; compared by identity, so that its verdict is made once."""

    run: Run
    baselines: tuple[Baseline, ...]


def example(
    *,
    time_scale: float = 0.04,
    requests_per_session: float = 4.2,
    load_scale: float = 1.0,
    slots_slow_down: bool = True,
    names: dict[str, str] | None = None,
    seed: int = 7,
) -> Example:
    """Return a weekly regression run; `slots_slow_down` plants a slow-down in the last stage, `names` renames operations."""
    plan = load_plan("weekly_regression", "sandbox", time_scale=time_scale, load_scale=load_scale)
    generator = np.random.default_rng(seed)
    renamed = names or {}
    series = _series(plan, requests_per_session, generator, slots_slow_down, renamed)
    run = Run(
        folder=Path("results") / RUN_ID,
        manifest=_manifest(plan, series),
        series=series,
        journeys=_journeys(plan, generator),
        generator=_samples(plan, generator),
        events=_events(plan),
        ledger=Ledger.of(_ledger()),
        torn_lines=(),
    )
    return Example(run, _baselines(plan, renamed))


@lru_cache(maxsize=1)
def killed_example() -> Run:
    """Return a run that was killed before its first request was recorded."""
    run = example().run
    empty = np.empty(0, dtype=np.int64)
    nothing = Cells(empty, empty, empty, empty)
    return replace(
        run,
        manifest=run.manifest.model_copy(update={"ended": None}),
        series=Series((), nothing, nothing, nothing, 0),
        journeys=(),
        generator=(),
        events=(),
        ledger=Ledger.of(()),
        torn_lines=("windows.jsonl",),
    )


def _series(
    plan: Plan,
    requests_per_session: float,
    generator: np.random.Generator,
    slots_slow_down: bool,
    renamed: dict[str, str],
) -> Series:
    length = int(np.ceil(plan.duration_s))
    rate = np.array([(plan.stage_at(second) or plan.stages[-1]).sessions_per_s or 0 for second in range(length)])
    counts = generator.poisson(rate * requests_per_session)
    second = np.repeat(np.arange(length), counts)
    shares = np.array([share for share, _, _ in OPERATIONS.values()])
    operation = generator.choice(len(OPERATIONS), size=second.size, p=shares / shares.sum())
    median = np.array([m for _, m, _ in OPERATIONS.values()])[operation] * 1000
    sigma = np.array([s for _, _, s in OPERATIONS.values()])[operation]
    service = median * np.exp(sigma * generator.standard_normal(second.size))
    last = plan.stages[-1]
    slowing = np.clip((second - last.start_s - 0.25 * last.duration_s) / (0.2 * last.duration_s), 0, 1)
    if slots_slow_down:
        service *= np.where(operation == 0, 1.3 + 4.5 * slowing, 1.0)
    service *= 1 + 0.6 * np.exp(-second / (0.03 * length))
    response = service + generator.exponential(400, second.size)
    outcome = _outcomes(operation, second, generator)
    timed = np.isin(
        outcome, [OUTCOMES.index(o) for o in (RequestOutcome.OK, RequestOutcome.REFUSED, RequestOutcome.SERVER_ERROR)]
    )
    names = tuple(renamed.get(name, name) for name in OPERATIONS)
    flow = np.flatnonzero(operation == list(OPERATIONS).index("POST /payments/confirm"))
    flow_us = response[flow] + generator.permutation(response[flow])
    count = len(OPERATIONS)
    return Series(
        names=(*names, PAYMENT_FLOW),
        response=_cells(
            np.concatenate((second[timed], second[flow])),
            np.concatenate((operation[timed], np.full(flow.size, count))),
            bucket_indices(np.concatenate((response[timed], flow_us))),
        ),
        service=_cells(second[timed], operation[timed], bucket_indices(service[timed])),
        outcomes=_cells(
            np.concatenate((second, second[flow])),
            np.concatenate((operation, np.full(flow.size, count))),
            np.concatenate((outcome, np.zeros(flow.size, dtype=np.int64))),
        ),
        received_bytes=int(second.size * 1840),
    )


def _outcomes(
    operation: NDArray[np.int64], second: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int64]:
    outcome = np.zeros(operation.size, dtype=np.int64)
    draw = generator.random(operation.size)
    booking = np.isin(operation, [3, 4])
    outcome[booking & (draw < 0.02)] = OUTCOMES.index(RequestOutcome.REFUSED)
    outcome[(draw > 0.9996) & (second > 20)] = OUTCOMES.index(RequestOutcome.SERVER_ERROR)
    outcome[(operation == 8) & (draw > 0.995)] = OUTCOMES.index(RequestOutcome.TIMEOUT)
    return outcome


def _cells(second: NDArray[np.int64], operation: NDArray[np.int64], cell: NDArray[np.int64]) -> Cells:
    operations = int(operation.max(initial=0)) + 1
    key, count = np.unique((second * operations + operation) * SIZE + cell, return_counts=True)
    place = key // SIZE
    return Cells(place // operations, place % operations, key % SIZE, count.astype(np.int64))


def _manifest(plan: Plan, series: Series) -> Manifest:
    flow = series.names.index(PAYMENT_FLOW)
    requests = int(series.outcomes.count[series.outcomes.operation != flow].sum())
    return Manifest(
        run_id=RUN_ID,
        scenario_text='format_version = 1\nname = "weekly_regression"\n',
        plan=plan,
        started_at="2026-11-23T06:00:00Z",
        workers=2,
        versions={"rushhour": "0.1.0", "locust": "2.47.1", "python": "3.11.9", "gevent": "24.11.1"},
        commit="4f2a9c1d0b",
        target_build="bookedbarber-v2 2.14.0+e77",
        fingerprint=FINGERPRINT,
        clock_offset_us={"target": 180.0},
        command=("rushhour", "run", "weekly_regression", "--target", "sandbox", "--time-scale", "0.04"),
        load_command=("locust", "-f", "locustfiles/booking.py", "--headless", "-H", "http://127.0.0.1:8000"),
        ended=Ended(reason="completed", at_s=plan.duration_s, requests_counted=requests, requests_recorded=requests),
    )


def _journeys(plan: Plan, generator: np.random.Generator) -> tuple[JourneyCount, ...]:
    rows = []
    shares = {
        Milestone.SESSION_STARTED: 1.0,
        Milestone.BEGUN: 0.66,
        Milestone.SLOT_CHOSEN: 0.62,
        Milestone.BOOKED: 0.58,
        Milestone.PAID: 0.55,
        Milestone.CONFIRMED: 0.547,
        Milestone.SLOT_LOST: 0.02,
        Milestone.ABANDONED: 0.04,
        Milestone.CARD_DECLINED: 0.03,
    }
    for second in range(int(plan.duration_s)):
        stage = plan.stage_at(second)
        rate = 0.0 if stage is None else stage.sessions_per_s or 0.0
        for milestone, share in shares.items():
            count = int(generator.poisson(rate * share))
            if count:
                rows.append(JourneyCount(second, "returning_customer", milestone, count))
    return tuple(rows)


def _samples(plan: Plan, generator: np.random.Generator) -> tuple[GeneratorSample, ...]:
    samples = []
    for second in range(int(np.ceil(plan.duration_s))):
        stage = plan.stage_at(second) or plan.stages[-1]
        for worker in ("worker-1", "worker-2"):
            planned = int(generator.poisson((stage.sessions_per_s or 0) / 2))
            users = int(4 * (stage.sessions_per_s or 0))
            samples.append(
                GeneratorSample(
                    second=second,
                    worker=worker,
                    sequence=second,
                    users=users,
                    users_planned=users,
                    busy=int(users * 0.45 * min(1.0, (second + 1) / 6)),
                    planned=planned,
                    started=planned,
                    late=0,
                    dropped=0,
                    lateness_us=Histogram.of(generator.gamma(2.0, 300, max(planned, 1))).sparse(),
                    loop_lag_us=Histogram.of(generator.gamma(2.0, 450, 10)).sparse(),
                    cpu_ratio=float(0.22 + 0.12 * stage.level + 0.02 * generator.standard_normal()),
                    rss_bytes=180_000_000,
                    descriptors=220,
                    descriptor_limit=65_536,
                    connections_opened=150,
                    connections_reused=4000,
                    connections_stale=2,
                )
            )
    return tuple(samples)


def _events(plan: Plan) -> tuple[Event, ...]:
    stages = [Event(stage.start_s, EventKind.STAGE, stage.name) for stage in plan.stages]
    last = plan.stages[-1]
    fault_s = last.start_s + 0.3 * last.duration_s
    return (
        *stages,
        Event(fault_s, EventKind.FAULT, "cache off", "begins"),
        Event(fault_s + 0.25 * last.duration_s, EventKind.FAULT, "cache off", "ends"),
        Event(plan.duration_s, EventKind.STOP, "completed"),
    )


def witness() -> tuple[Entry, Entry]:
    """Return two bookings of one barber and time that were both acknowledged."""
    first = Entry(
        sent_s=38.412, answered_s=38.471, write=Write.BOOK, answer=Answer.ACKNOWLEDGED, status=201,
        client="client00142", session=907, appointment_id=5121, barber_id=7,
        start_time="2026-11-25T10:30:00", duration_minutes=30,
    )  # fmt: skip
    second = first._replace(sent_s=38.430, answered_s=38.502, client="client01877", session=911, appointment_id=5123)
    return first, second


def _ledger() -> tuple[Entry, ...]:
    return witness()


def _baselines(plan: Plan, renamed: dict[str, str]) -> tuple[Baseline, ...]:
    found = []
    for week in range(10):
        generator = np.random.default_rng(1000 + week)
        operations = {}
        for name, (share, median, sigma) in OPERATIONS.items():
            size = max(20, int(2400 * share))
            values = (
                median * 1000 * np.exp(sigma * generator.standard_normal(size) + 0.02 * generator.standard_normal())
            )
            operations[renamed.get(name, name)] = BaselineOperation(
                response_us=Histogram.of(values).sparse(),
                service_us=Histogram.of(values).sparse(),
                outcomes={"ok": size},
                within_run_variance={"response_p95": 0.0004},
            )
        stage = next(stage for stage in plan.stages if stage.name == "baseline")
        key = Key(
            target=plan.target.name, target_kind=plan.target.kind.value, level=1.0, stage_s=stage.duration_s,
            time_scale=plan.time_scale, load_scale=plan.load_scale, load_digest="0" * 16, data_set="sandbox-60-2000",
            generator="2 workers", fingerprint=FINGERPRINT,
        )  # fmt: skip
        started = datetime.fromisoformat("2026-09-14T06:00:00+00:00") + timedelta(weeks=week)
        found.append(
            Baseline(
                run_id=f"weekly_regression-{started:%Y%m%dT%H%M%SZ}-{week:06x}",
                scenario="weekly_regression",
                target="sandbox",
                started_at=started.isoformat(),
                commit=f"{week:010x}",
                target_build=f"bookedbarber-v2 2.{4 + week}.0",
                reason="weekly",
                stages=(BaselineStage(name="baseline", key=key, duration_s=stage.duration_s, operations=operations),),
            )
        )
    return tuple(found)
