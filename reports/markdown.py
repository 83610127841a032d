"""The summary for a pull request: compact Markdown, tables, the rest to fold out."""

import html
import re
import shlex
from collections.abc import Sequence

from analysis.verdict import Gate, ObjectiveOutcome, ObjectiveResult, Verdict
from records.run import Run
from reports import exhaustion, resilience, two_stage, wording
from reports.errors import failures, seconds
from reports.imported import missing_words, origin_words
from reports.rows import signed_tolerance
from reports.steadiness import steady_lines
from reports.summary import (
    accept_command,
    accept_words,
    change_words,
    compared_words,
    has_baseline,
    length_words,
    next_step,
    ranked_comparisons,
    ranked_findings,
    ranked_objectives,
    reason,
)
from reports.witness import witness_lines

MOST_ROWS = 60  # a comment of a pull request ends at 65,536 characters
MOST_ERRORS = 8
SPECIAL = re.compile(r"([\\`*_\[\]|~#])")


def render_markdown(run: Run, verdict: Verdict) -> str:
    """Return `summary.md`."""
    parts = [
        _verdict(run, verdict),
        _two_stage(verdict),
        _findings(verdict),
        _objectives(verdict),
        _comparisons(verdict),
        _invariants(verdict),
        _resilience(verdict),
        _climb(verdict),
        _errors(run),
        _stages(verdict),
        _generator(run, verdict),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str) -> str:
    """Return text that Markdown and HTML show as it is, on one line, mentioning nobody."""
    plain = html.escape(wording.plain(text, 500), quote=False)
    return SPECIAL.sub(r"\\\1", plain).replace("@", "&#64;")


def escaped_long(text: str) -> str:
    """Return text as `escaped` does, of the length of a paragraph."""
    return " ".join(escaped(word) for word in text.split())


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; cells are Markdown already."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        lines.append(f"\n… and {wording.count(len(rows) - MOST_ROWS)} more rows in the HTML report.")
    return "\n".join(lines)


def folded(summary: str, content: str) -> str:
    """Return content to fold out."""
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


def _verdict(run: Run, verdict: Verdict) -> str:
    manifest = run.manifest
    step = next_step(verdict)
    word = f"{wording.OUTCOME_SYMBOL[verdict.outcome]} {wording.OUTCOME_WORD[verdict.outcome]}"
    lines = [f"## {word}: {escaped(manifest.plan.title)}", "", f"**{escaped(reason(verdict))}**"]
    lines += [f"- {escaped(wording.sentence(text))}" for text in verdict.because[1:6]]
    build = "not told" if manifest.target_build is None else manifest.target_build
    facts = f"{manifest.run_id} · {manifest.plan.target.name} · build {build} · {wording.utc(manifest.started_at)} · {length_words(run)}"
    if manifest.imported is not None:
        told = "; ".join(missing_words(manifest.imported))
        lines += ["", f"**{escaped(origin_words(manifest.imported))}.** Not known, or left out: {escaped_long(told)}."]
    lines += ["", escaped(facts), "", f"**{step.label}:** {escaped(step.words)}"]
    lines += [] if step.command is None else ["", "```sh", step.command.replace("`", ""), "```"]
    return "\n".join(lines)


def _two_stage(verdict: Verdict) -> str:
    """Return the runs that the decision stands on; nothing of a run that had one stage."""
    rows = [(escaped(row.run_id), row.build, row.counts, escaped(row.because)) for row in two_stage.run_rows(verdict)]
    return f"### Two stages\n\n{table(two_stage.HEAD, rows)}" if rows else ""


def _findings(verdict: Verdict) -> str:
    rows = [
        (
            f"{wording.PRIORITY_SYMBOL[finding.priority]} {wording.PRIORITY_WORD[finding.priority]}",
            escaped(finding.symptom),
            escaped(finding.cause),
            escaped(finding.next_step),
            wording.deadline(finding.resolve_within_s),
        )
        for finding in ranked_findings(verdict)
    ]
    if not rows:
        return ""
    return "### Findings\n\n" + table(("Priority", "Symptom", "Likely cause", "Next step", "Resolve within"), rows)


def _objectives(verdict: Verdict) -> str:
    ranked = ranked_objectives(verdict)
    if not ranked:
        return "### Objectives\n\nNo objective was judged."
    head = ("Outcome", "Objective", "Operation", "Stage", "Limit", "Observed", "Count")
    open_rows = [r for r in ranked if r.outcome in {ObjectiveOutcome.FAIL, ObjectiveOutcome.MARGINAL}]
    held = [row for row in ranked if row.outcome is ObjectiveOutcome.PASS]
    absent = [row for row in ranked if row.outcome is ObjectiveOutcome.NOT_MEASURED]
    parts = ["### Objectives"]
    if open_rows:
        parts.append(table(head, [_objective(row) for row in open_rows]))
    if held:
        parts.append(
            folded(f"{wording.counted(len(held), 'row')} held", table(head, [_objective(row) for row in held]))
        )
    if absent:
        reasons = table(("Objective", "Why not measured"), [(escaped(r.title), escaped(r.because)) for r in absent])
        parts.append(folded(f"{wording.count(len(absent))} not measured", reasons))
    return "\n\n".join(parts)


def _objective(row: ObjectiveResult) -> tuple[str, ...]:
    between = wording.interval(row.interval, row.unit, "90 %")
    observed = wording.quantity(row.observed, row.unit)
    return (
        f"{wording.OBJECTIVE_SYMBOL[row.outcome]} {wording.OBJECTIVE_WORD[row.outcome]}",
        escaped(row.title),
        escaped(wording.operation(row.operation)),
        escaped(row.stage or "whole run"),
        wording.limit(row.limit, row.unit, higher_is_better=row.higher_is_better),
        f"{observed} ({between})" if between else observed,
        wording.count(row.count),
    )


def _comparisons(verdict: Verdict) -> str:
    head = ("Statement", "Operation", "Metric", "Change", "Tolerated", "Before", "Now", "Requests")
    ranked = ranked_comparisons(verdict)
    rows = {
        row_open: [
            (
                f"{wording.STATEMENT_SYMBOL[row.statement]} {wording.STATEMENT_WORD[row.statement]}",
                escaped(row.operation),
                wording.metric(row.metric),
                change_words(row),
                wording.change(signed_tolerance(row)),
                wording.metric_value(row.baseline, row.metric),
                wording.metric_value(row.observed, row.metric),
                wording.count(row.count),
            )
            for row in ranked
            if (row.gate in {Gate.FAIL, Gate.INCONCLUSIVE}) is row_open
        ]
        for row_open in (True, False)
    }
    parts = ["### Against the baseline", escaped(compared_words(verdict))]
    if not has_baseline(verdict):
        parts.append(f"{accept_words(verdict)}\n\n```sh\n{accept_command(verdict)}\n```")
    if rows[True]:
        parts.append(table(head, rows[True]))
    if rows[False]:
        parts.append(
            folded(
                f"{wording.count(len(rows[False]))} within what is tolerated, or listed only", table(head, rows[False])
            )
        )
    return "\n\n".join(parts)


def _invariants(verdict: Verdict) -> str:
    if not verdict.invariants:
        return "### Correctness\n\nNo invariant was checked."
    rows = [
        (
            f"{wording.OBJECTIVE_SYMBOL[row.outcome]} {wording.INVARIANT_WORD[row.outcome]}",
            escaped(row.title),
            wording.count(row.checked),
            wording.count(row.violations),
            escaped(row.because),
        )
        for row in verdict.invariants
    ]
    told = [f"- {escaped(line)}" for row in verdict.invariants for line in witness_lines(row)]
    shown = "\n\n" + "\n".join(told) if told else ""
    return "### Correctness\n\n" + table(("Outcome", "Invariant", "Checked", "Violations", "Why"), rows) + shown


def _resilience(verdict: Verdict) -> str:
    """Return what the faults did; nothing where nothing was broken."""
    rows = [
        (
            escaped(f"{row.fault} ({row.place})"),
            row.side,
            f"{row.symbol} {row.outcome}",
            *(escaped(cell) for cell in row.cells),
            escaped(row.because),
        )
        for row in resilience.resilience_rows(verdict)
    ]
    if not rows:
        return ""
    head = (*resilience.HEAD, "Why")
    parts = ["### Resilience", f"{escaped(resilience.title(verdict))}.", table(head, rows)]
    parts += [f"- {escaped(line)}" for line in resilience.repeated(verdict)]
    return "\n\n".join([*parts, escaped(resilience.note(verdict.resilience.injections))])


def _climb(verdict: Verdict) -> str:
    """Return where a climb broke and whether that stands; nothing of a run without steps."""
    found = verdict.exhaustion
    if found is None:
        return ""
    facts = [f"- {label}: {escaped(words)}" for label, words in exhaustion.facts(found)]
    return "\n".join(["### How far it goes", "", f"{escaped(exhaustion.title(found))}.", "", *facts])


def _errors(run: Run) -> str:
    """Return the most frequent failures; nothing where there was none."""
    found = failures(run)
    if not found:
        return ""
    rows = [
        (
            wording.count(error.count),
            escaped(error.operation),
            escaped(wording.REQUEST_OUTCOME_WORD[error.outcome]),
            escaped(error.text),
            escaped(seconds(error)),
        )
        for error in found[:MOST_ERRORS]
    ]
    more = "" if len(found) <= MOST_ERRORS else f"\n\n… and {len(found) - MOST_ERRORS} more in the HTML report."
    return "### Errors\n\n" + table(("Count", "Operation", "Outcome", "Error", "When"), rows) + more


def _stages(verdict: Verdict) -> str:
    rows = [
        (
            escaped(stage.name),
            f"{wording.number(stage.request_rate_per_s)} per s",
            wording.latency_us(stage.response_us_p50),
            wording.latency_us(stage.response_us_p95),
            wording.latency_us(stage.response_us_p99),
            wording.latency_us(stage.service_us_p95),
            wording.count(stage.count),
            "none" if stage.error_ratio is None else wording.percent(stage.error_ratio),
        )
        for stage in verdict.stages
    ]
    head = ("Stage", "Requests", "Response p50", "p95", "p99", "Service p95", "Count", "Errors")
    steady = [f"- {line.symbol} {escaped(line.stage)}: {escaped(line.words)}" for line in steady_lines(verdict)]
    return folded("Stages", "\n\n".join([table(head, rows), *(["\n".join(steady)] if steady else [])])) if rows else ""


def _generator(run: Run, verdict: Verdict) -> str:
    rows = [
        (
            "✗ failed" if not check.healthy else "– not measured" if check.observed is None else "✓ sound",
            escaped(check.title),
            wording.quantity(check.observed, check.unit),
            wording.quantity(check.limit, check.unit),
            escaped(check.because),
        )
        for check in sorted(verdict.generator, key=lambda check: check.healthy)
    ]
    checks = table(("Outcome", "Check", "Observed", "Limit", "Why"), rows) if rows else "The generator was not checked."
    command = "\n".join(("```sh", wording.plain(shlex.join(run.manifest.command), 2000).replace("```", ""), "```"))
    return folded("Generator, and how to run it again", f"{checks}\n\n{command}")
