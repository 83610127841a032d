"""Resilience: what each injected fault cost, and how long until the objectives held again; reads and writes apart.

Method: docs/resilience.md. Everything is worked out from series of seconds and the events of the run; what only reading the
target back can tell (writes acknowledged and lost, duplicates) is taken as counts.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.detection import HEALTH, Detection, detection
from analysis.figures import number
from analysis.flow import Flow, Side, error_limit, flow_of, side_of
from analysis.healing import IN_FLIGHT_S, Before, Bools, Limits, bad_seconds, before, first_success, onset, recovery
from analysis.injected import Injected, injections_of
from analysis.observed import loaded_until
from analysis.verdict import Healing, ResilienceResult, ResilienceSummary
from records.run import Run

BUDGET_DAYS = 30
FAIR_WINDOWS = 2  # after a fault's end, with the load still on: a target that has not recovered by then had its chance
LOAD_ON_SHARE = 0.5  # of the rate before: less is no load that would keep a target down


@dataclass(frozen=True, slots=True)
class AuditCounts:
    """What the audit found over the whole run, None where it did not look."""

    acknowledged_lost: int | None = None
    duplicates: int | None = None


NO_AUDIT = AuditCounts()


@dataclass(frozen=True, slots=True)
class _Case:
    """One injection as one side felt it, with the seconds that belong to it: [start, horizon)."""

    injected: Injected
    side: Side
    flow: Flow
    past: Before
    limits: Limits
    bad: Bools
    end_s: float
    horizon: int
    detected: Detection | None
    audit: AuditCounts


def resilience(run: Run, audit: AuditCounts = NO_AUDIT) -> tuple[ResilienceResult, ...]:
    """Return a row for each injection and side, in the order of the beginnings; nothing where nothing was broken."""
    injections = injections_of(run)
    if not injections:
        return ()
    plan, ended = run.manifest.plan, run.manifest.ended
    until_s = plan.duration_s if ended is None else min(plan.duration_s, ended.at_s)
    seconds = max(0, min(loaded_until(run), math.floor(until_s + 1e-6)))
    limits = Limits.scaled(error_limit(plan), plan.time_scale)
    everything = flow_of(run, run.operations, seconds)
    health = flow_of(run, tuple(name for name in run.operations if name == HEALTH), seconds)
    sides = {
        side: flow_of(run, tuple(name for name in run.operations if side_of(name) is side), seconds) for side in Side
    }
    rows = []
    for place, injected in enumerate(injections):
        horizon = _horizon(injections, place, seconds)
        not_before_s = max((one.end_s or one.start_s for one in injections[:place]), default=0.0)
        past = before(everything, injected.start_s, not_before_s, limits)
        detected = detection(
            everything, health, injected.start_s, horizon, past, limits.error_ratio, plan.time_scale
        )  # fmt: skip
        for side, flow in sides.items():
            own = before(flow, injected.start_s, not_before_s, limits)
            bad = bad_seconds(flow, own.threshold)
            end_s = min(float(horizon), injected.start_s if injected.end_s is None else injected.end_s)
            rows.append(_judged(_Case(injected, side, flow, own, limits, bad, end_s, horizon, detected, audit)))
    return tuple(rows)


def _horizon(injections: Sequence[Injected], place: int, seconds: int) -> int:
    """Return the second from which the next fault strikes, or at which the records end: what comes then is no longer this one's.

    It strikes requests that were meant to start shortly before it, and are in flight when it comes.
    """
    start_s = injections[place].start_s
    later = [math.floor(one.start_s) - IN_FLIGHT_S for one in injections[place + 1 :] if one.start_s > start_s]
    return min([seconds, *(max(second, math.ceil(start_s)) for second in later)])


def _judged(case: _Case) -> ResilienceResult:
    if case.past.problem:
        return _row(case, Healing.VOID, f"void, the time before it was not good: {case.past.problem}")
    felt = onset(case.bad, case.past.end, case.horizon)
    if felt is None:
        because = "no two of three seconds were worse than before"
        return _row(case, Healing.UNHARMED, because, onset_at=None, recovered_at=None, costs=True)
    recovered = recovery(case.flow, case.bad, felt, case.horizon, case.limits)
    if recovered is not None:
        return _row(case, Healing.RECOVERED, "", onset_at=felt, recovered_at=recovered, costs=True)
    left_s = case.horizon - case.end_s
    if left_s >= FAIR_WINDOWS * case.limits.window_s:
        because = f"not recovered within {number(left_s)} s after the fault's end"
        return _row(case, Healing.NOT_RECOVERED, because, onset_at=felt, recovered_at=None, costs=True)
    because = (
        f"only {number(max(0.0, left_s))} s were recorded after the fault's end; "
        f"{FAIR_WINDOWS} windows of {case.limits.window_s} s tell whether it recovers"
    )
    return _row(case, Healing.CANNOT_TELL, because, onset_at=felt, recovered_at=None, costs=True)


def _row(
    case: _Case,
    healing: Healing,
    because: str,
    *,
    onset_at: int | None = None,
    recovered_at: int | None = None,
    costs: bool = False,
) -> ResilienceResult:
    start_s = case.injected.start_s
    first = case.past.end  # those in flight when the fault came were meant to start before it
    stable_at, flaps = _stable(case, recovered_at)
    until = case.horizon if stable_at is None else stable_at
    if healing is Healing.UNHARMED:
        until = min(case.horizon, math.ceil(max(start_s, case.end_s)))
    success = first_success(case.flow, math.floor(start_s), case.horizon) if costs else None
    lost = _lost(case, first, until) if costs else None
    unharmed = healing is Healing.UNHARMED
    return ResilienceResult(
        fault=case.injected.name,
        number=case.injected.number,
        side=case.side.value,
        start_s=start_s,
        end_s=case.injected.end_s,
        healing=healing,
        because=because,
        window_s=case.limits.window_s,
        followed_s=max(0.0, case.horizon - start_s),
        onset_s=None if onset_at is None else max(0.0, onset_at - start_s),
        detect_s=None if case.detected is None or not costs else case.detected.at_s - start_s,
        detected_by="" if case.detected is None or not costs else case.detected.by,
        first_success_s=None if success is None else max(0.0, success - start_s),
        recovery_s=_since(recovered_at, start_s, unharmed=unharmed),
        healing_s=_since(recovered_at, case.end_s, unharmed=unharmed),
        stable_s=_since(stable_at, start_s, unharmed=unharmed),
        requests_lost=lost,
        acknowledged_lost=case.audit.acknowledged_lost if case.side is Side.WRITES else None,
        duplicates=case.audit.duplicates if case.side is Side.WRITES else None,
        area_lost_s=_area_s(case, first, until) if costs else None,
        budget_burnt_ratio=None if lost is None else _budget(case, lost),
        flaps=flaps if recovered_at is not None else None,
        metastable=_metastable(case, healing),
    )


def _since(at: int | None, since_s: float, *, unharmed: bool) -> float | None:
    """Return how long after a moment a second begins: 0 where nobody felt anything, or where it began before it."""
    if unharmed:
        return 0.0
    return None if at is None else max(0.0, at - since_s)


def _stable(case: _Case, recovered_at: int | None) -> tuple[int | None, int]:
    """Return the second from which on no relapse followed (None where one did not end), and how many relapses there were."""
    stable, flaps = recovered_at, 0
    while stable is not None:
        relapse = onset(case.bad, stable + 1, case.horizon)
        if relapse is None:
            break
        flaps += 1
        stable = recovery(case.flow, case.bad, relapse, case.horizon, case.limits)
    return stable, flaps


def _lost(case: _Case, first: int, until: int) -> int:
    """Return final failures and what was planned but not sent in [first, until), less what failed at the rate before."""
    flow = case.flow
    failed = float(flow.failed[first:until].sum()) + float(flow.not_sent[first:until].sum())
    ordinary = case.past.fail_ratio * float(flow.attempts[first:until].sum())
    return max(0, round(failed - ordinary))


def _area_s(case: _Case, first: int, until: int) -> float:
    """Return the area between what was offered and what was served in time, in seconds of whole service."""
    flow = case.flow
    offered = flow.attempts[first:until] + flow.not_sent[first:until]
    good = np.maximum(0, flow.attempts[first:until] - flow.bad[first:until])
    used = offered > 0
    return round(float((1 - good[used] / offered[used]).sum()), 3)


def _budget(case: _Case, lost: int) -> float | None:
    """Return the share of a month's error budget, at the rate before the fault, that the lost requests used up."""
    budget = case.limits.error_ratio * case.past.attempts_per_s * BUDGET_DAYS * 86_400
    return lost / budget if budget else None


def _metastable(case: _Case, healing: Healing) -> bool | None:
    """Tell whether the target stayed down with the load still on after the fault was gone; None where that cannot be told."""
    if healing is not Healing.NOT_RECOVERED:
        return False if healing in {Healing.RECOVERED, Healing.UNHARMED} else None
    last = slice(case.horizon - case.limits.window_s, case.horizon)
    offered = float((case.flow.attempts[last] + case.flow.not_sent[last]).sum()) / case.limits.window_s
    return offered >= LOAD_ON_SHARE * case.past.attempts_per_s


def summaries(rows: Sequence[ResilienceResult]) -> tuple[ResilienceSummary, ...]:
    """Return the median and the worst of the injections of each fault, by side. One that is not known to end is the worst."""
    groups: dict[tuple[str, str], list[ResilienceResult]] = {}
    for row in rows:
        if row.healing is not Healing.VOID:
            groups.setdefault((row.fault, row.side), []).append(row)
    return tuple(_summary(fault, side, group) for (fault, side), group in groups.items())


def _summary(fault: str, side: str, group: Sequence[ResilienceResult]) -> ResilienceSummary:
    times = sorted(math.inf if row.recovery_s is None else row.recovery_s for row in group)
    median, worst = statistics.median_high(times), times[-1]
    return ResilienceSummary(
        fault=fault,
        side=side,
        injections=len(group),
        recovered=sum(row.healing in {Healing.RECOVERED, Healing.UNHARMED} for row in group),
        recovery_s_median=None if math.isinf(median) else float(statistics.median(times)),
        recovery_s_worst=None if math.isinf(worst) else worst,
        requests_lost_median=round(statistics.median(row.requests_lost or 0 for row in group)),
        requests_lost_worst=max(row.requests_lost or 0 for row in group),
    )
