"""Objectives on resilience figures: the worst injection of each fault counts, reads and writes apart."""

from collections.abc import Sequence

from analysis.figures import listed, number
from analysis.objective_row import row_of
from analysis.verdict import Healing, ObjectiveOutcome, ObjectiveResult, ResilienceResult
from scenarios.objectives import RESILIENCE, Metric, Objective
from scenarios.plan import Plan

NOT_AUDITED = "the target was not read back (no audit)"
ENDLESS = frozenset({Metric.RECOVERY_S, Metric.HEALING_S, Metric.STABLE_S})
"""Times that go on where a target did not recover: what was followed is then a lower bound."""


def judge_resilience(plan: Plan, rows: Sequence[ResilienceResult]) -> tuple[ObjectiveResult, ...]:
    """Return a row for each objective on resilience, fault and side; one that is not measured where nothing was broken."""
    return tuple(
        row
        for objective in plan.objectives.objective
        if objective.metric in RESILIENCE
        for row in _rows(objective, rows)
    )


def _rows(objective: Objective, rows: Sequence[ResilienceResult]) -> list[ObjectiveResult]:
    wanted = [row for row in rows if objective.faults == () or row.fault in objective.faults]
    places = dict.fromkeys((row.fault, row.side) for row in wanted if objective.side in {None, row.side})
    if not places:
        return [row_of(objective, None, None, None, None, 0, because="nothing was broken in this run")]
    return [_judged(objective, place, [row for row in wanted if (row.fault, row.side) == place]) for place in places]


def _judged(objective: Objective, place: tuple[str, str], rows: Sequence[ResilienceResult]) -> ObjectiveResult:
    where = f"{place[0]}, {place[1]}"
    usable = [row for row in rows if row.healing is not Healing.VOID]
    if not usable:
        because = listed(sorted({row.because for row in rows}), 2)
        return row_of(objective, None, where, None, None, 0, because=because)
    known = [(value, row) for row in usable if (value := _value(objective.metric, row)) is not None]
    if not known:
        because = NOT_AUDITED if objective.metric in {Metric.ACKNOWLEDGED_LOST, Metric.DUPLICATES} else _unknown(usable)
        return row_of(objective, None, where, None, None, len(usable), because=because)
    worst, row = max(known, key=lambda pair: pair[0])
    ended = objective.metric not in ENDLESS or _is_over(row)
    if worst > objective.limit:
        because = "" if ended else f"at least so long: {row.because}"
        return row_of(objective, None, where, worst, None, len(usable), outcome=ObjectiveOutcome.FAIL, because=because)
    undecided = [one for _, one in known if objective.metric in ENDLESS and not _is_over(one)]
    if undecided:
        because = listed([one.because for one in undecided], 2)
        return row_of(objective, None, where, None, None, len(usable), because=because)
    because = f"the worst of {len(usable)} injections" if len(usable) > 1 else ""
    return row_of(objective, None, where, worst, None, len(usable), outcome=ObjectiveOutcome.PASS, because=because)


def _is_over(row: ResilienceResult) -> bool:
    return row.healing in {Healing.RECOVERED, Healing.UNHARMED}


def _value(metric: Metric, row: ResilienceResult) -> float | None:
    """Return a figure of an injection; of one that did not recover, as long as it was followed."""
    value = getattr(row, metric.value)
    if value is None and metric in ENDLESS:
        since_s = row.start_s if metric is not Metric.HEALING_S or row.end_s is None else row.end_s
        return max(0.0, row.start_s + row.followed_s - since_s)
    return None if value is None else float(value)


def _unknown(rows: Sequence[ResilienceResult]) -> str:
    if all(row.healing is Healing.UNHARMED for row in rows):
        return "nobody felt it"
    return f"it did not show in {number(max(row.followed_s for row in rows))} s"
