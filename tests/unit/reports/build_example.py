"""A realistic run, its baselines and verdicts of every kind, made in memory from a seed: what reports are tested on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.verdict import (
    RESOLVE_WITHIN_S,
    RESPOND_WITHIN_S,
    BaselineUse,
    ComparisonResult,
    Finding,
    FunnelStep,
    Gate,
    GeneratorCheck,
    InvariantResult,
    ObjectiveOutcome,
    ObjectiveResult,
    Outcome,
    Priority,
    StageSummary,
    Statement,
    Verdict,
)
from records.baseline import Baseline, BaselineOperation, BaselineStage, Key
from records.event import Event, EventKind
from records.generator import GeneratorSample
from records.histogram import SIZE, Histogram, bucket_indices
from records.journey import JourneyCount, Milestone
from records.ledger import Answer, Entry, Write
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
        ledger=_ledger(),
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
        ledger=(),
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
    second = replace(first, sent_s=38.430, answered_s=38.502, client="client01877", session=911, appointment_id=5123)
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


@lru_cache(maxsize=4)
def failing_verdict(made: Example) -> Verdict:
    """Return the verdict of a run with a slots regression, a double booking, and objectives of every outcome."""
    run, plan = made.run, made.run.manifest.plan
    slots = run.series.names[0]
    findings = (
        _finding(
            Priority.CRITICAL,
            "One slot was sold twice: two clients hold barber 7 at 2026-11-25 10:30 (No double booking)",
            "2 acknowledged bookings overlap; both requests were under way at the same time, 18 ms apart",
            "The booking write checks for a free slot and inserts in two steps without a lock or a unique index",
            "Add an exclusion constraint on (barber, time range); run `rushhour run rush` to prove it",
            "Appointment 5121 was cancelled before 5123 was written",
        ),
        _finding(
            Priority.HIGH,
            f"{slots} p95 is 31.2 % slower than the last ten accepted runs",
            f"{slots}: p95 61.8 ms against 47.1 ms (95 % interval +22 % to +41 %, 2,450 requests)",
            "A query for each barber (N+1) or a cache that no longer holds; the slow-down grows with the load",
            "Compare the queries of one slots request in build 2.13 and 2.14; look at the cache hit ratio",
            "The same change on operations that never touch slots, or on the baseline build run today",
        ),
        _finding(
            Priority.MEDIUM,
            f"{slots} missed API response p95, each operation in stage plus_50",
            "p95 288 ms, limit 200 ms (4,100 requests)",
            "As above, under 1.5 times current traffic",
            "Settle the regression first; judge again",
            "p95 under the limit in a repeat of stage plus_50",
        ),
    )
    return Verdict(
        run_id=run.manifest.run_id,
        scenario=plan.scenario,
        target=plan.target.name,
        outcome=Outcome.FAIL,
        because=(
            f"{slots} p95 is 31.2 % slower than the last ten accepted runs (95 % interval +22 % to +41 %)",
            "No double booking is broken: 1 slot was sold twice",
            f"{slots} missed API response p95 in stage plus_50: 288 ms, limit 200 ms",
        ),
        objectives=_objectives(run),
        comparisons=_comparisons(made),
        invariants=_invariants(broken=True),
        generator=_checks(),
        findings=findings,
        stages=_stages(run),
        funnel=_funnel(),
        baseline=BaselineUse(
            run_ids=tuple(baseline.run_id for baseline in made.baselines),
            left_out=("weekly_regression-20260907T060000Z-0000ff: fingerprint.cores differs (4, here 8)",),
            missing=None,
        ),
    )


def passing_verdict(made: Example) -> Verdict:
    """Return the verdict of a run that holds everything."""
    failing = failing_verdict(made)
    kept = (ObjectiveOutcome.PASS, ObjectiveOutcome.NOT_MEASURED)
    return replace(
        failing,
        outcome=Outcome.PASS,
        because=("every objective that was measured held, nothing regressed, no invariant was broken",),
        objectives=tuple(row for row in failing.objectives if row.outcome in kept),
        comparisons=tuple(row for row in failing.comparisons if row.gate in {Gate.PASS, Gate.NOT_GATED}),
        invariants=_invariants(broken=False),
        findings=(),
    )


def inconclusive_verdict(made: Example) -> Verdict:
    """Return the verdict of a run that has too little to tell."""
    failing = failing_verdict(made)
    return replace(
        failing,
        outcome=Outcome.INCONCLUSIVE,
        because=(
            "POST /payments/confirm p99 may be up to 34 % slower, more than the tolerated 25 %; 3 more runs would settle it",
        ),
        objectives=tuple(row for row in failing.objectives if row.outcome is not ObjectiveOutcome.FAIL),
        comparisons=tuple(row for row in failing.comparisons if row.gate is not Gate.FAIL),
        invariants=_invariants(broken=False),
        findings=(),
    )


def invalid_verdict(run: Run) -> Verdict:
    """Return the verdict of a run whose generator was sick and that has no baseline."""
    checks = _checks()
    sick = replace(
        checks[0], observed=412_000.0, healthy=False,
        because="the loop of worker-2 stood still for 412 ms (limit 50 ms): use more workers or a faster machine",
    )  # fmt: skip
    return Verdict(
        run_id=run.manifest.run_id,
        scenario=run.manifest.plan.scenario,
        target=run.manifest.plan.target.name,
        outcome=Outcome.INVALID,
        because=("the run was killed before it ended: what there is covers 0 s of 57.6 s", sick.because),
        objectives=(),
        comparisons=(),
        invariants=(),
        generator=(sick, *checks[1:]),
        findings=(),
        stages=(),
        funnel=(),
        baseline=BaselineUse((), (), "no run of weekly_regression on sandbox was accepted yet"),
    )


def _finding(priority: Priority, *texts: str) -> Finding:
    symptom, evidence, cause, next_step, refuted_by = texts
    return Finding(
        priority, symptom, evidence, cause, next_step, refuted_by,
        RESPOND_WITHIN_S[priority], RESOLVE_WITHIN_S[priority],
    )  # fmt: skip


def _objectives(run: Run) -> tuple[ObjectiveResult, ...]:
    """Return rows for the objectives of the plan: latencies from the series, the others by hand."""
    rows: list[ObjectiveResult] = []
    special = {name for objective in run.manifest.plan.objectives.objective for name in objective.operations}
    for objective in run.manifest.plan.objectives.objective:
        for stage in run.manifest.plan.stages:
            if not stage.is_judged:
                continue
            if objective.metric.value == "probe":
                continue
            scope: Sequence[str | None] = [None]
            if objective.scope.value == "each":
                scope = [
                    n
                    for n in run.operations
                    if n in objective.operations or (not objective.operations and n not in special)
                ]
            for operation in scope:
                value, interval, count = _observed(run, objective.metric.value, operation, stage.start_s, stage.end_s)
                better = objective.is_higher_better
                missed = value < objective.limit if better else value > objective.limit
                inside = interval[0] <= objective.limit <= interval[1] and interval[0] < interval[1]
                outcome = (
                    ObjectiveOutcome.MARGINAL if inside else ObjectiveOutcome.FAIL if missed else ObjectiveOutcome.PASS
                )
                if objective.name in {"concurrent_users", "request_rate"}:
                    outcome = ObjectiveOutcome.NOT_MEASURED
                rows.append(
                    ObjectiveResult(
                        objective.name, objective.title, stage.name, operation, objective.metric.value, objective.unit, better,
                        objective.limit, objective.target, None if outcome is ObjectiveOutcome.NOT_MEASURED else value,
                        None if outcome is ObjectiveOutcome.NOT_MEASURED else interval, count, False, outcome,
                        "this scenario does not go up to the limit; run capacity_10k" if outcome is ObjectiveOutcome.NOT_MEASURED else "",
                    )
                )  # fmt: skip
        if objective.metric.value == "probe":
            rows.append(
                ObjectiveResult(
                    objective.name, objective.title, None, None, "probe", objective.unit, objective.is_higher_better, objective.limit,
                    objective.target, None, None, 0, False, ObjectiveOutcome.NOT_MEASURED, objective.why_not_measured or "",
                )
            )  # fmt: skip
    return tuple(rows)


def _observed(
    run: Run, metric: str, operation: str | None, start_s: float, end_s: float
) -> tuple[float, tuple[float, float], int]:
    histogram = run.response(start_s, end_s, None if operation is None else [operation])
    count = histogram.count
    match metric:
        case "response_p95":
            value = (histogram.quantile_us(0.95) or 0.0) / 1e6
            return value, (value * 0.96, value * 1.05), count
        case "error_ratio":
            return 0.0006, (0.0002, 0.0012), count
        case "uptime_ratio":
            return 1.0, (0.9988, 1.0), int(end_s - start_s)
        case "booking_completion_ratio":
            return 0.829, (0.811, 0.846), 620
        case "payment_success_ratio":
            return 0.9978, (0.9951, 0.9992), 560
        case _:
            return 0.0, (0.0, 0.0), 0


def _comparisons(made: Example) -> tuple[ComparisonResult, ...]:
    run = made.run
    stage = next(stage for stage in run.manifest.plan.stages if stage.name == "baseline")
    generator = np.random.default_rng(11)
    gated = [run.series.names[list(OPERATIONS).index(name)] for name in run.manifest.plan.comparison.operations]
    rows = []
    for name in sorted(gated, key=run.series.names.index) + [name for name in run.operations if name not in gated]:
        slots = name == run.series.names[0]
        for metric, tolerated in (
            ("response_p50", 0.15),
            ("response_p95", 0.20),
            ("response_p99", 0.25),
            ("rate", 0.10),
        ):
            middle = float(generator.normal(0.0, 0.02)) + (0.30 if slots and metric != "rate" else 0.0)
            half = {"response_p50": 0.03, "response_p95": 0.09, "response_p99": 0.14, "rate": 0.02}[metric]
            statement, gate, because = _stated(name, metric, slots, name in gated, run)
            if statement is Statement.CANNOT_TELL:
                half = 0.3
            observed = (
                24.0 if metric == "rate" else run.response(stage.start_s, stage.end_s, [name]).quantile_us(0.95) or 1.0
            )
            base = observed / (1 + middle)
            rows.append(
                ComparisonResult(
                    "baseline", name, metric, "lower" if metric == "rate" else "higher", base, observed, middle,
                    (middle - half, middle + half), 0.95, tolerated, (10, 1), 2450,
                    tuple(float(base * (1 + generator.normal(0, 0.02))) for _ in range(10)), half * 0.8,
                    statement, gate, because,
                )
            )  # fmt: skip
    return tuple(rows)


def _stated(name: str, metric: str, slots: bool, gated: bool, run: Run) -> tuple[Statement, Gate, str]:
    if slots and metric != "rate":
        return (
            Statement.REGRESSED,
            Gate.FAIL,
            "the whole interval lies above 0 and the change is above the tolerated one",
        )
    if name == run.series.names[8] and metric == "response_p99":
        return (
            Statement.CANNOT_TELL,
            Gate.INCONCLUSIVE,
            "the interval reaches beyond the tolerated +25 %; 3 more runs would settle it",
        )
    if not gated:
        return Statement.NO_CHANGE, Gate.NOT_GATED, "not among the scenario's compared operations"
    return Statement.NO_CHANGE, Gate.PASS, "the interval holds 0 and stays under the tolerated change"


def _invariants(*, broken: bool) -> tuple[InvariantResult, ...]:
    found = tuple(entry.as_record() for entry in witness()) if broken else ()
    return (
        InvariantResult(
            "no_double_booking", "No double booking", 1412, int(broken), found,
            ObjectiveOutcome.FAIL if broken else ObjectiveOutcome.PASS,
            "two acknowledged bookings hold barber 7 at the same time" if broken else "",
        ),
        InvariantResult("no_double_charge", "No double charge", 1290, 0, (), ObjectiveOutcome.PASS, ""),
        InvariantResult(
            "no_lost_booking", "No acknowledged booking lost", 0, 0, (), ObjectiveOutcome.NOT_MEASURED,
            "the target gives no read access to appointments; set [clients] staff in the target profile",
        ),
    )  # fmt: skip


def _checks() -> tuple[GeneratorCheck, ...]:
    return (
        GeneratorCheck("loop_lag", "Loop lag p99", 2_100.0, 50_000.0, "us", True, ""),
        GeneratorCheck("lateness", "Lateness of sessions p99", 1_450.0, 100_000.0, "us", True, ""),
        GeneratorCheck("dropped", "Dropped arrivals", 0.0, 0.001, "ratio", True, ""),
        GeneratorCheck("cpu", "CPU of the busiest worker", 0.44, 0.9, "ratio", True, ""),
        GeneratorCheck("worker_loss", "Lost workers", 0.0, 0.0, "count", True, ""),
        GeneratorCheck(
            "clock", "Clock offset to the target", None, 5_000.0, "us", True, "the target sends no Date header"
        ),
    )


def _stages(run: Run) -> tuple[StageSummary, ...]:
    rows = []
    for stage in run.manifest.plan.stages:
        histogram = run.response(stage.start_s, stage.end_s)
        p50, p95, p99 = histogram.quantiles_us([0.5, 0.95, 0.99]) or (None, None, None)
        judged = stage.is_judged
        rows.append(
            StageSummary(
                stage.name, stage.kind.value, stage.level, stage.start_s, stage.end_s, stage.sessions_per_s, stage.sessions_per_s,
                histogram.count / stage.duration_s, 0, p50, p95, p99, histogram.count, 0.0004,
                (stage.name != "plus_50") if judged else None,
                "GET /appointments/slots p95 over its limit" if stage.name == "plus_50" else ("" if judged else "not judged: warm-up"),
            )
        )  # fmt: skip
    return tuple(rows)


def _funnel() -> tuple[FunnelStep, ...]:
    counts = (("begun", 912), ("slot_chosen", 858), ("booked", 803), ("paid", 761), ("confirmed", 756))
    steps, before = [], None
    for milestone, count in counts:
        steps.append(FunnelStep(milestone, count, None if before is None else count / before, count / 912))
        before = count
    return tuple(steps)
