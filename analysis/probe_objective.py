"""Objectives that only a probe can measure: the signal of the target profile that stands for each, against its limit.

A histogram or a gauge is judged in each stage. A ratio of counters (deliveries, cache hits) is judged once over all judged
stages, as sessions are: what it counts is rare.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from analysis.figures import counted, percent, quantity
from analysis.interval import needed_for_bound
from analysis.objective_row import judged, misses_as_observed, row_of
from analysis.observed import Observed
from analysis.signal import Figure, figure_of
from analysis.verdict import ObjectiveOutcome, ObjectiveResult
from records.run import Run
from scenarios.objectives import Metric, Objective
from scenarios.probe import Signal, signal_named

MISSES_TO_JUDGE = 20  # a floor of 98 % needs 1,000 events: with fewer a miss or two more or less decide
MIN_FAIL_COUNT = 30  # fewer say nothing, however bad they were
NO_PROBE = "no probe is configured"


def probe_objectives(run: Run, stages: Sequence[Observed]) -> list[ObjectiveResult]:
    """Return the rows of all objectives that need a probe; `stages` are the judged ones."""
    rows = []
    for objective in _wanted(run):
        if _is_pooled(run, objective):
            rows.append(_row(run, objective, stages, None))
        else:
            rows += [_row(run, objective, [observed], observed) for observed in stages] or [
                _row(run, objective, (), None)
            ]
    return [row for row in rows if row.observed is not None] + _once([row for row in rows if row.observed is None])


def stage_probe_objectives(run: Run, observed: Observed) -> list[ObjectiveResult]:
    """Return the rows of one stage that is looked at by itself, such as a step."""
    return [_row(run, objective, [observed], observed) for objective in _wanted(run)]


def _wanted(run: Run) -> list[Objective]:
    return [objective for objective in run.manifest.plan.objectives.objective if objective.metric is Metric.PROBE]


def _once(rows: list[ObjectiveResult]) -> list[ObjectiveResult]:
    """Return rows that were not measured, those of several stages with the same reason as one row of no stage."""
    by_reason: dict[tuple[str, str], list[ObjectiveResult]] = {}
    for row in rows:
        by_reason.setdefault((row.name, row.because), []).append(row)
    return [found[0] if len(found) == 1 else replace(found[0], stage=None) for found in by_reason.values()]


def _is_pooled(run: Run, objective: Objective) -> bool:
    found = None if objective.signal is None else signal_named(run.manifest.plan.target.probes, objective.signal)
    return found is not None and _is_share(found[1])


def _is_share(signal: Signal) -> bool:
    return bool(signal.of) and signal.unit == "ratio"


def _row(run: Run, objective: Objective, stages: Sequence[Observed], observed: Observed | None) -> ObjectiveResult:
    found = None if objective.signal is None else signal_named(run.manifest.plan.target.probes, objective.signal)
    if found is None:
        return row_of(objective, None, None, None, None, 0, because=objective.why_not_measured or NO_PROBE)
    if not stages:
        return row_of(objective, None, None, None, None, 0, because="no stage of this run is judged")
    probe, signal = found
    spans = [(each.first, each.end) for each in stages]
    figure = figure_of(run.probes, probe, signal, spans, objective.quantile)
    if figure.value is None or figure.interval is None:
        return row_of(objective, observed, None, None, None, 0, because=figure.because)
    few = _too_few(objective, signal, figure)
    if few:
        return row_of(objective, observed, None, None, None, figure.count, because=few)
    return _closer(
        signal,
        judged(
            objective, observed, None, figure.value, figure.interval, figure.count, noun=_noun(signal),
            events=0 < figure.value < 1 or not _is_share(signal),
        ),
    )  # fmt: skip


def _closer(signal: Signal, row: ObjectiveResult) -> ObjectiveResult:
    """Return a row with the true reason where a limit lies inside a bucket: more values would not settle that."""
    if signal.histogram is None or row.outcome is not ObjectiveOutcome.MARGINAL or row.interval is None:
        return row
    how = "missed" if misses_as_observed(row) else "holds"
    low, high = (quantity(end, row.unit) for end in row.interval)
    return replace(
        row, because=f"{how} as observed; it is between {low} and {high}, the buckets of the histogram tell no closer"
    )


def _too_few(objective: Objective, signal: Signal, figure: Figure) -> str:
    """Return why there are too few events to judge, "" where there are enough, or where they are bad without a doubt."""
    needed, noun = 0, _noun(signal)
    if signal.histogram is not None:
        needed = needed_for_bound(0.95 if objective.quantile is None else objective.quantile)
    elif _is_share(signal):
        allowed = 1 - objective.limit if objective.is_higher_better else objective.limit
        needed = math.ceil(MISSES_TO_JUDGE / allowed) if allowed > 0 else 0
    if figure.count >= needed or (figure.count >= MIN_FAIL_COUNT and _fails(objective, figure)):
        return ""
    told = "" if figure.value is None or objective.unit != "ratio" else f" ({percent(figure.value)} of them so far)"
    return f"only {counted(figure.count, *noun)}{told}; it takes {needed:,}"


def _fails(objective: Objective, figure: Figure) -> bool:
    """Tell whether the whole interval is beyond the limit."""
    assert figure.interval is not None
    low, high = figure.interval
    return high < objective.limit if objective.is_higher_better else low > objective.limit


def _noun(signal: Signal) -> tuple[str, str]:
    if signal.histogram is not None:
        return "value of the histogram", "values of the histogram"
    return ("event", "events") if signal.of else ("second", "seconds")
