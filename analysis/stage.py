"""Each stage in figures, and whether all objectives held in it; for steps the way to the breaking point."""

from collections.abc import Sequence

from analysis.figures import listed, percent
from analysis.health import MAX_CPU_RATIO, MAX_LOOP_LAG_US_P99, cpu_ratios, lag_us_p99, samples_in
from analysis.imported import as_far_as_known
from analysis.objective import excess, in_words, stage_objectives
from analysis.observed import Observed, attempts_by_second, failed_by_second
from analysis.probe_objective import stage_probe_objectives
from analysis.verdict import ObjectiveOutcome, ObjectiveResult, StageSummary
from analysis.waiting import dropped_or_late
from records.run import Run
from scenarios.plan import planned_sessions_per_s
from scenarios.scenario import Model, StageKind

MIN_STARTED_RATIO = 0.99  # a level is sustained where so many of its sessions started (docs/exhaustion.md)
SHOWN = (0.5, 0.95, 0.99)
KIND_WORD = {StageKind.WARM_UP: "warm-up", StageKind.COOL_DOWN: "cool-down"}


def summarise(run: Run, stages: Sequence[Observed], objectives: Sequence[ObjectiveResult]) -> tuple[StageSummary, ...]:
    """Return all stages in the order of the plan; `objectives` are the rows of the judged ones."""
    return tuple(_summary(run, observed, objectives) for observed in stages)


def _summary(run: Run, observed: Observed, objectives: Sequence[ObjectiveResult]) -> StageSummary:
    stage, seconds = observed.stage, max(1, observed.seconds)
    histogram, by_second = observed.histogram(), observed.outcomes_by_second()
    attempts, failed = int(attempts_by_second(by_second).sum()), int(failed_by_second(by_second).sum())
    planned, _, _ = dropped_or_late(run, observed)
    samples = samples_in(run, observed)
    plan = run.manifest.plan
    planned_per_s = planned / seconds if plan.model is Model.OPEN else planned_sessions_per_s(plan, stage)
    held, because = _held(run, observed, objectives)
    p50, p95, p99 = histogram.quantiles_us(SHOWN) or (None, None, None)
    service = run.service(observed.first, observed.end).quantiles_us(SHOWN) or (None, None, None)
    return StageSummary(
        name=stage.name,
        kind=stage.kind.value,
        level=stage.level,
        start_s=stage.start_s,
        end_s=stage.end_s,
        planned_sessions_per_s=planned_per_s,
        started_sessions_per_s=None if planned_per_s is None else sum(sample.started for sample in samples) / seconds,
        request_rate_per_s=attempts / seconds,
        users=round(sum(sample.busy for sample in samples) / seconds),
        response_us_p50=p50,
        response_us_p95=p95,
        response_us_p99=p99,
        service_us_p50=service[0],
        service_us_p95=service[1],
        service_us_p99=service[2],
        count=histogram.count,
        error_ratio=failed / attempts if attempts else None,
        objectives_held=held,
        because=because,
    )


def _held(run: Run, observed: Observed, objectives: Sequence[ObjectiveResult]) -> tuple[bool | None, str]:
    """Return whether all objectives held in a stage, None where that was not asked or cannot be told, and why."""
    stage = observed.stage
    if not stage.is_measured:
        return None, f"not judged: {KIND_WORD.get(stage.kind, stage.kind.value)}"
    if stage.kind is StageKind.FAULT:
        return None, "not judged: something is broken on purpose, the resilience figures say how it did"
    if not observed.operations:
        return None, "no request was recorded in this stage"
    sickness = sickness_in_words(run, observed)
    if sickness:
        return None, sickness
    judged = [row for row in objectives if row.stage == stage.name]
    rows = judged if stage.is_judged else (*stage_objectives(run, observed), *stage_probe_objectives(run, observed))
    rows = [as_far_as_known(run.manifest.imported, row) for row in rows]
    problem = missed_in_words(rows) or _unsustained(run, observed)
    if problem:
        return False, problem
    measured = any(row.outcome is not ObjectiveOutcome.NOT_MEASURED for row in rows)
    because = "too few requests to judge any objective"
    if measured and run.manifest.imported is not None:
        measured, because = False, "imported: no miss shows in what the file tells"
    return (True, "") if measured else (None, because)


def missed_in_words(rows: Sequence[ObjectiveResult]) -> str:
    """Return the worst missed objective and how many more there are, "" where there is none."""
    missed = [row for row in rows if row.outcome is ObjectiveOutcome.FAIL]
    if not missed:
        return ""
    worst = max(missed, key=lambda row: (row.operation is not None, excess(row), row.name, row.operation or ""))
    return in_words(worst) + (f" (and {len(missed) - 1} more)" if len(missed) > 1 else "")


def sickness_in_words(run: Run, observed: Observed) -> str:
    """Return why a stage says nothing of the target, "" where the generator was well."""
    busy = [
        f"{worker} used {percent(ratio)} of a core"
        for worker, ratio in cpu_ratios(run, observed).items()
        if ratio > MAX_CPU_RATIO
    ]
    if lag_us_p99(run, observed) > MAX_LOOP_LAG_US_P99:
        busy.append("its loop was late")
    return f"void: the generator was at its limit ({listed(busy)}); use more workers" if busy else ""


def _unsustained(run: Run, observed: Observed) -> str:
    planned, dropped, _ = dropped_or_late(run, observed)
    samples = samples_in(run, observed)
    started = sum(sample.started for sample in samples)
    if planned == 0 or started / planned >= MIN_STARTED_RATIO:
        return ""
    return f"not sustained: {percent(started / planned)} of the planned sessions started, {dropped:,} were dropped"
