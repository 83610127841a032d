"""The rows of a comparison of any two: one metric of one operation of one pair of stages, with its interval and what it states.

Between sets the interval of a change is made of the spread between runs; with one run on each side there is no such spread, and what
is shown is the noise within the two runs, which says nothing of a restart.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit

from analysis.figures import counted
from analysis.interval import Interval, ratio_interval
from analysis.measure import Measure, word
from analysis.side import ALL, Side, counts_of, histogram_of
from analysis.significance import holm
from analysis.spread import MIN_SD, PRIOR_DOF, Spread, spread_of
from analysis.verdict import Statement
from records.baseline import BaselineStage
from records.window import PAYMENT_FLOW

ALPHA = 0.05  # two-sided, over all rows of a comparison together
LEVEL = 0.95
NORMAL_DOF = 1e6  # of an interval within runs: its variance comes of hundreds of resamples
MIN_DOF = 4  # runs of both sides less two: with fewer the spread between runs is hardly known


@dataclass(frozen=True, slots=True)
class ContrastRow:
    """One metric of one operation of one pair of stages. Latencies in us, `rate` per s, `error_ratio` a ratio.

    `basis` says what the interval is made of: `between runs`, `within runs`, or "" where there is none. Of errors `interval` is
    None and each side has its own: `before_interval`, `now_interval` (90 %).
    """

    stage: str
    operation: str
    metric: str
    before: float | None
    now: float | None
    change_ratio: float | None
    interval: Interval | None
    basis: str
    runs: tuple[int, int]
    counts: tuple[int, int]
    statement: Statement
    because: str
    before_interval: Interval | None = None
    now_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A row before it is judged: the spreads of both sides, and the variance within a run."""

    row: ContrastRow
    measure: Measure
    before: Spread
    now: Spread
    within: float

    @property
    def change(self) -> float:
        return self.now.mean - self.before.mean

    @property
    def dof(self) -> int:
        return self.before.runs + self.now.runs - 2


def pair_of(
    stage: str, operation: str, measure: Measure, there: Sequence[BaselineStage], here: Sequence[BaselineStage]
) -> Pair | ContrastRow:
    """Return what is to be judged, or the row as it is where a side has too few requests."""
    was, has = _measured(measure, operation, there), _measured(measure, operation, here)
    counts = sum(count for _, count in was), sum(count for _, count in has)
    row = ContrastRow(
        stage, operation, measure.name, None, None, None, None, "", (len(was), len(has)), counts, Statement.CANNOT_TELL, ""
    )  # fmt: skip
    enough = [[value for value, count in side if count >= measure.needed and value] for side in (was, has)]
    if not all(enough):
        bare = [[value for value, _ in side if value] for side in (was, has)]
        before, now = (math.exp(float(np.mean(np.log(values)))) if values else None for values in bare)
        ratio = None if before is None or now is None else now / before - 1
        because = f"{word(measure)} needs {measure.needed:,} requests in a run"
        return replace(row, before=before, now=now, change_ratio=ratio, because=because)
    within = _within(measure, operation, [*there, *here])
    first, second = spread_of(enough[0], within), spread_of(enough[1], within)
    before, now = math.exp(first.mean), math.exp(second.mean)
    return Pair(
        replace(row, before=before, now=now, change_ratio=now / before - 1, runs=(first.runs, second.runs)),
        measure, first, second, within,
    )  # fmt: skip


def _measured(measure: Measure, operation: str, stages: Sequence[BaselineStage]) -> list[tuple[float | None, int]]:
    """Return the value of each run with the requests it stands on."""
    found: list[tuple[float | None, int]] = []
    for stage in stages:
        if measure.quantile is None:
            served, _, _ = counts_of(stage, operation)
            found.append((served / stage.duration_s if stage.duration_s else None, served))
        else:
            histogram = histogram_of(stage, operation)
            found.append((histogram.quantile_us(measure.quantile), histogram.count))
    return found


def _within(measure: Measure, operation: str, stages: Sequence[BaselineStage]) -> float:
    """Return the mean variance of the logarithm within a run; of a rate a Poisson count's; of all together its operations' mean."""
    if measure.quantile is None:
        counts = [counts_of(stage, operation)[0] for stage in stages]
        return float(np.mean([1 / max(1, count) for count in counts]))
    variances = [
        row.within_run_variance.get(measure.name, 0.0)
        for stage in stages
        for name, row in stage.operations.items()
        if (operation in {name, ALL} and name != PAYMENT_FLOW) or operation == name
    ]
    return float(np.mean(variances)) if variances else 0.0


def judged(pairs: Sequence[Pair]) -> list[ContrastRow]:
    """Return the rows with interval and statement; Holm's procedure over all of them, so that a long table cries no wolf."""
    pooled = {
        key: _pooled([pair for pair in pairs if _family(pair) == key]) for key in {_family(pair) for pair in pairs}
    }
    errors = [_error(pair, pooled[_family(pair)]) for pair in pairs]
    p_values = [
        2 * float(stdtr(dof, -abs(pair.change) / error)) for pair, (error, dof) in zip(pairs, errors, strict=True)
    ]
    decided = [pair.dof >= MIN_DOF for pair in pairs]
    family = [p for p, is_decided in zip(p_values, decided, strict=True) if is_decided]
    rejected = iter(holm(family, ALPHA))
    return [
        _row(pair, error, dof, next(rejected) if is_decided else None)
        for pair, (error, dof), is_decided in zip(pairs, errors, decided, strict=True)
    ]


def _family(pair: Pair) -> tuple[str, str]:
    return pair.row.stage, pair.measure.name


def _pooled(pairs: Sequence[Pair]) -> float:
    """Return the variance between runs of all operations, each side around its own mean, weighted by its degrees of freedom."""
    sides = [side for pair in pairs for side in (pair.before, pair.now) if side.dof > 0]
    total = sum(side.dof for side in sides)
    return sum(side.dof * side.variance for side in sides) / total if total else 0.0


def _error(pair: Pair, pooled: float) -> tuple[float, float]:
    """Return the standard error of a change and its degrees of freedom."""
    parts = 1 / pair.before.runs + 1 / pair.now.runs
    if pair.dof == 0:
        return max(math.sqrt(pair.within), MIN_SD) * math.sqrt(parts), NORMAL_DOF
    own = sum(side.dof * side.variance for side in (pair.before, pair.now))
    prior = PRIOR_DOF if pair.dof >= MIN_DOF else 0  # few runs: what they share is no more known than each
    variance = (own + prior * pooled) / (pair.dof + prior)
    return max(math.sqrt(variance), math.sqrt(pair.within), MIN_SD) * math.sqrt(parts), float(pair.dof + prior)


def _row(pair: Pair, error: float, dof: float, is_significant: bool | None) -> ContrastRow:
    half = -float(stdtrit(dof, (1 - LEVEL) / 2)) * error
    low, high = math.expm1(pair.change - half), math.expm1(pair.change + half)
    assert pair.row.change_ratio is not None
    assert pair.row.before is not None
    row = replace(pair.row, interval=(low, high), basis="within runs" if pair.dof == 0 else "between runs")
    least = pair.measure.least_ratio(pair.row.before)
    if is_significant is None:
        because = (
            "one run on each side cannot tell: runs of the same build differ by more than the noise within a run"
            if pair.dof == 0
            else f"{counted(pair.dof + 2, 'run')} in all are few to know how runs of the same build differ; {MIN_DOF + 2} would do"
        )
        return replace(row, because=because)
    if is_significant and abs(pair.row.change_ratio) >= least:
        worse = (pair.row.change_ratio > 0) == (pair.measure.worse > 0)
        return replace(row, statement=Statement.REGRESSED if worse else Statement.IMPROVED)
    band = max(pair.measure.same, least)
    if -band < low and high < band:
        return replace(row, statement=Statement.NO_CHANGE)
    return replace(row, because="runs of the same build may differ so much")


def errors_of(stage: str, operation: str, before: tuple[Side, str], now: tuple[Side, str]) -> ContrastRow:
    """Return the row of errors: each side's ratio with its own 90 % interval; more or fewer where these do not meet."""
    (ratio, interval, count, failed), (other, other_interval, other_count, other_failed) = (
        _error_ratio(side, name, operation) for side, name in (before, now)
    )
    runs = len(before[0].stages(before[1])), len(now[0].stages(now[1]))
    statement, because = Statement.CANNOT_TELL, "the intervals of both sides meet"
    if not failed and not other_failed:
        because = "no request failed on either side"
    elif interval is not None and other_interval is not None and min(runs) > 1:
        if other_interval[0] > interval[1]:
            statement, because = Statement.REGRESSED, ""
        elif other_interval[1] < interval[0]:
            statement, because = Statement.IMPROVED, ""
    elif min(runs) <= 1:
        because = "one run alone does not tell how often such errors come"
    change = None if ratio is None or other is None or not ratio else other / ratio - 1
    return ContrastRow(
        stage, operation, "error_ratio", ratio, other, change, None, "", runs, (count, other_count), statement, because,
        interval, other_interval,
    )  # fmt: skip


def _error_ratio(side: Side, stage: str, operation: str) -> tuple[float | None, Interval | None, int, int]:
    failed = attempts = 0
    phi = 1.0
    for run in side.runs:
        for found in run.summary.stages:
            if found.name == stage:
                _, lost, tried = counts_of(found, operation)
                failed, attempts = failed + lost, attempts + tried
                phi = max(phi, run.phi.get((stage, operation), 1.0))
    if not attempts:
        return None, None, 0, 0
    return failed / attempts, ratio_interval(failed, attempts, phi), attempts, failed
