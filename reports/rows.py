"""Rows of the report's tables: objectives with their bars, comparisons with their whiskers, ready for a template."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from analysis.funnel import BOOKERS, judged_milestones
from analysis.verdict import (
    ComparisonResult,
    Finding,
    FunnelStep,
    Gate,
    ObjectiveOutcome,
    ObjectiveResult,
    Outcome,
    Statement,
    Verdict,
)
from records.journey import Milestone
from records.run import Run
from reports import wording
from reports.drawing import ChangeAxis, limit_bar, share_bar, sparkline
from reports.summary import METRICS, change_words, ranked_comparisons, ranked_objectives, used, worst_of_each

LONGEST_AXIS = 0.6  # a change beyond 60 % stands at the end of the axis; its words tell how much
SHORTEST_AXIS = 0.3
OUTCOME_CSS = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "fail",
    Outcome.INCONCLUSIVE: "marginal",
    Outcome.INVALID: "unknown",
}
OBJECTIVE_CSS = {
    ObjectiveOutcome.PASS: "pass",
    ObjectiveOutcome.FAIL: "fail",
    ObjectiveOutcome.MARGINAL: "marginal",
    ObjectiveOutcome.NOT_MEASURED: "unknown",
}
STATEMENT_CSS = {
    Statement.REGRESSED: "fail",
    Statement.IMPROVED: "pass",
    Statement.NO_CHANGE: "plain",
    Statement.CANNOT_TELL: "unknown",
}


@dataclass(frozen=True, slots=True)
class ObjectiveRow:
    """One objective as shown; `short` tells whether it stands in the short list; `used` sorts."""

    title: str
    name: str
    place: str
    limit: str
    target: str
    observed: str
    interval: str
    bar: Markup | None
    used: float
    count: int
    counted: str
    outcome: str
    symbol: str
    css: str
    because: str
    short: bool


def objective_rows(verdict: Verdict) -> list[ObjectiveRow]:
    """Return the rows, worst first, not measured last."""
    ranked = ranked_objectives(verdict)
    short = worst_of_each(ranked)
    return [_objective(row, index in short) for index, row in enumerate(ranked)]


def _objective(row: ObjectiveResult, short: bool) -> ObjectiveRow:
    share = used(row, row.observed)
    return ObjectiveRow(
        title=row.title,
        name=row.name,
        place=_place(row),
        limit=wording.limit(row.limit, row.unit, higher_is_better=row.higher_is_better),
        target="" if row.target is None else f"target {wording.quantity(row.target, row.unit)}",
        observed=wording.quantity(row.observed, row.unit),
        interval=wording.interval(row.interval, row.unit, "90 %"),
        bar=None if share is None else _bar(row, share),
        used=-1.0 if share is None else min(share, 1e6),
        count=row.count,
        counted=wording.count(row.count) if row.count else "",
        outcome=wording.OBJECTIVE_WORD[row.outcome] + (" (required)" if row.required else ""),
        symbol=wording.OBJECTIVE_SYMBOL[row.outcome],
        css=OBJECTIVE_CSS[row.outcome],
        because=wording.sentence(row.because),
        short=short,
    )


def finding_row(finding: Finding) -> dict[str, Any]:
    """Return a finding as its template shows it."""
    labelled = (
        ("Evidence", finding.evidence),
        ("Likely cause", finding.cause),
        ("Next step", finding.next_step),
        ("Refuted by", finding.refuted_by),
    )
    return {
        "css": f"priority-{finding.priority.value}",
        "symbol": wording.PRIORITY_SYMBOL[finding.priority],
        "priority": wording.PRIORITY_WORD[finding.priority],
        "symptom": finding.symptom,
        "lines": [(label, wording.sentence(text)) for label, text in labelled if text],
        "deadline": f"respond within {wording.deadline(finding.respond_within_s)}, resolve within "
        f"{wording.deadline(finding.resolve_within_s)}",
    }


def _place(row: ObjectiveResult) -> str:
    """Return what a row is about: its operation, if it is about one, and its stage; nothing for what was measured nowhere."""
    stage = f"stage {row.stage}" if row.stage is not None else "whole run" if row.observed is not None else ""
    return " · ".join(part for part in (wording.plain(row.operation or ""), stage) if part)


def _bar(row: ObjectiveResult, share: float) -> Markup:
    ends = [] if row.interval is None else [used(row, end) for end in row.interval]
    known = sorted(end for end in ends if end is not None)
    low, high = (known[0], known[-1]) if len(known) == 2 else (None, None)
    title = f"{wording.percent(min(share, 100.0))} of what the limit allows"
    return limit_bar(share, low, high, used(row, row.target), OBJECTIVE_CSS[row.outcome], title)


@dataclass(frozen=True, slots=True)
class ChangeCell:
    """One metric of one operation against the baseline; `label` says which where the column has no head (a phone)."""

    label: str
    mark: Markup | None
    words: str
    statement: str
    symbol: str
    css: str
    spark: Markup | None
    change: float


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One operation of one stage: a cell a metric, None where it was not compared."""

    operation: str
    stage: str
    gated: bool
    cells: tuple[ChangeCell | None, ...]
    basis: tuple[str, ...]
    rank: int
    short: bool


@dataclass(frozen=True, slots=True)
class ChangeHead:
    """One column: the metric, its tolerated change, and the axis."""

    metric: str
    tolerated: str
    axis: Markup


@dataclass(frozen=True, slots=True)
class ChangeTable:
    """The table of the section "Against the baseline"."""

    heads: tuple[ChangeHead, ...]
    rows: tuple[ChangeRow, ...]
    reach: str


def change_table(verdict: Verdict) -> ChangeTable | None:
    """Return the comparison table, what blocks first; None where nothing was compared."""
    ranked = [row for row in ranked_comparisons(verdict) if _has_a_column(row)]
    if not ranked:
        return None
    present = {row.metric for row in ranked}
    metrics = [name for name in METRICS if name in present] + sorted(present - set(METRICS))
    axis = ChangeAxis(_reach(ranked))
    by_place: dict[tuple[str, str], dict[str, ComparisonResult]] = {}
    for row in ranked:
        by_place.setdefault((row.stage, row.operation), {})[row.metric] = row
    heads = tuple(_head(name, next(row for row in ranked if row.metric == name), axis) for name in metrics)
    rows = tuple(
        _change_row(rank, stage, operation, [cells.get(name) for name in metrics], axis)
        for rank, ((stage, operation), cells) in enumerate(by_place.items())
    )
    return ChangeTable(heads, rows, wording.percent(axis.reach))


def _has_a_column(row: ComparisonResult) -> bool:
    """Return whether a row is in the table: latencies and rates always, the rest where something changed."""
    return row.metric in METRICS or row.statement in {Statement.REGRESSED, Statement.IMPROVED}


def signed_tolerance(row: ComparisonResult) -> float:
    """Return the tolerated change on the axis of change: up for latencies, down for a rate."""
    return -abs(row.tolerated_ratio) if row.worse_is == "lower" else abs(row.tolerated_ratio)


def _reach(rows: Sequence[ComparisonResult]) -> float:
    ends = [abs(end) for row in rows for end in (row.interval or (0.0, 0.0))]
    ends += [1.2 * abs(row.tolerated_ratio) for row in rows]
    return min(LONGEST_AXIS, max(SHORTEST_AXIS, math.ceil(max(ends) * 20) / 20))


def _head(metric: str, row: ComparisonResult, axis: ChangeAxis) -> ChangeHead:
    tolerated = signed_tolerance(row)
    words = wording.change(tolerated)
    return ChangeHead(wording.metric(metric), f"tolerated {words}", axis.head(tolerated, words))


def _change_row(
    rank: int, stage: str, operation: str, found: Sequence[ComparisonResult | None], axis: ChangeAxis
) -> ChangeRow:
    """Return one operation's row; the short list holds what is gated or has changed."""
    present = [row for row in found if row is not None]
    gated = any(row.gate is not Gate.NOT_GATED for row in present)
    return ChangeRow(
        wording.plain(operation),
        stage,
        gated,
        tuple(None if row is None else _change_cell(row, axis) for row in found),
        tuple(_basis(row) for row in present),
        rank,
        gated or any(row.statement in {Statement.REGRESSED, Statement.IMPROVED} for row in present),
    )


def _basis(row: ComparisonResult) -> str:
    runs = f"{wording.counted(row.runs[0], 'accepted run')}, {wording.counted(row.runs[1], 'run')} judged"
    words = (
        f"{wording.metric(row.metric)}: {wording.metric_value(row.observed, row.metric)}, before "
        f"{wording.metric_value(row.baseline, row.metric)} ({wording.counted(row.count, 'request')}; {runs})"
    )
    if row.smallest_detectable_ratio is not None:
        words += f"; a change of {wording.percent(row.smallest_detectable_ratio)} would be seen"
    return f"{words}. Gate: {wording.GATE_WORD[row.gate]}. {wording.sentence(row.because)}"


def _change_cell(row: ComparisonResult, axis: ChangeAxis) -> ChangeCell:
    css = STATEMENT_CSS[row.statement]
    words = change_words(row)
    mark = None
    if row.change_ratio is not None:
        mark = axis.mark(row.change_ratio, row.interval, signed_tolerance(row), css, words)
    return ChangeCell(
        label=f"{wording.metric(row.metric)}, tolerated {wording.change(signed_tolerance(row))}",
        mark=mark,
        words=words,
        statement=wording.STATEMENT_WORD[row.statement],
        symbol=_arrow(row),
        css=css,
        spark=_spark(row, css),
        change=0.0 if row.change_ratio is None else row.change_ratio,
    )


def _arrow(row: ComparisonResult) -> str:
    """Return the direction of a stated change, whichever way is worse; "=" and "?" where none is stated."""
    if row.statement in {Statement.REGRESSED, Statement.IMPROVED} and row.change_ratio is not None:
        return "▲" if row.change_ratio > 0 else "▼"
    return wording.STATEMENT_SYMBOL[row.statement]


def _spark(row: ComparisonResult, css: str) -> Markup | None:
    if not row.history:
        return None
    low, high = min(row.history), max(row.history)
    title = (
        f"last {wording.counted(len(row.history), 'accepted run')}: {wording.metric_value(low, row.metric)} to "
        f"{wording.metric_value(high, row.metric)}; this run {wording.metric_value(row.observed, row.metric)}"
    )
    return sparkline(row.history, row.observed, title, css)


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One step of the funnel, with what was lost before it."""

    milestone: str
    counted: str
    of_first: str
    of_previous: str
    lost: str
    bar: Markup


def funnel_rows(steps: Sequence[FunnelStep]) -> list[FunnelRow]:
    """Return the funnel with the losses at each step."""
    rows = []
    before: FunnelStep | None = None
    for step in steps:
        lost = "" if before is None else f"{wording.count(before.count - step.count)} lost"
        share = step.share_of_first
        rows.append(
            FunnelRow(
                milestone=step.milestone.replace("_", " "),
                counted=wording.count(step.count),
                of_first="" if share is None else wording.percent(share),
                of_previous="" if step.share_of_previous is None else wording.percent(step.share_of_previous),
                lost=lost,
                bar=share_bar(share or 0.0, "plain", f"{wording.counted(step.count, 'session')} {step.milestone}"),
            )
        )
        before = step
    return rows


def funnel_title(steps: Sequence[FunnelStep]) -> str:
    """Return how many bookings were made, and paid, in words."""
    shares = {step.milestone: step.share_of_first for step in steps}
    made, paid = shares.get(Milestone.BOOKED), shares.get(Milestone.CONFIRMED)
    if made is None or paid is None:
        return "No session set out to book"
    return f"{wording.percent(made)} of the bookings begun were made, {wording.percent(paid)} paid and confirmed online"


def funnel_note(run: Run) -> str:
    """Return where the others went, in words; empty where nobody set out to book."""
    totals = judged_milestones(run, BOOKERS)
    if totals[Milestone.BEGUN] == 0:
        return ""
    unpaid = totals[Milestone.BOOKED] - totals[Milestone.PAID]
    return (
        f"Of {wording.counted(unpaid, 'booking')} made and not paid online {wording.count(totals[Milestone.PAYS_LATER])} are to be paid at the shop "
        f"(guests always pay there) and {wording.count(totals[Milestone.CANCELLED])} were cancelled. "
        f"{wording.counted(totals[Milestone.ABANDONED], 'person', 'people')} left by themselves, before choosing or before paying; "
        f"{wording.count(totals[Milestone.GAVE_UP])} gave up for want of a free time or of an answer, after "
        f"{wording.counted(totals[Milestone.SLOT_LOST], 'slot')} lost to another customer."
    )
