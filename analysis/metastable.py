"""After the break, back down with the load still on: does the target recover by itself? (N. Bronson et al., Metastable Failures
in Distributed Systems, HotOS 2021.)

A target whose queue, retries or lost cache keep it slow at a load that it carried before is metastable: it needs help, such as a
restart. Recovered is the first second from which on the aggregate of all that follows keeps the limits, not a single good second.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from analysis.figures import milliseconds, number
from analysis.observed import FAILED_COLUMNS, Observed, observe
from analysis.staircase import Recovery
from records.histogram import SIZE, Histogram
from records.run import Run
from records.series import OUTCOMES
from records.window import Outcome
from scenarios.layout import PlannedStage
from scenarios.objectives import Metric, Scope
from scenarios.scenario import StageKind

MIN_REST = 0.25  # of the stage must be good to its end: a last good second is not a recovery
MIN_CALM_S = 3.0  # the same of a rest under way, which may have lasted for a few seconds only
LATE_ANSWERS_S = 2.0  # before now: a second is that of the intended starts, and its slow answers are still out


def recovery(run: Run, stages: Sequence[Observed]) -> Recovery | None:
    """Return how the target came back after all that was measured of the climb, None where there is no load after it in the records."""
    found = _ways_back(run, stages)
    return None if not found or _rises_after(stages, found[-1]) else _came_back(run, found[-1])


def overload(run: Run, stages: Sequence[Observed]) -> Recovery | None:
    """Return how it came back after the steps past the break, None where the load did not rise again: `recovery` tells then."""
    found = _ways_back(run, stages)
    return _came_back(run, found[0]) if found and _rises_after(stages, found[0]) else None


def is_calm(run: Run, rest: PlannedStage) -> bool:
    """Tell whether the target has recovered within a rest, as far as it is recorded; its latest answers may still be out."""
    until_s = min(rest.end_s, run.last_second + 1 - LATE_ANSWERS_S)
    if until_s - rest.start_s < MIN_CALM_S:
        return False
    observed = observe(run, rest.model_copy(update={"end_s": until_s}))
    first = _first_good(run, observed)
    return first is not None and observed.seconds - first >= MIN_CALM_S


def _ways_back(run: Run, stages: Sequence[Observed]) -> list[Observed]:
    """Return the stretches at a low load after steps; a rest that went over into the way back is one with it."""
    found: list[Observed] = []
    steps = [observed.stage for observed in stages if observed.stage.kind is StageKind.STEP and observed.seconds > 0]
    for observed in stages:
        stage = observed.stage
        if stage.kind is not StageKind.COOL_DOWN or observed.seconds < 1:
            continue
        if found and found[-1].stage.end_s == stage.start_s and found[-1].stage.level == stage.level:
            found[-1] = observe(run, stage.model_copy(update={"start_s": found[-1].stage.start_s}))
        elif any(step.end_s <= stage.start_s for step in steps):
            found.append(observed)
    return found


def _rises_after(stages: Sequence[Observed], back: Observed) -> bool:
    """Tell whether a step was measured after a way back."""
    return any(
        observed.stage.kind is StageKind.STEP and observed.seconds > 0 and observed.stage.start_s >= back.stage.end_s
        for observed in stages
    )


def _came_back(run: Run, observed: Observed) -> Recovery:
    stage, first = observed.stage, _first_good(run, observed)
    if first is not None:
        return Recovery(stage.name, stage.level, float(first), float(observed.seconds), "")
    p95_us = observed.histogram().quantile_us(0.95)
    told = "" if p95_us is None else f": p95 {milliseconds(p95_us)} over the whole of it"
    because = f"it did not recover within {number(observed.seconds)} s with the load still on at level {number(stage.level)}{told}"
    return Recovery(stage.name, stage.level, None, float(observed.seconds), because)


def _first_good(run: Run, observed: Observed) -> int | None:
    """Return the first second from which on everything keeps the limits, None where that is too late to be a recovery."""
    good = _good_from(run, observed)
    first = next((second for second in range(observed.seconds) if good[second]), None)
    return None if first is None or observed.seconds - first < MIN_REST * observed.seconds else first


def _good_from(run: Run, observed: Observed) -> list[bool]:
    """Tell for each second of a stage whether everything from there to its end keeps the limits of latency and errors."""
    limit_us, limit_ratio = _limits(run)
    outcomes = observed.outcomes_by_second()[::-1].cumsum(axis=0)[::-1]
    failed = outcomes[:, FAILED_COLUMNS].sum(axis=1)
    attempts = outcomes.sum(axis=1) - outcomes[:, OUTCOMES.index(Outcome.ABORTED)]
    good = []
    for second, onward in _onward(observed):
        p95_us = onward.quantile_us(0.95)
        slow = p95_us is None or (limit_us is not None and p95_us > limit_us)
        bad = limit_ratio is not None and attempts[second] > 0 and failed[second] / attempts[second] > limit_ratio
        good.append(not slow and not bad)
    return good[::-1]


def _onward(observed: Observed) -> Iterator[tuple[int, Histogram]]:
    """Yield each second of a stage, the last one first, with the histogram of all requests from it to the end."""
    cells = observed.response
    used = np.isin(cells.operation, observed.columns())
    second, cell, count = cells.second[used] - observed.first, cells.cell[used], cells.count[used]
    order = np.argsort(second, kind="stable")
    starts = np.searchsorted(second[order], np.arange(observed.seconds + 1))
    onward = np.zeros(SIZE, dtype=np.int64)
    for place in range(observed.seconds - 1, -1, -1):
        rows = order[starts[place] : starts[place + 1]]
        np.add.at(onward, cell[rows], count[rows])
        yield place, Histogram(onward)


def _limits(run: Run) -> tuple[float | None, float | None]:
    """Return the limits on p95 of all operations together, in us, and on the error ratio; None where there is none."""
    found: dict[Metric, float] = {}
    for row in run.manifest.plan.objectives.objective:
        if (
            not row.operations
            and row.scope is Scope.TOGETHER
            and row.metric in {Metric.RESPONSE_P95, Metric.ERROR_RATIO}
        ):
            found.setdefault(row.metric, row.limit)
    p95_s = found.get(Metric.RESPONSE_P95)
    return None if p95_s is None else p95_s * 1e6, found.get(Metric.ERROR_RATIO)


def in_words(found: Recovery) -> str:
    """Return a recovery as a sentence part."""
    if found.recovered_s is None:
        return found.because
    return f"back at level {number(found.level)} it kept its limits from second {number(found.recovered_s)} on, with the load still on"
