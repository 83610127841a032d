"""Verdicts of every kind on the example run: what reports are tested on."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

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
from records.run import Run
from tests.unit.reports.build_example import OPERATIONS, Example, witness


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
        service = run.service(stage.start_s, stage.end_s)
        s50, s95, s99 = service.quantiles_us([0.5, 0.95, 0.99]) or (None, None, None)
        judged = stage.is_judged
        rows.append(
            StageSummary(
                stage.name, stage.kind.value, stage.level, stage.start_s, stage.end_s, stage.sessions_per_s, stage.sessions_per_s,
                histogram.count / stage.duration_s, 0, p50, p95, p99, s50, s95, s99, histogram.count, 0.0004,
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
