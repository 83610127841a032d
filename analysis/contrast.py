"""Any two runs, or two sets of runs, side by side: what differs in how they were made, then what changed. It states, it gates nothing.

The unit of replication is the run. Between sets the interval of a change is made of the spread between runs; with one run on each
side there is no such spread, and what is shown is the noise within the two runs, which says nothing of a restart.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit

from analysis.figures import counted
from analysis.interval import Interval, ratio_interval
from analysis.measure import LATENCIES, RATE, Measure, word
from analysis.side import ALL, NOT_KEPT, Side, counts_of, facts_of, histogram_of, operations_of
from analysis.spread import MIN_SD, PRIOR_DOF, Spread, holm, spread_of
from analysis.verdict import Statement
from records.baseline import BaselineStage
from records.window import PAYMENT_FLOW

ALPHA = 0.05  # two-sided, over all rows of a comparison together
LEVEL = 0.95
NORMAL_DOF = 1e6  # of an interval within runs: its variance comes of hundreds of resamples
MIN_DOF = 4  # runs of both sides less two: with fewer the spread between runs is hardly known


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same on both sides; several values where the runs of a side differ among themselves."""

    what: str
    before: tuple[str, ...]
    now: tuple[str, ...]


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
class Contrast:
    """Two sides held against each other. `stages` are pairs of names; `only` says which stages and operations one side alone has."""

    before: Side
    now: Side
    differences: tuple[Difference, ...]
    stages: tuple[tuple[str, str], ...]
    rows: tuple[ContrastRow, ...]
    only: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
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


def contrast(before: Side, now: Side) -> Contrast:
    """Return two sides held against each other."""
    pairs = _stage_pairs(before, now)
    found: list[_Pair] = []
    rows: list[ContrastRow] = []
    for first, second in pairs:
        there, here = before.stages(first), now.stages(second)
        for operation in _shared(there, here):
            for measure in (*LATENCIES, RATE):
                made = _pair(second, operation, measure, there, here)
                if isinstance(made, _Pair):
                    found.append(made)
                else:
                    rows.append(made)
            rows.append(_errors(second, operation, (before, first), (now, second)))
    rows += _judged(found)
    order = {name: place for place, (_, name) in enumerate(pairs)}
    metrics = [measure.name for measure in (*LATENCIES, RATE)] + ["error_ratio"]
    rows.sort(key=lambda row: (order[row.stage], row.operation != ALL, row.operation, metrics.index(row.metric)))
    return Contrast(before, now, _differences(before, now, pairs), pairs, tuple(rows), _only(before, now, pairs))


# What is held against what.


def _stage_pairs(before: Side, now: Side) -> tuple[tuple[str, str], ...]:
    """Return the stages of the same name; where none is, the only one of each side."""
    first = list(dict.fromkeys(stage.name for run in before.runs for stage in run.summary.stages))
    second = list(dict.fromkeys(stage.name for run in now.runs for stage in run.summary.stages))
    same = tuple((name, name) for name in first if name in second)
    return same or (((first[0], second[0]),) if len(first) == len(second) == 1 else ())


def _shared(there: Sequence[BaselineStage], here: Sequence[BaselineStage]) -> list[str]:
    names = sorted(operations_of(there) & operations_of(here))
    return [ALL, *names] if [name for name in names if name != PAYMENT_FLOW] else names


def _only(before: Side, now: Side, pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    lines = []
    for side, place in ((before, 0), (now, 1)):
        paired = {pair[place] for pair in pairs}
        alone = {stage.name for run in side.runs for stage in run.summary.stages} - paired
        lines += [f"only {side.label} has stage {name}" for name in sorted(alone)]
    for first, second in pairs:
        there, here = operations_of(before.stages(first)), operations_of(now.stages(second))
        lines += [f"only {before.label} has {name} in stage {first}" for name in sorted(there - here)]
        lines += [f"only {now.label} has {name} in stage {second}" for name in sorted(here - there)]
    return tuple(lines)


def _differences(before: Side, now: Side, pairs: Sequence[tuple[str, str]]) -> tuple[Difference, ...]:
    """Return what differs in how the runs were made, each thing once; what one side did not keep is not held against it."""
    found: dict[str, Difference] = {}
    for first, second in pairs:
        there, here = _values(before, first), _values(now, second)
        for what in there:
            was, has = there[what] - {NOT_KEPT}, here.get(what, set()) - {NOT_KEPT}
            if was and has and (was != has or len(was) > 1):
                found.setdefault(what, Difference(what, tuple(sorted(was)), tuple(sorted(has))))
    return tuple(found.values())


def _values(side: Side, stage: str) -> dict[str, set[str]]:
    values: dict[str, set[str]] = {}
    for run in side.runs:
        for found in run.summary.stages:
            if found.name == stage:
                for what, value in facts_of(run, found).items():
                    values.setdefault(what, set()).add(value)
    return values


# What changed.


def _pair(
    stage: str, operation: str, measure: Measure, there: Sequence[BaselineStage], here: Sequence[BaselineStage]
) -> "_Pair | ContrastRow":
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
    return _Pair(
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


def _judged(pairs: Sequence[_Pair]) -> list[ContrastRow]:
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


def _family(pair: _Pair) -> tuple[str, str]:
    return pair.row.stage, pair.measure.name


def _pooled(pairs: Sequence[_Pair]) -> float:
    """Return the variance between runs of all operations, each side around its own mean, weighted by its degrees of freedom."""
    sides = [side for pair in pairs for side in (pair.before, pair.now) if side.dof > 0]
    total = sum(side.dof for side in sides)
    return sum(side.dof * side.variance for side in sides) / total if total else 0.0


def _error(pair: _Pair, pooled: float) -> tuple[float, float]:
    """Return the standard error of a change and its degrees of freedom."""
    parts = 1 / pair.before.runs + 1 / pair.now.runs
    if pair.dof == 0:
        return max(math.sqrt(pair.within), MIN_SD) * math.sqrt(parts), NORMAL_DOF
    own = sum(side.dof * side.variance for side in (pair.before, pair.now))
    prior = PRIOR_DOF if pair.dof >= MIN_DOF else 0  # few runs: what they share is no more known than each
    variance = (own + prior * pooled) / (pair.dof + prior)
    return max(math.sqrt(variance), math.sqrt(pair.within), MIN_SD) * math.sqrt(parts), float(pair.dof + prior)


def _row(pair: _Pair, error: float, dof: float, is_significant: bool | None) -> ContrastRow:
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


def _errors(stage: str, operation: str, before: tuple[Side, str], now: tuple[Side, str]) -> ContrastRow:
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


def as_document(found: Contrast) -> Mapping[str, object]:
    """Return the content of `comparison.json`."""
    return {
        "format_version": 1,
        "before": _side_document(found.before),
        "now": _side_document(found.now),
        "differences": [
            {"what": row.what, "before": list(row.before), "now": list(row.now)} for row in found.differences
        ],
        "only": list(found.only),
        "rows": [_row_document(row) for row in found.rows],
    }


def _side_document(side: Side) -> dict[str, object]:
    return {"label": side.label, "runs": [run.summary.run_id for run in side.runs]}


def _row_document(row: ContrastRow) -> dict[str, object]:
    names = (
        "stage", "operation", "metric", "before", "now", "change_ratio", "interval", "basis", "runs", "counts",
        "statement", "because", "before_interval", "now_interval",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}
