"""After the break, back down with the load still on: does the target recover by itself? (N. Bronson et al., Metastable Failures
in Distributed Systems, HotOS 2021.)

A target whose queue, retries or lost cache keep it slow at a load that it carried before is metastable: it needs help, such as a
restart. Recovered is the first second from which on the aggregate of all that follows keeps the limits, not a single good second.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from analysis.figures import milliseconds, number
from analysis.observed import FAILED_COLUMNS, Observed
from analysis.staircase import Recovery
from records.histogram import SIZE, Histogram
from records.run import Run
from records.series import OUTCOMES
from records.window import Outcome
from scenarios.objectives import Metric, Scope
from scenarios.scenario import StageKind

MIN_REST = 0.25  # of the stage must be good to its end: a last good second is not a recovery


def recovery(run: Run, stages: Sequence[Observed]) -> Recovery | None:
    """Return how the target came back in the stage after the climb, None where there is no such stage in the records."""
    steps = [
        observed.stage.end_s for observed in stages if observed.stage.kind is StageKind.STEP and observed.seconds > 0
    ]
    after = [
        observed
        for observed in stages
        if observed.stage.kind is StageKind.COOL_DOWN and steps and observed.stage.start_s >= max(steps)
    ]
    if not after or after[0].seconds < 1:
        return None
    observed = after[0]
    good = _good_from(run, observed)
    rest_s = MIN_REST * observed.seconds
    first = next((second for second in range(observed.seconds) if good[second]), None)
    stage = observed.stage
    if first is None or observed.seconds - first < rest_s:
        p95_us = observed.histogram().quantile_us(0.95)
        told = "" if p95_us is None else f": p95 {milliseconds(p95_us)} over the whole of it"
        because = f"it did not recover within {number(observed.seconds)} s with the load still on at level {number(stage.level)}{told}"
        return Recovery(stage.name, stage.level, None, float(observed.seconds), because)
    return Recovery(stage.name, stage.level, float(first), float(observed.seconds), "")


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
