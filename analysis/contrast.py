"""Any two runs, or two sets of runs, side by side: what differs in how they were made, then what changed. It states, it gates nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.contrast_row import ContrastRow, Pair, errors_of, judged, pair_of
from analysis.measure import LATENCIES, RATE
from analysis.side import ALL, NOT_KEPT, Side, facts_of, operations_of
from records.baseline import BaselineStage
from records.window import PAYMENT_FLOW


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same on both sides; several values where the runs of a side differ among themselves."""

    what: str
    before: tuple[str, ...]
    now: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two sides held against each other. `stages` are pairs of names; `only` says which stages and operations one side alone has."""

    before: Side
    now: Side
    differences: tuple[Difference, ...]
    stages: tuple[tuple[str, str], ...]
    rows: tuple[ContrastRow, ...]
    only: tuple[str, ...]


def contrast(before: Side, now: Side) -> Contrast:
    """Return two sides held against each other."""
    pairs = _stage_pairs(before, now)
    found: list[Pair] = []
    rows: list[ContrastRow] = []
    for first, second in pairs:
        there, here = before.stages(first), now.stages(second)
        for operation in _shared(there, here):
            for measure in (*LATENCIES, RATE):
                made = pair_of(second, operation, measure, there, here)
                if isinstance(made, Pair):
                    found.append(made)
                else:
                    rows.append(made)
            rows.append(errors_of(second, operation, (before, first), (now, second)))
    rows += judged(found)
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
