"""Beside requests: how far sessions get (each step's share of the step before) and the CPU that a request costs, by run."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.candidate import Candidate
from analysis.case import ALL, Case, case_reason
from analysis.funnel import BOOKERS, complete_until, milestones_in
from analysis.history import Past
from analysis.interval import overdispersion
from analysis.measure import DEMAND, SHARE
from analysis.observed import Observed, attempts_by_second
from analysis.signal import figure_of
from records.journey import FUNNEL, Milestone
from records.run import Run
from scenarios.probe import signal_named

CPU = "cpu"  # the signal of the share of all cores in use
STEPS = tuple(pairwise(FUNNEL))


def reached(run: Run, observed: Observed) -> dict[str, int]:
    """Return how many booking sessions of a stage reached each step of the funnel; those that the run's end cut off are left out."""
    until = complete_until(run, BOOKERS)
    totals = milestones_in(run, BOOKERS, range(observed.first, min(observed.end, until)))
    return {milestone.value: totals[milestone] for milestone in FUNNEL}


def demand_s(run: Run, observed: Observed) -> tuple[float | None, str]:
    """Return D = U / X in s: the share of all cores used over requests per s; None and why where no probe saw the CPU.

    Source: E. Lazowska et al., Quantitative System Performance, 1984, ch. 3.
    """
    named = signal_named(run.manifest.plan.target.probes, CPU)
    if named is None:
        return None, "not measured: no probe of the target gives its CPU"
    figure = figure_of(run.probes, *named, [(observed.first, observed.end)])
    attempts = int(attempts_by_second(observed.outcomes_by_second()).sum())
    if figure.value is None or not attempts:
        return None, f"not measured: {figure.because or 'no request'}"
    return (
        (figure.value * observed.seconds / attempts, "")
        if figure.value > 0
        else (None, "not measured: no CPU was used")
    )


def demand_case(candidates: Sequence[Candidate], stage: str, pasts: Sequence[Past]) -> Case | None:
    """Return the case of the CPU a request; None where neither this run nor an accepted one knows it."""
    seen = [(candidate.run, candidate.stages[stage]) for candidate in candidates]
    found = [demand_s(run, observed) for run, observed in seen]
    there = [(past.run_id, past.stage.demand_s) for past in pasts if past.stage.demand_s is not None]
    now = tuple(value for value, _ in found)
    count = sum(int(attempts_by_second(observed.outcomes_by_second()).sum()) for _, observed in seen)
    if not there and not any(now):
        return None
    because = next((because for value, because in found if value is None), None) if not any(now) else None
    return Case(
        stage=stage,
        operation=ALL,
        measure=DEMAND,
        now=now,
        values=tuple(value for _, value in there),
        run_ids=tuple(run_id for run_id, _ in there),
        count=count,
        within=0.0,
        tolerated=DEMAND.same,
        only_fails=True,
        reason=because or case_reason(DEMAND, count, len(there), len(there)),
    )


def share_cases(candidates: Sequence[Candidate], stage: str, pasts: Sequence[Past]) -> list[Case]:
    """Return a case for each step of the funnel after the first; none where nobody began, here or there."""
    ours = [reached(candidate.run, candidate.stages[stage]) for candidate in candidates]
    if not any(counts[FUNNEL[0].value] for counts in ours) or not any(past.stage.reached for past in pasts):
        return []
    return [_share_case(candidates, stage, pasts, ours, before, after) for before, after in STEPS]


def _share_case(
    candidates: Sequence[Candidate],
    stage: str,
    pasts: Sequence[Past],
    ours: Sequence[Mapping[str, int]],
    before: Milestone,
    after: Milestone,
) -> Case:
    there = [(past.run_id, share) for past in pasts
             if past.stage.reached.get(before.value, 0) >= SHARE.needed and (share := _share(past.stage.reached, before, after))]  # fmt: skip
    now = tuple(_share(counts, before, after) for counts in ours)
    most = max(counts[before.value] for counts in ours)
    first = candidates[0]
    return Case(
        stage=stage,
        operation=f"sessions: {after.value.replace('_', ' ')}",
        measure=SHARE,
        now=now,
        values=tuple(value for _, value in there),
        run_ids=tuple(run_id for run_id, _ in there),
        count=sum(counts[before.value] for counts in ours),
        within=_within(first.run, first.stages[stage], before, after),
        tolerated=SHARE.same,
        only_fails=True,
        reason=case_reason(SHARE, most, len(there), len(there), "session"),
        counts="session",
    )


def _share(counts: Mapping[str, int], before: Milestone, after: Milestone) -> float | None:
    """Return the share that went on; None where nobody came so far, or nobody went on: there is no logarithm of it."""
    reached_before, reached_after = counts.get(before.value, 0), counts.get(after.value, 0)
    return reached_after / reached_before if reached_before and reached_after else None


def _within(run: Run, observed: Observed, before: Milestone, after: Milestone) -> float:
    """Return the variance of ln(share) inside a run: binomial, times how much those who stay behind cluster in time."""
    until = min(observed.end, complete_until(run, BOOKERS))
    came = _by_second(run, observed.first, until, before)
    went = _by_second(run, observed.first, until, after)
    total, on = int(came.sum()), int(went.sum())
    if total == 0 or on == 0:
        return 0.0
    left = max(0.5, total - on)  # nobody stayed behind: as good as half a session
    return overdispersion(np.maximum(0, came - went), came) * left / total / on


def _by_second(run: Run, first: int, until: int, milestone: Milestone) -> NDArray[np.int64]:
    counts = np.zeros(max(1, until - first), dtype=np.int64)
    names = {persona.value for persona in BOOKERS}
    for row in run.journeys:
        if row.milestone is milestone and row.persona in names and first <= row.second < until:
            counts[row.second - first] += row.count
    return counts
