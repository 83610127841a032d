"""Courses: one stage's load on one target through all its runs, oldest first, and the series of each operation and metric.

The load has to be the same throughout (level, length, scales, arrivals, mix, seed). What else may differ between two runs, the
machine, the generator, the data set, the target's build, divides no course: it is said where it changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.case import ALL
from analysis.measure import LATENCIES, RATE
from analysis.trend.metric import ERRORS, METRICS, Metric, Reading, logarithmic, share
from records.baseline import Baseline, BaselineOperation, BaselineStage, Key
from records.histogram import Histogram
from records.window import FAILED, PAYMENT_FLOW, SERVED, Outcome

MOST_RUNS = 260  # five years of weeks; older runs are left out
MOST_OPERATIONS = 60
ENVIRONMENT = frozenset({"data_set", "generator", "fingerprint"})  # the fields of a key that divide no course


@dataclass(frozen=True, slots=True)
class Visit:
    """One run in a course. `accepted`: it is in the store of baselines; else it was only found among the results."""

    run_id: str
    scenario: str
    started_at: str
    commit: str | None
    target_build: str | None
    key: Key
    accepted: bool


@dataclass(frozen=True, slots=True)
class Series:
    """One operation's metric through a course: the runs that have it, oldest first."""

    operation: str
    metric: Metric
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """All runs of one stage's load on a target, oldest first, at most the last 260, and `left_out` older ones."""

    target: str
    stage: str
    visits: tuple[Visit, ...]
    series: tuple[Series, ...]
    left_out: int

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Return the scenarios whose runs are in it."""
        return tuple(sorted({visit.scenario for visit in self.visits}))


def courses(accepted: Iterable[Baseline], others: Iterable[Baseline] = ()) -> tuple[Course, ...]:
    """Return the courses of all runs, the one with the newest run first; an accepted run is not taken twice."""
    known = {baseline.run_id: (baseline, True) for baseline in accepted}
    runs = {baseline.run_id: (baseline, False) for baseline in others} | known
    grouped: dict[tuple[str, str], list[tuple[Visit, BaselineStage]]] = {}
    for baseline, is_accepted in sorted(runs.values(), key=lambda pair: (pair[0].started_at, pair[0].run_id)):
        for stage in baseline.stages:
            visit = _visit(baseline, stage, accepted=is_accepted)
            grouped.setdefault((stage.name, _load(stage.key)), []).append((visit, stage))
    newest_first = sorted(grouped.items(), key=lambda item: (item[1][-1][0].started_at, item[0]), reverse=True)
    return tuple(_course(name, found) for (name, _), found in newest_first)


def _visit(baseline: Baseline, stage: BaselineStage, *, accepted: bool) -> Visit:
    return Visit(
        run_id=baseline.run_id,
        scenario=baseline.scenario,
        started_at=baseline.started_at,
        commit=baseline.commit,
        target_build=baseline.target_build,
        key=stage.key,
        accepted=accepted,
    )


def _load(key: Key) -> str:
    """Return what of a key must be the same throughout a course."""
    return key.model_dump_json(exclude=set(ENVIRONMENT))


def _course(stage: str, found: Sequence[tuple[Visit, BaselineStage]]) -> Course:
    kept = found[-MOST_RUNS:]
    visits = tuple(visit for visit, _ in kept)
    stages = [there for _, there in kept]
    names = sorted({name for there in stages for name in there.operations})[:MOST_OPERATIONS]
    series = [
        Series(name, metric, readings)
        for name, by_metric in ((name, _readings(name, stages)) for name in (ALL, *names))
        for metric, readings in zip(METRICS, by_metric, strict=True)
        if readings
    ]
    return Course(visits[0].key.target, stage, visits, tuple(series), len(found) - len(kept))


def _readings(name: str, stages: Sequence[BaselineStage]) -> list[tuple[Reading, ...]]:
    """Return the readings of one operation, a tuple a metric."""
    columns: list[list[Reading]] = [[] for _ in METRICS]
    for place, stage in enumerate(stages):
        operations = _operations(name, stage)
        for column, reading in zip(columns, _read(place, operations, stage.duration_s), strict=True):
            if reading is not None:
                column.append(reading)
    return [tuple(column) for column in columns]


def _operations(name: str, stage: BaselineStage) -> list[BaselineOperation]:
    if name != ALL:
        return [stage.operations[name]] if name in stage.operations else []
    return [operation for there, operation in stage.operations.items() if there != PAYMENT_FLOW]


def _read(place: int, operations: Sequence[BaselineOperation], duration_s: float) -> list[Reading | None]:
    """Return the readings of one run by metric, None where it has too few requests for one."""
    histogram = Histogram.empty()
    for operation in operations:
        histogram.add_sparse(operation.response_us)
    quantiles = histogram.quantiles_us([measure.quantile or 0.0 for measure in LATENCIES]) or [0.0] * len(LATENCIES)
    count = histogram.count
    latencies = [
        logarithmic(place, value, _within(operations, measure.name)) if count >= measure.needed and value > 0 else None
        for measure, value in zip(LATENCIES, quantiles, strict=True)
    ]
    served = _total(operations, SERVED)
    rate = logarithmic(place, served / duration_s, 0.0) if served >= RATE.needed and duration_s > 0 else None
    tried = _total(operations, frozenset(Outcome) - {Outcome.ABORTED})
    needed = next(metric.needed for metric in METRICS if metric.name == ERRORS)
    errors = share(place, _total(operations, FAILED), tried) if tried >= needed else None
    return [*latencies, rate, errors]


def _within(operations: Sequence[BaselineOperation], metric: str) -> float:
    """Return the variance within a run; of several operations together none is recorded, and it is less than that of each."""
    return operations[0].within_run_variance.get(metric, 0.0) if len(operations) == 1 else 0.0


def _total(operations: Sequence[BaselineOperation], outcomes: frozenset[Outcome]) -> int:
    return sum(operation.outcomes.get(outcome.value, 0) for operation in operations for outcome in outcomes)
