"""The report of one run as a PDF that can be handed on: the verdict first, then what it stands on."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from analysis.verdict import Gate, Outcome, Verdict
from records.run import Run
from reports import wording
from reports.rows import OBJECTIVE_CSS, OUTCOME_CSS, STATEMENT_CSS, finding_row, objective_rows
from reports.summary import (
    change_words,
    compared_words,
    key_figures,
    length_words,
    next_step,
    ranked_comparisons,
    ranked_findings,
    reason,
)
from reports.trust import check_rows, manifest_rows, trust_words
from reports.typeset import typeset
from reports.witness import witness_lines

Row = dict[str, Any]
MOST_COMPARISONS = 24  # rows that do not block, beyond those that do
MOST_FINDINGS = 12
PAPER_CSS = {
    **OUTCOME_CSS,
    Outcome.INVALID: "invalid",
}  # a colour of its own: on paper there is no double edge to tell it


def render_pdf(run: Run, verdict: Verdict, drawn: Mapping[str, Figure]) -> bytes:
    """Return the report of a run as PDF (A4), with the pictures of `reports.png.charts`; the same input gives the same bytes."""
    manifest = run.manifest
    data = {
        "kind": "Report of a run",
        "run_id": wording.plain(manifest.run_id),
        "title": wording.plain(manifest.plan.title, 200),
        "target": wording.plain(manifest.plan.target.name),
        **outcome_words(verdict.outcome, [reason(verdict), *verdict.because[1:]], wording.OUTCOME_MEANS[verdict.outcome]),
        "next": _next(verdict),
        "figures": figure_rows(run, verdict),
        "facts": _facts(run),
        "findings": [pdf_finding(row) for row in map(finding_row, ranked_findings(verdict)[:MOST_FINDINGS])],
        **_objectives(verdict),
        **_comparisons(verdict),
        **_invariants(verdict),
        "trust": trust_words(verdict),
        "checks": [
            {"css": row.css, "words": row.words, "title": row.title, "because": row.because, "observed": row.observed, "limit": row.limit}
            for row in check_rows(verdict)
        ],
        "command": wording.plain(shlex.join(manifest.command), 2000),
        "manifest": manifest_rows(run),
    }  # fmt: skip
    return typeset("run", data, drawn)


def outcome_words(outcome: Outcome, because: Sequence[str], means: str) -> Row:
    """Return the banner of an outcome: symbol, word, colour, why, what it means."""
    told = [wording.sentence(text) for text in because]
    return {
        "css": PAPER_CSS[outcome],
        "symbol": wording.OUTCOME_SYMBOL[outcome],
        "word": wording.OUTCOME_WORD[outcome],
        "reason": told[0] if told else "",
        "more_reasons": told[1:],
        "means": means,
    }


def figure_rows(run: Run, verdict: Verdict) -> list[Row]:
    """Return the key figures of a run."""
    return [
        {"label": figure.label, "value": figure.value, "basis": figure.basis} for figure in key_figures(run, verdict)
    ]


def pdf_finding(row: Row) -> Row:
    """Return a finding as its template shows it."""
    return {
        "css": {"critical": "fail", "high": "fail", "medium": "marginal"}.get(row["priority"].lower(), "unknown"),
        "mark": f"{row['symbol']} {row['priority']}",
        "symptom": row["symptom"],
        "lines": row["lines"],
        "deadline": row["deadline"],
    }


def _next(verdict: Verdict) -> Row:
    step = next_step(verdict)
    return {"label": step.label, "words": step.words, "command": step.command}


def _facts(run: Run) -> list[tuple[str, str]]:
    manifest = run.manifest
    return [
        ("Run", wording.plain(manifest.run_id)),
        ("Target", f"{wording.plain(manifest.plan.target.name)} ({manifest.plan.target.kind.value})"),
        ("Build", wording.plain(manifest.target_build) if manifest.target_build else "the target does not tell"),
        ("Started", wording.utc(manifest.started_at)),
        ("Length", length_words(run)),
    ]


def _objectives(verdict: Verdict) -> Row:
    rows = objective_rows(verdict)
    shown = [row for row in rows if row.short]
    held = sum(row.css == "pass" for row in rows)
    measured = sum(row.used >= 0 for row in rows)
    return {
        "objectives_title": f"{held} of {measured} measured rows held" if rows else "none was judged",
        "objectives": [
            {
                "css": row.css,
                "mark": f"{row.symbol} {row.outcome}",
                "title": row.title,
                "place": f"{row.place}. {row.because}" if row.place and row.because else row.place or row.because,
                "limit": row.limit,
                "observed": row.observed,
                "interval": row.interval,
                "counted": row.counted,
            }
            for row in shown
        ],
        "objectives_note": f"All that did not hold, and the worst row of each objective; {len(rows) - len(shown)} more rows are in the HTML report."
        if len(rows) > len(shown)
        else "",
    }


def _comparisons(verdict: Verdict) -> Row:
    ranked = ranked_comparisons(verdict)
    blocking = [row for row in ranked if row.gate in {Gate.FAIL, Gate.INCONCLUSIVE}]
    shown = [*blocking, *[row for row in ranked if row not in blocking][:MOST_COMPARISONS]]
    return {
        "compared": compared_words(verdict),
        "comparisons": [
            {
                "css": STATEMENT_CSS[row.statement].replace("plain", "muted"),
                "mark": f"{wording.STATEMENT_SYMBOL[row.statement]} {wording.STATEMENT_WORD[row.statement]}",
                "operation": wording.plain(row.operation),
                "metric": wording.metric(row.metric),
                "change": change_words(row),
                "before": wording.metric_value(row.baseline, row.metric),
                "now": wording.metric_value(row.observed, row.metric),
            }
            for row in shown
        ],
        "comparisons_note": f"{len(ranked) - len(shown)} more rows are in the HTML report." if len(ranked) > len(shown) else "",
    }  # fmt: skip


def _invariants(verdict: Verdict) -> Row:
    return {
        "invariants": [
            {
                "css": OBJECTIVE_CSS[row.outcome],
                "mark": f"{wording.OBJECTIVE_SYMBOL[row.outcome]} {wording.INVARIANT_WORD[row.outcome]}",
                "title": row.title,
                "because": wording.sentence(row.because),
                "checked": wording.count(row.checked),
                "violations": wording.count(row.violations),
            }
            for row in verdict.invariants
        ],
        "witness": [line for row in verdict.invariants for line in witness_lines(row)],
    }
