"""The monthly page: all stress runs on one sheet, the answers first, each a link away from its own report."""

from collections.abc import Mapping
from dataclasses import replace

from markupsafe import Markup

from analysis import month as whole
from analysis.month import Chapter, Kept, Month
from analysis.verdict import Outcome
from reports import exhaustion, resilience, wording
from reports.canvas import choices_json, embedded
from reports.month_answers import answers, brief
from reports.page import Row, environment, page
from reports.rows import OBJECTIVE_CSS, OUTCOME_CSS, finding_row
from reports.staircase import staircase_charts
from reports.summary import key_figures, length_words

MOST_FINDINGS = 30  # more are in the single reports, and the page says so
MEANS = {
    Outcome.PASS: "The release may ship.",
    Outcome.FAIL: "The release should not ship as it is.",
    Outcome.INCONCLUSIVE: "These runs cannot tell whether the release may ship.",
    Outcome.INVALID: "Not all of it was measured, or not so that it is to be trusted; nothing that was seen speaks against the release.",
}


def render_month(month: Month, links: Mapping[str, str], made_at: str) -> str:
    """Return the page as one HTML document; `links` are the reports by run id, `made_at` is ISO 8601 UTC."""
    climb = next((chapter.verdict.exhaustion for chapter in month.chapters if chapter.verdict.exhaustion), None)
    charts = () if climb is None else staircase_charts(climb)
    model, places = embedded(charts) if charts else ("{}", "[]")
    told = resilience_rows(month)
    return environment().get_template("month.html").render(
        **head(month, made_at),
        chapters=[chapter_row(chapter, links) for chapter in month.chapters],
        missing=[(wording.plain(gap.scenario), wording.sentence(gap.because)) for gap in month.missing],
        findings=[{**row, "chart": None} for row in finding_rows(month)],
        findings_left=max(0, len(whole.findings(month)) - MOST_FINDINGS),
        climb=None if climb is None else exhaustion.section(climb, charts),
        **told,
        injections=[replace(row, place=f"{scenario}, {row.place}") for scenario, row in told["resilience"]],
        invariants=[invariant_row(kept) for kept in whole.invariants(month)],
        **page(bool(charts)),
        charts_json=Markup(model),
        places_json=Markup(places),
        choices_json=Markup(choices_json(charts)),
    )  # fmt: skip


def finding_rows(month: Month) -> list[Row]:
    """Return the findings of all runs as shown, worst first, at most so many."""
    return [
        {**finding_row(finding), "symptom": f"{wording.plain(scenario)}: {finding.symptom}"}
        for scenario, finding in whole.findings(month)[:MOST_FINDINGS]
    ]


def head(month: Month, made_at: str) -> Row:
    """Return the outcome, why, the answers, target and times of a month."""
    target = month.chapters[0].run.manifest.plan.target if month.chapters else None
    parsed = wording.parsed_moment(made_at)
    because = [wording.sentence(text) for text in month.because]
    if month.outcome is Outcome.PASS:
        because = [f"{wording.counted(len(month.chapters), 'run')}, and every one of them passes."]
    return {
        "outcome": month.outcome.value,
        "outcome_word": wording.OUTCOME_WORD[month.outcome],
        "outcome_symbol": wording.OUTCOME_SYMBOL[month.outcome],
        "outcome_means": MEANS[month.outcome],
        "reason": because[0] if because else "Nothing was carried out.",
        "more_reasons": because[1:],
        "answers": answers(month),
        "target": "none" if target is None else f"{wording.plain(target.name)} ({target.kind.value})",
        "made_utc": wording.utc(made_at),
        "made_iso": None if parsed is None else parsed.isoformat(),
        "scales": sorted({wording.number(chapter.run.manifest.plan.time_scale) for chapter in month.chapters}),
    }


def chapter_row(chapter: Chapter, links: Mapping[str, str]) -> Row:
    """Return a run of the month as shown."""
    verdict, manifest = chapter.verdict, chapter.run.manifest
    return {
        "scenario": wording.plain(manifest.plan.scenario),
        "title": wording.plain(manifest.plan.title, 200),
        "run_id": wording.plain(manifest.run_id),
        "link": links.get(manifest.run_id),
        "css": OUTCOME_CSS[verdict.outcome],
        "symbol": wording.OUTCOME_SYMBOL[verdict.outcome],
        "word": wording.OUTCOME_WORD[verdict.outcome],
        "reason": brief(verdict),
        "length": length_words(chapter.run),
        "figures": [(figure.label, figure.value, figure.basis) for figure in key_figures(chapter.run, verdict)],
        "plants": [wording.plain(name) for name in manifest.plants],
    }


def resilience_rows(month: Month) -> Row:
    """Return what the faults of all runs did."""
    told = [chapter for chapter in month.chapters if chapter.verdict.resilience.injections]
    return {
        "resilience": [
            (wording.plain(chapter.scenario), row)
            for chapter in told
            for row in resilience.resilience_rows(chapter.verdict)
        ],
        "resilience_head": resilience.HEAD,
        "resilience_titles": [
            f"{wording.plain(chapter.scenario)}: {wording.sentence(resilience.title(chapter.verdict))}"
            for chapter in told
        ],
        "resilience_repeated": [line for chapter in told for line in resilience.repeated(chapter.verdict)],
        "resilience_note": resilience.note([row for chapter in told for row in chapter.verdict.resilience.injections])
        if told
        else "",
    }


def invariant_row(kept: Kept) -> Row:
    """Return an invariant over all runs as shown."""
    outcome = kept.worst.outcome
    return {
        "title": kept.title,
        "css": OBJECTIVE_CSS[outcome],
        "symbol": wording.OBJECTIVE_SYMBOL[outcome],
        "outcome": wording.INVARIANT_WORD[outcome],
        "because": f"{wording.plain(kept.scenario)}: {wording.sentence(kept.worst.because)}"
        if kept.worst.because
        else "",
        "checked": wording.count(kept.checked),
        "violations": wording.count(kept.violations),
        "holds_in": f"{kept.holds_in} of {wording.counted(kept.of, 'run')}",
    }
