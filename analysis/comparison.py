"""A run against accepted runs: what changed (the statement) and whether the release may pass (the gate).

The unit of replication is the run: the spread between restarts of the same build is many times what is seen inside one.
So the accepted runs' own spread, shrunk towards that of all operations, makes the interval. See docs/verdict.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.candidate import Candidate, candidates_of
from analysis.case import ALL, Case, cases_of, reason_of, sent_of
from analysis.errors import ErrorCase, errors_of
from analysis.figures import change, counted, metric_word, number, quantity
from analysis.history import Past, anchor_of, baseline_use, past_of
from analysis.measure import MEASURES, SHARE, word
from analysis.observed import Observed
from analysis.reach import demand_case, share_cases
from analysis.statement import rows_of
from analysis.verdict import BaselineUse, ComparisonResult
from analysis.weighing import Weighed, weigh
from records.baseline import Baseline
from records.run import Run

LAST, ANCHOR = "last", "anchor"
MIN_ALERT = 0.5  # of the smallest change that matters: two reruns of a smaller one would hardly make a regression of it


@dataclass(frozen=True, slots=True)
class Compared:
    """All comparisons of a run, or of several of one build, and with which accepted runs they were made.

    `anchored` are the same against the anchor; `runs` the runs judged together, the first one first. `signs` says what stage 1
    alerts at; empty where nothing does.
    """

    comparisons: tuple[ComparisonResult, ...]
    anchored: tuple[ComparisonResult, ...]
    use: BaselineUse
    runs: tuple[str, ...]
    signs: tuple[str, ...]

    @property
    def candidates(self) -> int:
        """Return how many runs were judged together."""
        return len(self.runs)


def compare(
    run: Run, stages: Sequence[Observed], baselines: Sequence[Baseline], others: Sequence[Run] = ()
) -> Compared:
    """Return the comparisons of the judged stages whose key the accepted runs share, by stage, operation and metric.

    `others` are reruns of the same build: the median of all speaks. One that may not stand beside `run` is left out, and named.
    """
    candidates, not_beside = candidates_of(run, stages, others)
    names = [observed.stage.name for observed in stages]
    pasts = {observed.stage.name: past_of(run, observed.stage, baselines) for observed in stages}
    anchors = {observed.stage.name: anchor_of(run, observed.stage, baselines) for observed in stages}
    last = _weighed(candidates, names, pasts)
    apart = {name: found for name, found in anchors.items() if _is_another(found, pasts[name])}
    anchor = _weighed(candidates, names, apart)
    use = baseline_use(run, pasts, anchors, baselines, (*_outlying(last), *not_beside))
    return Compared(
        comparisons=rows_of(last, LAST),
        anchored=rows_of(anchor, ANCHOR),
        use=use,
        runs=tuple(candidate.run.manifest.run_id for candidate in candidates),
        signs=(*signs_of(last, LAST), *signs_of(anchor, ANCHOR)),
    )


def _is_another(anchor: Sequence[Past], last: Sequence[Past]) -> bool:
    """Return whether the anchor says anything that the last accepted runs do not."""
    return {past.run_id for past in anchor} != {past.run_id for past in last}


def _weighed(candidates: Sequence[Candidate], names: Sequence[str], pasts: Mapping[str, tuple[Past, ...]]) -> Weighed:
    cases: list[Case] = []
    errors: list[ErrorCase] = []
    comparison = candidates[0].run.manifest.plan.comparison
    for name in names:
        found = pasts.get(name, ())
        if not found:
            continue
        reason = reason_of(candidates, name, found)
        cases += cases_of(candidates, name, found)
        cases += _beside(candidates, name, found, reason)
        errors += errors_of(sent_of(candidates, name), found, comparison.operations, reason)
    return weigh(cases, errors, comparison.control)


def _beside(candidates: Sequence[Candidate], name: str, pasts: tuple[Past, ...], reason: str | None) -> list[Case]:
    """Return the cases that are no requests' own: the CPU a request, the steps of the funnel."""
    demand = demand_case(candidates, name, pasts)
    found = [*([demand] if demand is not None else []), *share_cases(candidates, name, pasts)]
    return [replace(case, reason=reason or case.reason) for case in found]


def signs_of(weighed: Weighed, against: str = LAST) -> tuple[str, ...]:
    """Return what stage 1 alerts at, in words, the surest first; nothing for changes that are less than half of what matters."""
    found = []
    for stage, operation, measure in weighed.alerts:
        level = weighed.together.get((stage, measure)) if operation == ALL else None
        error = next((case for case in weighed.errors if case.name == (stage, operation, measure)), None)
        if error is not None:
            if error.is_worth:
                found.append((error.p_worse, f"{operation} in stage {stage} has more errors than the accepted runs"))
            continue
        estimate = level.moved if level is not None else weighed.judged((stage, operation, measure))
        kind = next(one for one in MEASURES if one.name == measure)
        before = level.shift.baseline_us if level is not None else weighed.before((stage, operation, measure))
        if estimate.worse * estimate.ratio < MIN_ALERT * kind.least_ratio(before):
            continue
        beside = "" if level is not None or not kind.is_latency else " beside what all moved"
        found.append((estimate.p_worse, f"{operation} {word(kind)} in stage {stage} {change(estimate.ratio)}{beside}"))
    versus = "" if against == LAST else " (against the anchor)"
    return tuple(words + versus for _, words in sorted(found))


def _outlying(weighed: Weighed) -> list[str]:
    """Return the runs left out of some comparisons as outliers, with in how many."""
    times: dict[str, int] = {}
    for run_id in weighed.outlying():
        times[run_id] = times.get(run_id, 0) + 1
    return [
        f"{run_id}: in {count} of {counted(len(weighed.whole), 'comparison')} beyond 3.5 MAD of the others"
        for run_id, count in sorted(times.items())
    ]


def severity(row: ComparisonResult) -> float:
    """Return how many times the tolerated change a row changed for the worse."""
    if row.change_ratio is None or row.tolerated_ratio <= 0:
        return 0.0
    return (-1 if row.worse_is == "lower" else 1) * row.change_ratio / row.tolerated_ratio


def in_words(row: ComparisonResult) -> str:
    """Return "GET /x p95 is 31.2 % slower than the last 10 accepted runs in stage s: 61.8 ms against 47.1 ms (95 % …)"."""
    if row.change_ratio is None or row.observed is None or row.baseline is None:
        return f"{row.operation} {metric_word(row.metric)} in stage {row.stage}: {row.because}"
    measure = next(measure for measure in MEASURES if measure.name == row.metric)
    worse = (row.change_ratio > 0) == (measure.worse > 0)
    how = {(True, True): "slower", (True, False): "faster", (False, True): "lower", (False, False): "higher"}[
        measure.is_latency, row.change_ratio < 0 if not measure.is_latency else worse
    ]
    between = ""
    if row.interval is not None:
        between = f"95 % interval {change(row.interval[0])} to {change(row.interval[1])}, "
    versus = f"the last {counted(row.runs[0], 'accepted run')}"
    if row.against == ANCHOR:
        versus = f"the {counted(row.runs[0], 'run')} of the anchor"
    return (
        f"{row.operation} {word(measure)} is {number(abs(row.change_ratio) * 100)} % {how} than {versus} in stage {row.stage}: "
        f"{quantity(row.observed, measure.unit)} against {quantity(row.baseline, measure.unit)} "
        f"({between}{counted(row.count, 'session' if measure is SHARE else 'request')}{_runs(row)})"
    )


def _runs(row: ComparisonResult) -> str:
    return f" in {row.runs[1]} runs" if row.runs[1] > 1 else ""
