"""The index of a results folder: every run with its outcome and a link to its report. One file that opens offline."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from analysis.verdict import Outcome
from reports import wording
from reports.drawing import sparkline
from reports.page import Row, environment, page
from reports.rows import OUTCOME_CSS

LAST_RUNS = 10  # of a sparkline


@dataclass(frozen=True, slots=True)
class Listed:
    """A run, or a month, as the index lists it. `links` are names with addresses, seen from the index; the first is the report.

    `outcome` is None where there is no verdict, and then `reason` says why. The p95 is that of the last judged stage, None without one.
    """

    name: str
    scenario: str
    target: str
    started_at: str
    outcome: Outcome | None
    reason: str
    links: tuple[tuple[str, str], ...] = ()
    response_us_p95: float | None = None
    request_rate_per_s: float | None = None


def render_index(listed: Sequence[Listed], left_out: int, pages: Sequence[tuple[str, str]] = ()) -> str:
    """Return the index as one HTML document, the newest run first; `left_out` older ones are counted only.

    `pages` are titles and addresses of what is about all runs together.
    """
    newest_first = sorted(listed, key=lambda row: (row.started_at, row.name), reverse=True)
    trends = _trends(listed)
    counts = Counter(row.outcome for row in listed)
    return environment().get_template("index.html").render(
        outcome_word="Results",
        rows=[_row(row, trends.get(row.name)) for row in newest_first],
        counted=wording.counted(len(listed), "run"),
        counts=[
            (_css(outcome), _symbol(outcome), _word(outcome), counts[outcome])
            for outcome in (*Outcome, None)
            if counts[outcome]
        ],
        scenarios=sorted({wording.plain(row.scenario) for row in listed}),
        targets=sorted({wording.plain(row.target) for row in listed}),
        left_out=left_out,
        pages=pages,
        **page(has_charts=False),
    )  # fmt: skip


def _trends(listed: Sequence[Listed]) -> dict[str, Markup]:
    """Return, by run, its p95 after those of the runs of the same scenario and target before it."""
    before: dict[tuple[str, str], list[float]] = defaultdict(list)
    found = {}
    for row in sorted(listed, key=lambda row: (row.started_at, row.name)):
        if row.response_us_p95 is None:
            continue
        past = before[row.scenario, row.target]
        if past:
            told = f"p95 of the last runs: {', '.join(wording.latency_us(value) for value in [*past[-LAST_RUNS:], row.response_us_p95])}"
            found[row.name] = sparkline(past[-LAST_RUNS:], row.response_us_p95, told)
        past.append(row.response_us_p95)
    return found


def _css(outcome: Outcome | None) -> str:
    return "unknown" if outcome is None else OUTCOME_CSS[outcome]


def _symbol(outcome: Outcome | None) -> str:
    return "–" if outcome is None else wording.OUTCOME_SYMBOL[outcome]


def _word(outcome: Outcome | None) -> str:
    return "no verdict" if outcome is None else wording.OUTCOME_WORD[outcome]


def _row(row: Listed, trend: Markup | None) -> Row:
    parsed = wording.parsed_moment(row.started_at)
    return {
        "css": _css(row.outcome),
        "symbol": _symbol(row.outcome),
        "word": _word(row.outcome),
        "name": wording.plain(row.name),
        "reason": wording.sentence(row.reason),
        "links": row.links,
        "scenario": wording.plain(row.scenario),
        "target": wording.plain(row.target),
        "utc": wording.utc(row.started_at),
        "iso": None if parsed is None else parsed.isoformat(),
        "p95": "" if row.response_us_p95 is None else wording.latency_us(row.response_us_p95),
        "p95_us": row.response_us_p95 or "",
        "rate": "" if row.request_rate_per_s is None else f"{wording.number(row.request_rate_per_s)} per s",
        "rate_per_s": row.request_rate_per_s or "",
        "trend": trend,
    }
