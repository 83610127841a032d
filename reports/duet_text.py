"""A duet in the terminal and as Markdown for a pull request."""

from pathlib import Path

from rich.text import Text

from analysis.duet_row import METRIC_WORD
from analysis.duet_verdict import DuetVerdict
from analysis.verdict import Gate, Statement
from records.duet import DuetRecord
from reports import wording
from reports.duet import MEANS, change_words, errors_words, facts, ranked
from reports.markdown import escaped, table
from reports.terminal import STYLE, WIDTH, labelled, wrapped

MOST_SHOWN = 6
MOST_REASON_LINES = 4


def render_duet_terminal(record: DuetRecord, verdict: DuetVerdict, page: Path | None) -> Text:
    """Return the summary as text with styles, no line wider than 80 columns but the last, the page's path."""
    word = f"{wording.OUTCOME_SYMBOL[verdict.outcome]} {wording.OUTCOME_WORD[verdict.outcome]}"
    lines = [Text.assemble((word, STYLE[verdict.outcome]), f"  duet, {wording.plain(record.scenario)}")]
    for index, words in enumerate(wrapped(wording.plain(verdict.because[0], 600), MOST_REASON_LINES)):
        lines.append(labelled("" if index else "Because", words))
    for label, words in facts(record, verdict)[:3]:
        lines += [labelled("" if index else label, part) for index, part in enumerate(wrapped(words, 2))]
    shown = [row for row in ranked(verdict.comparisons) if row.gate is not Gate.NOT_GATED]
    for row in shown[:MOST_SHOWN]:
        symbol, told = wording.STATEMENT_SYMBOL[row.statement], wording.STATEMENT_WORD[row.statement]
        lines.append(labelled(METRIC_WORD[row.metric][:11], f"{symbol} {told}: {wording.plain(row.operation)}"))
        lines.append(labelled("", f"  {change_words(row)}"))
    if len(shown) > MOST_SHOWN:
        lines.append(labelled("", f"… and {wording.counted(len(shown) - MOST_SHOWN, 'more comparison')} on the page"))
    if errors_words(verdict):
        lines += [
            labelled("" if index else "Errors", part) for index, part in enumerate(wrapped(errors_words(verdict), 2))
        ]
    for line in lines:
        line.truncate(WIDTH, overflow="ellipsis")
    if page is not None:
        lines.append(labelled("Page", wording.plain(str(page), 4096)))
    return Text("\n").join(lines)


def render_duet_markdown(record: DuetRecord, verdict: DuetVerdict) -> str:
    """Return `summary.md` of a duet."""
    head = f"{wording.OUTCOME_SYMBOL[verdict.outcome]} **{wording.OUTCOME_WORD[verdict.outcome]}**"
    parts = [f"## {head}: duet, {escaped(record.scenario)}", MEANS[verdict.outcome]]
    parts.append("\n".join(f"- {escaped(wording.sentence(text))}" for text in verdict.because))
    parts.append(table(["what", ""], [[label, escaped(words)] for label, words in facts(record, verdict)]))
    shown = [
        row
        for row in ranked(verdict.comparisons)
        if row.gate is not Gate.NOT_GATED or row.statement is not Statement.CANNOT_TELL
    ]
    if shown:
        cells = [
            [
                escaped(row.operation),
                METRIC_WORD[row.metric],
                f"{wording.STATEMENT_SYMBOL[row.statement]} {wording.STATEMENT_WORD[row.statement]}"
                + (" (listed only)" if row.gate is Gate.NOT_GATED else ""),
                escaped(change_words(row)),
                wording.count(row.count),
            ]
            for row in shown
        ]
        parts.append(table(["operation", "metric", "b against a", "change", "requests an arm"], cells))
    if errors_words(verdict):
        parts.append(errors_words(verdict))
    return "\n\n".join(parts) + "\n"
