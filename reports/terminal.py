"""The terminal summary: the order of the HTML report in at most 25 lines, good without colour and at 80 columns."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from analysis.verdict import ComparisonResult, Gate, ObjectiveOutcome, ObjectiveResult, Outcome, Verdict
from records.run import Run
from reports import exhaustion, resilience, two_stage, wording
from reports.errors import failures, in_words
from reports.imported import origin_words
from reports.rows import signed_tolerance
from reports.steadiness import steady_lines
from reports.summary import (
    GATE_FIRST,
    STATED_FIRST,
    accept_command,
    accept_words,
    compared_words,
    has_baseline,
    length_words,
    may_be_baseline,
    next_step,
    ranked_comparisons,
    ranked_findings,
    ranked_objectives,
)
from reports.witness import short_lines

WIDTH = 80
LABEL = 12
MOST_FINDINGS = 3
MOST_OBJECTIVES = 3
MOST_COMPARISONS = 2
MOST_STAGES = 3
MOST_FAULTS = 3
MOST_CLIMB_LINES = 3
MOST_REASON_LINES = 2
MOST_RUN_LINES = 2
MOST_WITNESS_LINES = 3
STYLE = {
    Outcome.PASS: "bold green",
    Outcome.FAIL: "bold red",
    Outcome.INCONCLUSIVE: "bold yellow",
    Outcome.INVALID: "bold magenta",
}


def render_terminal(run: Run, verdict: Verdict, *, report: Path | None) -> Text:
    """Return the summary as text with styles, no line wider than 80 columns but the last, the report's path."""
    lines = [
        *_verdict(run, verdict),
        *_two_stage(verdict),
        *_findings(verdict),
        *_objectives(verdict),
        *_comparisons(verdict),
        *_correctness(verdict),
        *_resilience(verdict),
        *_climb(verdict),
        *_errors(run),
        *_stages(verdict),
        *_generator(verdict),
    ]
    for line in lines:
        line.truncate(WIDTH, overflow="ellipsis")
    if report is not None:
        lines.append(labelled("Report", wording.plain(str(report), 4096)))
    return Text("\n").join(lines)


def labelled(label: str, words: str, style: str = "", width: int = LABEL) -> Text:
    """Return a line that begins with a label, which takes `width` columns."""
    return Text.assemble((label.ljust(width), "bold"), (words, style))


def wrapped(words: str, most: int, width: int = LABEL) -> list[str]:
    """Return words in lines that fit beside a label of `width` columns, at most `most`, the last one cut with an ellipsis."""
    lines: list[str] = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > WIDTH - width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1][: WIDTH - width - 1]}…"]
    return lines


def _verdict(run: Run, verdict: Verdict) -> list[Text]:
    plan = run.manifest.plan
    word = f"{wording.OUTCOME_SYMBOL[verdict.outcome]} {wording.OUTCOME_WORD[verdict.outcome]}"
    build = f", build {wording.plain(run.manifest.target_build, 40)}" if run.manifest.target_build else ""
    head = Text.assemble(
        (word, STYLE[verdict.outcome]),
        f"  {wording.plain(plan.scenario, 40)} on {wording.plain(plan.target.name, 40)}{build}",
    )
    reason = verdict.because[0] if verdict.because else wording.OUTCOME_MEANS[verdict.outcome]
    lines = [head]
    for index, words in enumerate(wrapped(wording.sentence(wording.plain(reason, 400)), MOST_REASON_LINES)):
        lines.append(labelled("" if index else "Why", words))
    if len(verdict.because) > 1:
        lines[-1].append(f" (+{len(verdict.because) - 1} more)") if lines[-1].cell_len < WIDTH - 11 else None
    if run.manifest.imported is not None:
        lines.append(
            labelled("Imported", wording.plain(origin_words(run.manifest.imported).removeprefix("Imported "), 200))
        )
    step = next_step(verdict)
    for index, words in enumerate(wrapped(wording.plain(step.words, 400), 2)):
        lines.append(labelled("" if index else "Next", words))
    if step.command is not None:
        lines.append(Text(f"  {step.command}"))
    ended = run.manifest.ended
    if ended is None or ended.reason != "completed":
        lines.append(labelled("Run", length_words(run)))
    return lines


def _two_stage(verdict: Verdict) -> list[Text]:
    """Return how one run became three; nothing of a run that had one stage, or whose reason says it already."""
    words = two_stage.in_short(verdict)
    if verdict.two_stage is None or verdict.because[:1] == (verdict.two_stage.told,):
        return []
    return [labelled("" if index else "Runs", text) for index, text in enumerate(wrapped(words, MOST_RUN_LINES))]


def _findings(verdict: Verdict) -> list[Text]:
    found = ranked_findings(verdict)
    if not found:
        return [labelled("Findings", "none")]
    lines = [
        labelled(
            "" if index else "Findings",
            f"{wording.PRIORITY_SYMBOL[finding.priority]} {wording.PRIORITY_WORD[finding.priority]}: "
            f"{wording.plain(finding.symptom, 200)}",
        )
        for index, finding in enumerate(found[:MOST_FINDINGS])
    ]
    return lines + _more(len(found) - MOST_FINDINGS, "finding")


def _more(left: int, noun: str) -> list[Text]:
    return [labelled("", f"… and {wording.counted(left, f'more {noun}')} in the report", "dim")] if left > 0 else []


def _objectives(verdict: Verdict) -> list[Text]:
    if not verdict.objectives:
        return [labelled("Objectives", "– none was judged")]
    ranked = ranked_objectives(verdict)
    counts = {outcome: sum(row.outcome is outcome for row in ranked) for outcome in ObjectiveOutcome}
    told = ", ".join(
        f"{wording.count(counts[outcome])} {wording.OBJECTIVE_WORD[outcome]}"
        for outcome in ObjectiveOutcome
        if counts[outcome]
    )
    open_rows = [row for row in ranked if row.outcome in {ObjectiveOutcome.FAIL, ObjectiveOutcome.MARGINAL}]
    shown = open_rows[:MOST_OBJECTIVES]
    if not shown and ranked[0].observed is not None:
        shown = ranked[:1]
    return [labelled("Objectives", told), *(labelled("", _objective(row)) for row in shown)]


def _objective(row: ObjectiveResult) -> str:
    bound = "at least" if row.higher_is_better else "limit"
    stage = f", {row.stage}" if row.stage else ""
    metric = f" {wording.metric(row.metric)}" if row.operation else ""
    rest = (
        f"{metric} {wording.quantity(row.observed, row.unit)} ({bound} {wording.quantity(row.limit, row.unit)}{stage})"
    )
    return f"{wording.OBJECTIVE_SYMBOL[row.outcome]} {_fitting(row.operation or row.title, rest)}{rest}"


def _fitting(name: str, rest: str) -> str:
    """Return a name cut so that what follows it stays on the line."""
    return wording.plain(name, max(12, WIDTH - LABEL - 2 - len(rest)))


def _comparisons(verdict: Verdict) -> list[Text]:
    lines = [
        labelled("" if index else "Baseline", words) for index, words in enumerate(wrapped(compared_words(verdict), 2))
    ]
    if (
        not has_baseline(verdict)
        and not may_be_baseline(verdict)
        and "baseline accept" in (verdict.baseline.missing or "")
    ):
        return lines  # the reason says already how a good run is accepted
    if not has_baseline(verdict):
        return [*lines, labelled("", accept_words(verdict)), Text(f"  {accept_command(verdict)}")]
    worst = sorted(
        (row for row in ranked_comparisons(verdict) if row.gate in {Gate.FAIL, Gate.INCONCLUSIVE}),
        key=lambda row: (GATE_FIRST[row.gate], STATED_FIRST[row.statement], row.metric != "response_p95"),
    )
    return [*lines, *(labelled("", _comparison(row)) for row in worst[:MOST_COMPARISONS])]


def _comparison(row: ComparisonResult) -> str:
    amount = "" if row.change_ratio is None else f" {wording.change(row.change_ratio)}"
    if row.interval is not None:
        low, high = (wording.change(end) for end in row.interval)
        amount += f" ({low.removesuffix(' %')} to {high})"
    rest = f" {wording.metric(row.metric)}{amount}, limit {wording.change(signed_tolerance(row))}"
    return f"{wording.STATEMENT_SYMBOL[row.statement]} {_fitting(row.operation, rest)}{rest}"


def _correctness(verdict: Verdict) -> list[Text]:
    if not verdict.invariants:
        return [labelled("Correctness", "– no invariant was checked")]
    broken = [row for row in verdict.invariants if row.outcome is ObjectiveOutcome.FAIL]
    held = sum(row.outcome is ObjectiveOutcome.PASS for row in verdict.invariants)
    rest = len(verdict.invariants) - len(broken) - held
    told = [
        f"✗ {wording.plain(row.title, 40)}: {wording.count(row.violations)} of {wording.count(row.checked)} broken"
        for row in broken[:2]
    ]
    told += [f"✓ {held} hold"] if held else []
    told += [f"– {rest} not measured"] if rest else []
    lines = [
        labelled("" if index else "Correctness", words) for index, words in enumerate(wrapped(" · ".join(told), 2))
    ]
    return lines + [labelled("", words) for row in broken[:1] for words in short_lines(row, MOST_WITNESS_LINES)]


def _resilience(verdict: Verdict) -> list[Text]:
    """Return how each fault went, those that were felt first; nothing where nothing was broken."""
    rows = sorted(
        resilience.resilience_rows(verdict), key=lambda row: row.css == "pass" and row.cells[0] == resilience.NOT_KNOWN
    )
    if not rows:
        return []
    lines = [labelled("Resilience", resilience.title(verdict))]
    for row in rows[:MOST_FAULTS]:
        onset, _, _, recovered, _, _, lost, *_ = row.cells
        told = f"{row.symbol} {row.fault}, {row.side}: {row.outcome}"
        if row.css == "pass" and onset != resilience.NOT_KNOWN:
            told += f" after {recovered}, {lost} requests lost"
        elif row.because:
            told += f", {row.because}"
        lines.append(labelled("", told))
    return lines + _more(len(rows) - MOST_FAULTS, "row")


def _climb(verdict: Verdict) -> list[Text]:
    """Return where a climb broke and whether that stands; nothing of a run without steps."""
    if verdict.exhaustion is None:
        return []
    told = wrapped(f"{exhaustion.title(verdict.exhaustion)}.", MOST_CLIMB_LINES)
    return [labelled("" if index else "Climb", words) for index, words in enumerate(told)]


def _errors(run: Run) -> list[Text]:
    """Return the most frequent failure and how many more kinds there are; nothing where there was none."""
    found = failures(run)
    if not found:
        return []
    more = f"(+{len(found) - 1} more) " if len(found) > 1 else ""
    return [labelled("Errors", f"✗ {more}{in_words(found[0])}")]


def _stages(verdict: Verdict) -> list[Text]:
    judged = [stage for stage in verdict.stages if stage.kind in {"steady", "step"}]
    held = {True: "✓ held", False: "✗ missed", None: "– not judged"}
    lines = [
        labelled(
            "" if index else "Stages",
            f"{wording.plain(stage.name, 16):<10} {wording.number(stage.request_rate_per_s)}/s, p50 {wording.latency_us(stage.response_us_p50)}, "
            f"p95 {wording.latency_us(stage.response_us_p95)}, {wording.count(stage.count)} requests {held[stage.objectives_held]}",
        )
        for index, stage in enumerate(judged[:MOST_STAGES])
    ]
    lines += _more(len(judged) - MOST_STAGES, "stage")
    return (
        lines
        + [
            labelled("", f"{line.symbol} {line.stage}: {line.words}")
            for line in steady_lines(verdict)
            if line.css == "fail"
        ][:1]
    )


def _generator(verdict: Verdict) -> list[Text]:
    if not verdict.generator:
        return [labelled("Generator", "– was not checked")]
    sick: Sequence[str] = [check.because or check.title for check in verdict.generator if not check.healthy]
    unknown = sum(check.healthy and check.observed is None for check in verdict.generator)
    if not sick:
        passed = f"✓ {wording.counted(len(verdict.generator) - unknown, 'check')} passed"
        return [labelled("Generator", f"{passed} · – {unknown} not measured" if unknown else passed)]
    words = f"✗ {len(sick)} of {len(verdict.generator)} checks failed: {wording.plain(sick[0], 200)}"
    return [labelled("" if index else "Generator", text) for index, text in enumerate(wrapped(words, 2))]
