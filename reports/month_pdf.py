"""The month as a PDF that can be handed on."""

from analysis.month import Chapter, Month, invariants
from reports import exhaustion, wording
from reports.month import chapter_row, finding_rows, head, invariant_row, resilience_rows
from reports.page import Row
from reports.pdf import PAPER_CSS, figure_rows, pdf_finding
from reports.staircase_figure import staircase_figure
from reports.typeset import typeset


def render_month_pdf(month: Month, made_at: str) -> bytes:
    """Return the page of a month as PDF (A4); `made_at` is ISO 8601 UTC. The same input gives the same bytes."""
    told = head(month, made_at)
    climb = next((chapter.verdict.exhaustion for chapter in month.chapters if chapter.verdict.exhaustion), None)
    picture = None if climb is None else staircase_figure(climb)
    data = {
        "css": PAPER_CSS[month.outcome],
        "symbol": told["outcome_symbol"],
        "word": told["outcome_word"],
        "reason": told["reason"],
        "more_reasons": told["more_reasons"],
        "means": told["outcome_means"],
        "answers": told["answers"],
        "target": told["target"],
        "times": "as the scenarios have them"
        if told["scales"] == ["1"]
        else f"scaled by {', '.join(told['scales'])}: a small picture of the whole",
        "made": told["made_utc"],
        "chapters": [_chapter(chapter) for chapter in month.chapters],
        "missing": [(wording.plain(gap.scenario), wording.sentence(gap.because)) for gap in month.missing],
        "findings": [pdf_finding(row) for row in finding_rows(month)],
        "climb_title": "" if climb is None else exhaustion.title(climb),
        "climb_facts": [] if climb is None else exhaustion.facts(climb),
        **_resilience(month),
        "invariants": [invariant_row(kept) for kept in invariants(month)],
    }
    return typeset("month", data, {} if picture is None else {"staircase": picture})


def _chapter(chapter: Chapter) -> Row:
    verdict = chapter.verdict
    return {
        **chapter_row(chapter, {}),
        "css": PAPER_CSS[verdict.outcome],
        "figures": figure_rows(chapter.run, verdict),
    }


RESILIENCE_HEAD = (
    "Run",
    "Fault",
    "Felt by",
    "Outcome",
    "Detected",
    "Recovered after its end",
    "Requests lost",
    "Writes lost / doubled",
)


def _resilience(month: Month) -> Row:
    """Return the columns that fit on paper; the page has all of them."""
    told = resilience_rows(month)
    wanted = [
        told["resilience_head"].index(name) - 3
        for name in ("Detected", "after its end", "Requests lost", "Writes lost / doubled")
    ]
    return {
        "resilience_head": RESILIENCE_HEAD,
        "resilience": [
            (scenario, row.fault, row.side, f"{row.symbol} {row.outcome}", *(row.cells[index] for index in wanted))
            for scenario, row in told["resilience"]
        ],
        "resilience_titles": [*told["resilience_titles"], *told["resilience_repeated"]],
        "resilience_note": told["resilience_note"],
    }
