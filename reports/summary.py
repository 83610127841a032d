"""What every report begins with: why, what to do next, and everything else worst first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from analysis.verdict import (
    ComparisonResult,
    Finding,
    Gate,
    ObjectiveOutcome,
    ObjectiveResult,
    Outcome,
    Priority,
    Statement,
    Verdict,
)
from records.journey import Milestone
from records.run import Run
from records.window import FAILED
from reports import wording
from reports.series import seconds_of
from reports.stages import judged_stages

WORST_FIRST = {
    ObjectiveOutcome.FAIL: 0,
    ObjectiveOutcome.MARGINAL: 1,
    ObjectiveOutcome.PASS: 2,
    ObjectiveOutcome.NOT_MEASURED: 3,
}
GATE_FIRST = {Gate.FAIL: 0, Gate.INCONCLUSIVE: 1, Gate.PASS: 2, Gate.NOT_GATED: 3}
STATED_FIRST = {Statement.REGRESSED: 0, Statement.CANNOT_TELL: 1, Statement.IMPROVED: 2, Statement.NO_CHANGE: 3}
METRICS = ("response_p50", "response_p95", "response_p99", "rate")
PRIORITY_FIRST = {Priority.CRITICAL: 0, Priority.HIGH: 1, Priority.MEDIUM: 2, Priority.LOW: 3}


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do next, the command for it, and the section that says more."""

    label: str
    words: str
    section: str
    command: str | None = None


def reason(verdict: Verdict) -> str:
    """Return the one sentence why."""
    return wording.sentence(verdict.because[0]) if verdict.because else wording.OUTCOME_MEANS[verdict.outcome]


def next_step(verdict: Verdict) -> NextStep:
    """Return what to do next, by outcome."""
    match verdict.outcome:
        case Outcome.FAIL:
            findings = ranked_findings(verdict)
            if findings:
                return NextStep("Next", wording.sentence(findings[0].next_step), "findings")
            return NextStep("Next", "Look at what was missed, worst first.", "objectives")
        case Outcome.INCONCLUSIVE:
            return _next_of_inconclusive(verdict)
        case Outcome.INVALID:
            words = (
                "Mend what the failed checks name, then run it again; nothing below says anything about the release."
            )
            return NextStep("What would settle it", words, "generator")
        case Outcome.PASS:
            return NextStep(
                "Next",
                "Accept this run, so that the next one is compared with it:",
                "comparison",
                accept_command(verdict),
            )
        case _:
            assert_never(verdict.outcome)


def _next_of_inconclusive(verdict: Verdict) -> NextStep:
    urgent = [row for row in ranked_findings(verdict) if row.priority in {Priority.CRITICAL, Priority.HIGH}]
    if urgent:
        return NextStep("What would settle it", wording.sentence(urgent[0].next_step), "findings")
    missing = verdict.baseline.missing
    if missing is not None and any(missing in cause for cause in verdict.because):
        words = "Make the accepted runs that are missing, on a build that is known to be good and at this run's scales:"
        command = f"rushhour baseline build {wording.plain(verdict.scenario)} --target {wording.plain(verdict.target)}"
        return NextStep("What would settle it", words, "comparison", command)
    return NextStep("What would settle it", _settling(verdict), _unsettled_section(verdict))


def _settling(verdict: Verdict) -> str:
    undecided = [row for row in ranked_comparisons(verdict) if row.gate is Gate.INCONCLUSIVE]
    close = [row for row in verdict.objectives if row.outcome is ObjectiveOutcome.MARGINAL]
    words = [f"{wording.plain(row.operation)} {wording.metric(row.metric)}: {row.because}" for row in undecided[:1]]
    words += [f"{row.title}: {row.because or 'its limit lies inside the interval'}" for row in close[:1]]
    words = [wording.sentence(text) for text in words if text]
    return " ".join([*words, "More runs of the same build, or longer ones, narrow the intervals."])


def _unsettled_section(verdict: Verdict) -> str:
    return "comparison" if any(row.gate is Gate.INCONCLUSIVE for row in verdict.comparisons) else "objectives"


def ranked_findings(verdict: Verdict) -> list[Finding]:
    """Return the findings, worst first, else in the verdict's own order."""
    return sorted(verdict.findings, key=lambda finding: PRIORITY_FIRST[finding.priority])


def ranked_objectives(verdict: Verdict) -> list[ObjectiveResult]:
    """Return the objectives: missed, too close to tell, held (the nearest to its limit first), not measured."""
    return sorted(verdict.objectives, key=lambda row: (WORST_FIRST[row.outcome], -(used(row, row.observed) or 0.0)))


def worst_of_each(rows: Sequence[ObjectiveResult]) -> set[int]:
    """Return the indices of rows that a short list shows: all that did not hold, and the worst one of each objective."""
    seen: set[str] = set()
    kept = set()
    for index, row in enumerate(rows):
        if row.name not in seen or row.outcome in {ObjectiveOutcome.FAIL, ObjectiveOutcome.MARGINAL}:
            kept.add(index)
        seen.add(row.name)
    return kept


def used(row: ObjectiveResult, value: float | None) -> float | None:
    """Return which share of what a limit allows `value` uses: 1 at the limit, more beyond; None where it was not measured.

    A ceiling allows from 0 to itself. A floor on a ratio allows a shortfall from 100 %; any other floor is turned around.
    """
    if value is None:
        return None
    if not row.higher_is_better:
        return value / row.limit if row.limit > 0 else (0.0 if value <= 0 else math.inf)
    if row.unit == "ratio":
        return (1 - value) / (1 - row.limit) if row.limit < 1 else (0.0 if value >= 1 else math.inf)
    return row.limit / value if value > 0 else math.inf


def ranked_comparisons(verdict: Verdict) -> list[ComparisonResult]:
    """Return the comparisons: what blocks first, then what cannot be told, the largest change for the worse first."""
    return sorted(
        verdict.comparisons,
        key=lambda row: (GATE_FIRST[row.gate], STATED_FIRST[row.statement], -worsening(row)),
    )


def worsening(row: ComparisonResult) -> float:
    """Return by which ratio a metric got worse; negative where it got better, 0 where it is not known."""
    if row.change_ratio is None:
        return 0.0
    return -row.change_ratio if row.worse_is == "lower" else row.change_ratio


def change_words(row: ComparisonResult) -> str:
    """Return a comparison in words: "31.2 % slower, 95 % interval +22 % to +41 %"."""
    if row.change_ratio is None:
        return "not compared"
    amount = wording.percent(abs(round(row.change_ratio, 3)))
    if round(row.change_ratio, 3) == 0:
        words = "unchanged"
    elif not row.metric.startswith("response"):
        words = f"{amount} {'higher' if row.change_ratio > 0 else 'lower'}"
    else:
        words = f"{amount} {'slower' if row.change_ratio > 0 else 'faster'}"
    told = wording.change_interval(row.interval, row.level)
    return f"{words}, {told}" if told else words


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A figure at the top: what it is, its value, and what it stands on."""

    label: str
    value: str
    basis: str


def key_figures(run: Run, verdict: Verdict) -> list[KeyFigure]:
    """Return the figures of the judged stages that everybody asks for first; none where nothing was judged."""
    stages = judged_stages(run)
    counts = [run.outcomes(stage.start_s, stage.end_s) for stage in stages]
    total = sum(sum(count.values()) for count in counts)
    if total == 0:
        return []
    failed = sum(count[outcome] for count in counts for outcome in FAILED)
    histograms = [run.response(stage.start_s, stage.end_s) for stage in stages]
    figures = [
        KeyFigure(
            f"p95, {stage.name}",
            wording.latency_us(histogram.quantile_us(0.95)),
            f"{wording.counted(histogram.count, 'request')}, all operations",
        )
        for stage, histogram in list(zip(stages, histograms, strict=True))[:2]
    ]
    length_s = sum(stage.duration_s for stage in stages)
    figures.append(
        KeyFigure(
            "request rate", f"{wording.number(total / length_s)} per s", f"over {wording.length(length_s)} judged"
        )
    )
    figures.append(
        KeyFigure(
            "failed requests",
            wording.percent(failed / total),
            f"{wording.count(failed)} of {wording.counted(total, 'request')}",
        )
    )
    made = next((step for step in verdict.funnel if step.milestone == Milestone.BOOKED), None)
    if made is not None and made.share_of_first is not None:
        figures.append(
            KeyFigure(
                "bookings completed",
                wording.percent(made.share_of_first),
                f"{wording.count(made.count)} of {wording.count(verdict.funnel[0].count)} begun",
            )
        )
    return figures


def length_words(run: Run) -> str:
    """Return how long the run was, with why it ended where it did not run to its plan."""
    planned = wording.length(run.manifest.plan.duration_s)
    ended = run.manifest.ended
    if ended is None:
        recorded = wording.length(seconds_of(run)) if run.last_second >= 0 else "nothing"
        return f"never ended (killed, or still under way): {recorded} recorded of {planned} planned"
    if ended.reason == "completed":
        return wording.length(ended.at_s)
    detail = f", {wording.plain(ended.detail)}" if ended.detail else ""
    return f"{ended.reason} after {wording.length(ended.at_s)} of {planned}{detail}"


def accept_command(verdict: Verdict) -> str:
    """Return the command that makes this run a baseline; a run that must not become one is not named."""
    return f"rushhour baseline accept {wording.plain(verdict.run_id) if may_be_baseline(verdict) else 'RUN'}"


def accept_words(verdict: Verdict) -> str:
    """Return how a baseline comes about."""
    if may_be_baseline(verdict):
        return "If this run is good, accept it:"
    return "Not this run, but a good one becomes the baseline by:"


def may_be_baseline(verdict: Verdict) -> bool:
    """Tell whether a run of this outcome is fit to be accepted."""
    return verdict.outcome in {Outcome.PASS, Outcome.INCONCLUSIVE}


def has_baseline(verdict: Verdict) -> bool:
    """Tell whether the run was compared with accepted runs."""
    return verdict.baseline.missing is None and bool(verdict.baseline.run_ids)


def compared_words(verdict: Verdict) -> str:
    """Return what the run was compared with, or why with nothing."""
    if verdict.baseline.missing is not None:
        return wording.sentence(verdict.baseline.missing)
    if not verdict.baseline.run_ids:
        return "Not compared with anything: no run was accepted yet."
    counts: dict[Statement, int] = dict.fromkeys(Statement, 0)
    for row in verdict.comparisons:
        counts[row.statement] += 1
    told = ", ".join(f"{count} {wording.STATEMENT_WORD[word]}" for word, count in counts.items() if count)
    return f"{told or 'nothing comparable'} (against {wording.counted(len(verdict.baseline.run_ids), 'accepted run')})"
