"""The resilience table: what each fault cost, and how long until the objectives held again."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.verdict import Healing, ResilienceResult, ResilienceSummary, Verdict
from reports import wording

HEALING_WORD = {
    Healing.VOID: "void",
    Healing.UNHARMED: "not felt",
    Healing.RECOVERED: "recovered",
    Healing.NOT_RECOVERED: "did not recover",
    Healing.CANNOT_TELL: "cannot tell",
}
HEALING_SYMBOL = {
    Healing.VOID: "–",
    Healing.UNHARMED: "✓",
    Healing.RECOVERED: "✓",
    Healing.NOT_RECOVERED: "✗",
    Healing.CANNOT_TELL: "?",
}
HEALING_CSS = {
    Healing.VOID: "unknown",
    Healing.UNHARMED: "pass",
    Healing.RECOVERED: "pass",
    Healing.NOT_RECOVERED: "fail",
    Healing.CANNOT_TELL: "unknown",
}
NOT_KNOWN = "–"
HEAD = (
    "Fault",
    "Felt by",
    "Outcome",
    "Onset",
    "Detected",
    "First success",
    "Recovered",
    "after its end",
    "Stable",
    "Requests lost",
    "Service lost",
    "Budget of 30 days",
    "Relapses",
    "Writes lost / doubled",
)


@dataclass(frozen=True, slots=True)
class ResilienceRow:
    """One injection as shown: `cells` are the figures under `HEAD` from "Onset" on."""

    fault: str
    place: str
    side: str
    css: str
    symbol: str
    outcome: str
    because: str
    cells: tuple[str, ...]


def resilience_rows(verdict: Verdict) -> list[ResilienceRow]:
    """Return the rows of all injections, in the order of their beginnings."""
    return [_row(row) for row in verdict.resilience.injections]


def _row(row: ResilienceResult) -> ResilienceRow:
    until = "its end is not on the record" if row.end_s is None else f"to {wording.moment(row.end_s)}"
    detected = _time(row.detect_s)
    return ResilienceRow(
        fault=wording.plain(row.fault),
        place=f"injection {row.number}, {wording.moment(row.start_s)} {until}",
        side=row.side,
        css=HEALING_CSS[row.healing],
        symbol=HEALING_SYMBOL[row.healing],
        outcome=HEALING_WORD[row.healing],
        because=_because(row),
        cells=(
            _time(row.onset_s),
            f"{detected} ({row.detected_by})" if row.detected_by else detected,
            _time(row.first_success_s),
            _time(row.recovery_s),
            _time(row.healing_s),
            _time(row.stable_s),
            _count(row.requests_lost),
            _time(row.area_lost_s),
            NOT_KNOWN if row.budget_burnt_ratio is None else wording.percent(row.budget_burnt_ratio),
            _count(row.flaps),
            _audited(row),
        ),
    )


def _because(row: ResilienceResult) -> str:
    """Return why it is so; where nothing was felt that is always the same, and in the note."""
    if row.healing is Healing.UNHARMED:
        return ""
    if row.metastable:
        return f"{row.because}: metastable, the load alone keeps it down"
    return row.because


def _audited(row: ResilienceResult) -> str:
    if row.side == "reads":
        return ""
    if row.acknowledged_lost is None and row.duplicates is None:
        return "not audited"
    return f"{_count(row.acknowledged_lost)} / {_count(row.duplicates)}"


def _time(seconds: float | None) -> str:
    return NOT_KNOWN if seconds is None else f"{wording.number(round(seconds, 1))} s"


def _count(number: int | None) -> str:
    return NOT_KNOWN if number is None else wording.count(number)


def repeated(verdict: Verdict) -> list[str]:
    """Return a sentence for each fault that was injected more than once: median and worst."""
    return [_told(summary) for summary in verdict.resilience.summaries if summary.injections > 1]


def _told(summary: ResilienceSummary) -> str:
    who = f"{wording.plain(summary.fault)}, {summary.side}"
    times = f"median {_time(summary.recovery_s_median)}, worst {_time(summary.recovery_s_worst)}"
    lost = f"median {wording.count(summary.requests_lost_median)}, worst {wording.count(summary.requests_lost_worst)}"
    return (
        f"{who}: {summary.recovered} of {wording.counted(summary.injections, 'injection')} recovered from; "
        f"time to recover {times}; requests lost {lost}."
    )


def title(verdict: Verdict) -> str:
    """Return what the table shows, in words."""
    rows = verdict.resilience.injections
    if not rows:
        return "Nothing was broken in this run"
    judged = [row for row in rows if row.healing is not Healing.VOID]
    if not judged:
        return "The figures are void: the time before the faults did not meet the objectives"
    back = [row for row in judged if row.healing in {Healing.RECOVERED, Healing.UNHARMED}]
    worst = max((row.recovery_s for row in back if row.recovery_s is not None), default=None)
    told = f"{len(back)} of {len(judged)} times the objectives held again"
    return told if worst is None or len(back) < len(judged) else f"{told}, after {_time(worst)} at the worst"


def note(rows: Sequence[ResilienceResult]) -> str:
    """Return how the figures are meant, with the window that was used."""
    window_s = rows[0].window_s if rows else 0
    scaled = "" if window_s == 60 else " (a minute, scaled with the run; no shorter than 5 s)"
    return (
        f"Recovered: the first second from which on the next {window_s} s{scaled} together meet the objectives. Times count from the "
        "beginning of the fault, in whole seconds of intended starts. Service lost: the area between what was offered and what was served in "
        "time, in seconds of whole service. Not felt: no two of three seconds were worse than before."
    )
