"""Objectives against what was observed: pass, fail, marginal (the limit lies inside the interval), or not measured and why."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from analysis.figures import counted, listed, number, percent, quantity
from analysis.funnel import BOOKERS, PAYERS, judged_milestones
from analysis.health import samples_in
from analysis.interval import (
    needed_for_bound,
    overdispersion,
    quantile_interval_us,
    rate_interval,
    ratio_interval,
)
from analysis.objective_row import judged, misses_as_observed, row_of
from analysis.observed import Observed, attempts_by_second, failed_by_second
from analysis.probe_objective import probe_objectives
from analysis.verdict import ObjectiveOutcome, ObjectiveResult
from records.journey import Milestone
from records.run import Run
from records.series import OUTCOMES
from records.window import SERVED
from scenarios.objectives import LATENCY_QUANTILE, RESILIENCE, Metric, Objective, ObjectiveSet, Scope
from scenarios.plan import planned_requests_per_s
from scenarios.scenario import Model

MIN_FAIL_COUNT = 30  # fewer requests than this say nothing, however slow they were
SERVED_COLUMNS = [OUTCOMES.index(outcome) for outcome in sorted(SERVED)]
SESSION_METRICS = {
    Metric.BOOKING_COMPLETION_RATIO: (BOOKERS, Milestone.BOOKED, Milestone.BEGUN, "booking begun", "bookings begun"),
    Metric.PAYMENT_SUCCESS_RATIO: (
        PAYERS, Milestone.PAYMENT_SUCCEEDED, Milestone.PAYMENT_TRIED, "payment tried", "payments tried",
    ),
}  # fmt: skip
METRIC_WORD = {
    Metric.RESPONSE_P50: "p50",
    Metric.RESPONSE_P95: "p95",
    Metric.RESPONSE_P99: "p99",
    Metric.RESPONSE_P999: "p99.9",
}


def judge_objectives(run: Run, stages: Sequence[Observed]) -> tuple[ObjectiveResult, ...]:
    """Return a row for each objective, stage and (scope `each`) operation, in the order of the objectives file.

    `stages` are the judged ones. Objectives on sessions are judged once over all of them (`stage` None).
    """
    rows = [row for observed in stages for row in stage_objectives(run, observed)]
    plan = run.manifest.plan
    rows += [
        _sessions(run, objective) for objective in plan.objectives.objective if objective.metric in SESSION_METRICS
    ]
    rows += probe_objectives(run, stages)
    place = {objective.name: index for index, objective in enumerate(plan.objectives.objective)}
    starts = {stage.name: stage.start_s for stage in plan.stages}
    return tuple(
        sorted(rows, key=lambda row: (place[row.name], starts.get(row.stage or "", -1.0), row.operation or ""))
    )


def stage_objectives(run: Run, observed: Observed) -> tuple[ObjectiveResult, ...]:
    """Return the rows of one stage: latencies, errors, uptime, load."""
    plan = run.manifest.plan
    rows: list[ObjectiveResult] = []
    load: list[ObjectiveResult] = []
    for objective in plan.objectives.objective:
        if objective.metric in RESILIENCE:  # judged of faults, not of stages
            continue
        match objective.metric:
            case Metric.ERROR_RATIO:
                rows.append(_errors(objective, observed))
            case Metric.UPTIME_RATIO:
                rows.append(_uptime(objective, observed))
            case Metric.CONCURRENT_USERS:
                load.append(_users(run, objective, observed))
            case Metric.RATE_PER_S:
                load.append(_rate(run, objective, observed))
            case Metric.BOOKING_COMPLETION_RATIO | Metric.PAYMENT_SUCCESS_RATIO | Metric.PROBE:
                continue
            case _:
                rows += [
                    _latency(objective, observed, name)
                    for name in judged_operations(plan.objectives, objective, observed.operations)
                ]
    return tuple(rows + [_within_the_others(row, rows) for row in load])


def leaves_open(row: ObjectiveResult) -> bool:
    """Tell whether a row keeps the run from passing without failing it.

    A marginal one does where the observed value itself misses the limit, or where the objective is required; one that was
    not measured only where it is required.
    """
    match row.outcome:
        case ObjectiveOutcome.MARGINAL:
            return row.required or misses_as_observed(row)
        case ObjectiveOutcome.NOT_MEASURED:
            return row.required
        case _:
            return False


def excess(row: ObjectiveResult) -> float:
    """Return how many times the limit was exceeded: latencies and error ratios by quotient, floors by what is missing."""
    assert row.observed is not None
    if row.higher_is_better:
        room = 1 - row.limit if row.unit == "ratio" and row.limit < 1 else row.limit
        return 1 + (row.limit - row.observed) / room
    return row.observed / row.limit if row.limit else math.inf


def judged_operations(objectives: ObjectiveSet, objective: Objective, seen: Sequence[str]) -> Sequence[str | None]:
    """Return the operations of a latency objective among those seen, None for all together or the named ones together."""
    if objective.scope is Scope.TOGETHER:
        return [objective.operations[0] if len(objective.operations) == 1 else None]
    if objective.operations:
        return sorted(objective.operations)
    special = {
        name
        for other in objectives.objective
        if other.metric is objective.metric and other.name != objective.name
        for name in other.operations
    }
    return [name for name in seen if name not in special]


def _latency(objective: Objective, observed: Observed, operation: str | None) -> ObjectiveResult:
    quantile = LATENCY_QUANTILE[objective.metric]
    operations = [operation] if operation is not None else objective.operations or None
    histogram, edge = observed.histogram(operations), observed.edge(objective.limit_us, operations)
    count, values_us = histogram.count, histogram.quantiles_us([quantile], edge)
    interval_us = quantile_interval_us(histogram, quantile, edge)
    if values_us is None or interval_us is None:
        return row_of(objective, observed, operation, None, None, 0, because="no request of it in this stage")
    value_us, interval = values_us[0], (interval_us[0] / 1e6, interval_us[1] / 1e6)
    needed = needed_for_bound(quantile)
    if count < needed and not (count >= MIN_FAIL_COUNT and interval[0] > objective.limit):
        because = f"only {counted(count, 'request')}; {METRIC_WORD[objective.metric]} needs {needed:,}"
        return row_of(objective, observed, operation, None, None, count, because=because)
    return judged(objective, observed, operation, value_us / 1e6, interval, count, noun=("request", "requests"))


def _errors(objective: Objective, observed: Observed) -> ObjectiveResult:
    by_second = observed.outcomes_by_second(objective.operations or None)
    failed, attempts = failed_by_second(by_second), attempts_by_second(by_second)
    count, errors = int(attempts.sum()), int(failed.sum())
    operation = objective.operations[0] if len(objective.operations) == 1 else None
    if count == 0:
        return row_of(objective, observed, operation, None, None, 0, because="no request of it in this stage")
    interval = ratio_interval(errors, count, overdispersion(failed, attempts))
    return judged(
        objective, observed, operation, errors / count, interval, count, noun=("request", "requests"), events=errors > 0
    )


def _uptime(objective: Objective, observed: Observed) -> ObjectiveResult:
    """Judge the share of seconds with service. Every second was seen, so that there is no sampling and no interval."""
    by_second = observed.outcomes_by_second(objective.operations or None)
    failed, attempts = failed_by_second(by_second), attempts_by_second(by_second)
    seconds = int((attempts > 0).sum())
    operation = objective.operations[0] if len(objective.operations) == 1 else None
    if seconds == 0:
        return row_of(objective, observed, operation, None, None, 0, because="no request of it in this stage")
    without = np.flatnonzero(2 * failed > attempts)
    share = 1 - without.size / seconds
    row = judged(objective, observed, operation, share, (share, share), seconds, noun=("second", "seconds"))
    if without.size == 0:
        return row
    first = observed.first + int(without[0])
    because = f"{without.size:,} of {counted(seconds, 'second')} without service (more than half of the requests failed), the first at {first:,} s"
    return replace(row, because=because)


def _sessions(run: Run, objective: Objective) -> ObjectiveResult:
    personas, reached, of, singular, plural = SESSION_METRICS[objective.metric]
    totals = judged_milestones(run, personas)
    count = totals[of]
    if count == 0:
        because = f"no session of the judged stages got so far ({plural}: 0)"
        return row_of(objective, None, None, None, None, 0, because=because)
    done = min(totals[reached], count)
    return judged(
        objective, None, None, done / count, ratio_interval(done, count), count, noun=(singular, plural), events=done < count
    )  # fmt: skip


def _users(run: Run, objective: Objective, observed: Observed) -> ObjectiveResult:
    stage = observed.stage
    if run.manifest.plan.model is Model.OPEN:
        return row_of(
            objective, observed, None, None, None, 0,
            because="this scenario offers arrivals, not a number of users; use capacity_10k",
        )  # fmt: skip
    if stage.users < objective.limit:
        because = f"this scenario offers {stage.users:,} users; use capacity_10k"
        return row_of(objective, observed, None, None, None, 0, because=because)
    users = np.zeros(max(1, observed.seconds), dtype=np.int64)
    for sample in run.generator:
        if observed.first <= sample.second < observed.end:
            users[sample.second - observed.first] += sample.users
    middle = float(np.median(users))
    return judged(objective, observed, None, middle, (middle, middle), observed.seconds, noun=("second", "seconds"))


def _rate(run: Run, objective: Objective, observed: Observed) -> ObjectiveResult:
    served = observed.outcomes_by_second(objective.operations or None)[:, SERVED_COLUMNS].sum(axis=1, dtype=np.int64)
    count, rate = int(served.sum()), float(served.sum()) / max(1, observed.seconds)
    interval = rate_interval(count, max(1, observed.seconds), overdispersion(served, np.ones_like(served)))
    planned = planned_requests_per_s(run.manifest.plan, observed.stage)
    offered = _offered_requests_per_s(run, observed, rate) if planned is None else planned
    if max(offered, interval[1]) < objective.limit:
        because = f"this scenario offers {number(offered)} requests per s; use capacity_10k"
        return row_of(objective, observed, None, None, None, 0, because=because)
    row = judged(objective, observed, None, rate, interval, count, noun=("request", "requests"))
    if planned is None:
        return row
    against = f"{percent(rate / planned)} of the planned {planned:,.0f} per s"
    return replace(row, because=f"{row.because}; {against}" if row.because else against)


def _offered_requests_per_s(run: Run, observed: Observed, served_per_s: float) -> float:
    """Return what a mix offers that has not been measured: planned sessions per s times the requests of one that started.

    A closed population of such a mix has no planned rate; there it is what was served.
    """
    started = sum(sample.started for sample in samples_in(run, observed))
    if observed.stage.sessions_per_s is None or started == 0:
        return served_per_s
    requests = int(observed.outcomes_by_second().sum())
    return observed.stage.sessions_per_s * requests / started


def _within_the_others(row: ObjectiveResult, others: Iterable[ObjectiveResult]) -> ObjectiveResult:
    """Return a row on load as failed where the load was reached, but with another objective of the stage missed."""
    missed = sorted({other.title for other in others if other.outcome is ObjectiveOutcome.FAIL})
    if row.outcome not in {ObjectiveOutcome.PASS, ObjectiveOutcome.MARGINAL} or not missed:
        return row
    return replace(
        row, outcome=ObjectiveOutcome.FAIL, because=f"reached, but not within the other objectives: {listed(missed)}"
    )


def in_words(row: ObjectiveResult) -> str:
    """Return a measured row as a sentence part: "GET /x missed API p95 in stage s: 288 ms, limit 200 ms (400 requests)"."""
    assert row.observed is not None
    verb = "missed" if row.outcome is ObjectiveOutcome.FAIL else "may have missed"
    who = (
        f"{row.operation} {verb} {row.title}"
        if row.operation is not None
        else f"{row.title} {verb.replace('have missed', 'not hold')}"
    )
    if row.operation is None and row.outcome is ObjectiveOutcome.FAIL:
        who = f"{row.title}: missed"
    where = "" if row.stage is None else f" in stage {row.stage}"
    noun = {
        "uptime_ratio": "second",
        "booking_completion_ratio": "session",
        "payment_success_ratio": "session",
        "concurrent_users": "second",
        "probe": "value",
    }.get(row.metric, "injection" if row.metric in RESILIENCE else "request")
    between = ""
    if row.interval is not None and row.interval[0] != row.interval[1]:
        between = f", 90 % interval {quantity(row.interval[0], row.unit)} to {quantity(row.interval[1], row.unit)}"
    side = "at least" if row.higher_is_better else "at most"
    return (
        f"{who}{where}: {quantity(row.observed, row.unit)}, limit {side} {quantity(row.limit, row.unit)}"
        f" ({counted(row.count, noun)}{between})"
    )
