"""Accepted runs that a stage may be compared with: those with its key, the last ten, and why others were left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.key import differences, stage_key
from analysis.verdict import BaselineUse
from records.baseline import Baseline, BaselineStage, Key
from records.run import Run
from scenarios.layout import PlannedStage

MOST_RUNS = 10  # older ones tell of an older product
MOST_ANCHORS = 20  # a quarter of weekly runs, and some
MIN_RUNS = 5  # fewer give no spread between runs worth the name


@dataclass(frozen=True, slots=True)
class Past:
    """One accepted run's stage."""

    run_id: str
    stage: BaselineStage


def past_of(run: Run, stage: PlannedStage, baselines: Sequence[Baseline]) -> tuple[Past, ...]:
    """Return the accepted runs' stages with the same key, oldest first, at most the last ten; never the run itself."""
    return _with_key(run, stage, baselines)[-MOST_RUNS:]


def anchor_of(run: Run, stage: PlannedStage, baselines: Sequence[Baseline]) -> tuple[Past, ...]:
    """Return the same of the anchor's runs: those of the last release or quarter, however long ago. At most the last twenty.

    The last ten move with the product: what gets a percent slower every week is never slower than they are.
    """
    return _with_key(run, stage, [baseline for baseline in baselines if baseline.is_anchor])[-MOST_ANCHORS:]


def _with_key(run: Run, stage: PlannedStage, baselines: Sequence[Baseline]) -> tuple[Past, ...]:
    key = stage_key(run.manifest, stage)
    found = []
    for baseline in _oldest_first(baselines):
        same = [there for there in baseline.stages if there.key == key]
        if same and baseline.run_id != run.manifest.run_id:
            found.append(Past(baseline.run_id, same[0]))
    return tuple(found)


def baseline_use(
    run: Run,
    pasts: dict[str, tuple[Past, ...]],
    anchors: dict[str, tuple[Past, ...]],
    baselines: Sequence[Baseline],
    outlying: Iterable[str],
) -> BaselineUse:
    """Return which accepted runs were used (`pasts`, `anchors` by judged stage), which were not and why, and what is missing."""
    last = {past.run_id for found in pasts.values() for past in found}
    anchored = {past.run_id for found in anchors.values() for past in found}
    used = last | anchored
    keys = [stage_key(run.manifest, stage) for stage in run.manifest.plan.stages if stage.is_judged]
    left_out = [
        f"{baseline.run_id}: {_why_not(run, baseline, keys)}"
        for baseline in _oldest_first(baselines)
        if baseline.run_id not in used
    ]
    left_out += [
        f"{baseline.run_id}: {line}"
        for baseline in _oldest_first(baselines)
        if baseline.run_id in used
        for line in baseline.outdated
    ]
    order = [baseline.run_id for baseline in _oldest_first(baselines)]
    return BaselineUse(
        run_ids=tuple(sorted(last, key=order.index)),
        left_out=(*left_out, *outlying),
        missing=_missing(run, pasts, bool(left_out)),
        anchor=tuple(sorted(anchored, key=order.index)),
    )


def _oldest_first(baselines: Iterable[Baseline]) -> list[Baseline]:
    unique = {baseline.run_id: baseline for baseline in baselines}
    return sorted(unique.values(), key=lambda baseline: (baseline.started_at, baseline.run_id))


def _why_not(run: Run, baseline: Baseline, keys: Sequence[Key]) -> str:
    if baseline.run_id == run.manifest.run_id:
        return "it is this run"
    differing = [differences(stage.key, key) for stage in baseline.stages for key in keys]
    if baseline.outdated:
        return "; ".join(baseline.outdated)
    if not differing:
        return "it has no measured stage"
    nearest = min(differing, key=lambda lines: (len(lines), lines))
    return "; ".join(nearest) if nearest else f"older than the last {MOST_RUNS}"


def _missing(run: Run, pasts: dict[str, tuple[Past, ...]], some_left_out: bool) -> str | None:
    plan = run.manifest.plan
    most = max((len(found) for found in pasts.values()), default=0)
    if most >= MIN_RUNS:
        return None
    wanted = " or ".join(dict.fromkeys([plan.comparison.baseline or plan.scenario, plan.scenario]))
    accept = f"a comparison needs {MIN_RUNS} (accept one with: rushhour baseline accept RUN; make them with: rushhour baseline build)"
    if most:
        there = f"{most} of {MIN_RUNS} accepted runs of {wanted} on {plan.target.name}"
        return f"no history yet: {there}, {MIN_RUNS - most} are missing; {accept}"
    which = "with this run's key" if some_left_out else f"of {wanted} on {plan.target.name}"
    return f"no accepted run {which} yet, {MIN_RUNS} are missing; {accept}"
