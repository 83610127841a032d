"""The steps of a climb: each level in figures, whether it was good, and if not, what it missed."""

from collections.abc import Sequence

from analysis.figures import change, percent
from analysis.health import samples_in
from analysis.little import little_ratio, off_by
from analysis.objective import excess, stage_objectives
from analysis.observed import Observed, attempts_by_second, failed_by_second
from analysis.probe_objective import stage_probe_objectives
from analysis.signal import figure_of
from analysis.stage import MIN_STARTED_RATIO, missed_in_words, sickness_in_words
from analysis.staircase import Missed, Step, Use
from analysis.steady import drift
from analysis.verdict import ObjectiveOutcome, ObjectiveResult
from records.run import Run
from scenarios.objectives import Metric
from scenarios.probe import signal_named
from scenarios.staircase import CONFIRM

LOAD = frozenset({Metric.CONCURRENT_USERS, Metric.RATE_PER_S})  # what is looked for, not a promise a step can break


def climb(run: Run, stages: Sequence[Observed]) -> tuple[Step, ...]:
    """Return the measured stages that were carried out, in the order of their levels, a lower one first.

    The confirmation is none of them: it is held against what they come to.
    """
    measured = [
        observed
        for observed in stages
        if observed.stage.is_measured and observed.seconds > 0 and observed.stage.name != CONFIRM
    ]
    ordered = sorted(measured, key=lambda observed: (observed.stage.level, observed.stage.start_s))
    steps: list[Step] = []
    rows_before: Sequence[ObjectiveResult] = ()
    for observed in ordered:
        rows = _rows(run, observed)
        step = _step(run, observed, rows, rows_before)
        steps.append(step)
        if step.good:
            rows_before = rows
    return tuple(steps)


def held(run: Run, observed: Observed) -> Step:
    """Return one stage judged as a step of the climb is, with no step before it."""
    return _step(run, observed, _rows(run, observed), ())


def _rows(run: Run, observed: Observed) -> list[ObjectiveResult]:
    rows = [*stage_objectives(run, observed), *stage_probe_objectives(run, observed)]
    return [row for row in rows if row.metric not in LOAD]


def _step(run: Run, observed: Observed, rows: Sequence[ObjectiveResult], before: Sequence[ObjectiveResult]) -> Step:
    stage, seconds = observed.stage, max(1, observed.seconds)
    samples, by_second = samples_in(run, observed), observed.outcomes_by_second()
    attempts, failed = int(attempts_by_second(by_second).sum()), int(failed_by_second(by_second).sum())
    planned, started = sum(sample.planned for sample in samples), sum(sample.started for sample in samples)
    histogram = observed.histogram()
    p50, p95 = histogram.quantiles_us([0.5, 0.95]) or (None, None)
    little = little_ratio(run, observed)
    missed = [row for row in rows if row.outcome is ObjectiveOutcome.FAIL]
    ratio = started / planned if planned else None
    good, because = _judge(run, observed, rows, ratio, little)
    return Step(
        stage=stage.name,
        level=stage.level,
        offered_per_s=planned / seconds,
        started_ratio=ratio,
        request_rate_per_s=attempts / seconds,
        response_us_p50=p50,
        response_us_p95=p95,
        count=histogram.count,
        error_ratio=failed / attempts if attempts else None,
        little_ratio=little,
        uses=_uses(run, observed),
        missed=tuple(_missed(row, before) for row in sorted(missed, key=lambda row: (-excess(row), row.name))),
        good=good,
        because=because,
    )


def _judge(
    run: Run, observed: Observed, rows: Sequence[ObjectiveResult], started_ratio: float | None, little: float | None
) -> tuple[bool | None, str]:
    """Return whether a step was good and why not.

    A step in which the generator was sick says nothing. One that missed an objective is bad, also where it was not steady. A good one
    must be steady, and keep Little's law: figures that do not fit together prove nothing.
    """
    sickness = sickness_in_words(run, observed)
    if sickness:
        return None, sickness
    broken = missed_in_words(rows) or _unsustained(run, observed, started_ratio)
    if broken:
        return False, broken
    if not any(row.outcome is not ObjectiveOutcome.NOT_MEASURED for row in rows):
        return None, "too few requests to judge any objective"
    if little is not None and off_by(run, observed, little) > 0:
        return None, f"void: Little's law is off by {change(little - 1)}, so that its figures do not belong together"
    return True, ""


def _unsustained(run: Run, observed: Observed, started_ratio: float | None) -> str:
    if started_ratio is not None and started_ratio < MIN_STARTED_RATIO:
        return f"not sustained: {percent(started_ratio)} of the planned sessions started"
    moved = drift(observed, run.manifest.plan.time_scale)
    if moved is not None and moved.ratio > 0:
        return f"not sustained: p50 moved by {change(moved.ratio)} between the halves of the step"
    return ""


def _uses(run: Run, observed: Observed) -> tuple[Use, ...]:
    """Return the target's resources as the probes saw them, and the generator's busiest worker beside them."""
    found = [
        Use(resource.name, _value(run, resource.use, observed), _value(run, resource.wait, observed))
        for resource in run.manifest.plan.target.resources
    ]
    return tuple(found)


def _value(run: Run, name: str | None, observed: Observed) -> float | None:
    given = None if name is None else signal_named(run.manifest.plan.target.probes, name)
    if given is None:
        return None
    return figure_of(run.probes, given[0], given[1], [(observed.first, observed.end)]).value


def _missed(row: ObjectiveResult, before: Sequence[ObjectiveResult]) -> Missed:
    same = [other.observed for other in before if (other.name, other.operation) == (row.name, row.operation)]
    assert row.observed is not None, "a row that failed was measured"
    return Missed(row.name, row.title, row.operation, row.unit, row.limit, next(iter(same), None), row.observed)
