"""The month in the terminal: the outcome, a line a run, what to do first; good without colour and at 80 columns."""

from pathlib import Path

from rich.text import Text

from analysis.month import Chapter, Month, findings
from reports import wording
from reports.month import brief
from reports.terminal import LABEL, STYLE, WIDTH, labelled, wrapped

MOST_FINDINGS = 4


def render_month_terminal(month: Month, page: Path | None) -> Text:
    """Return the summary as text with styles, no line wider than 80 columns but the last, the page's path."""
    word = f"{wording.OUTCOME_SYMBOL[month.outcome]} {wording.OUTCOME_WORD[month.outcome]}"
    lines = [Text.assemble((word, STYLE[month.outcome]), "  the monthly stress runs")]
    for chapter in month.chapters:
        lines += _chapter(chapter)
    for gap in month.missing:
        lines.append(labelled(gap.scenario, f"not carried out: {wording.plain(gap.because, 400)}"))
    found = findings(month)
    for scenario, finding in found[:MOST_FINDINGS]:
        symbol, priority = wording.PRIORITY_SYMBOL[finding.priority], wording.PRIORITY_WORD[finding.priority].lower()
        lines.append(labelled("Finding", f"{symbol} {priority}, {wording.plain(scenario)}: {finding.symptom}"))
    if len(found) > MOST_FINDINGS:
        lines.append(labelled("", f"… and {wording.counted(len(found) - MOST_FINDINGS, 'more finding')} on the page"))
    for line in lines:
        line.truncate(WIDTH, overflow="ellipsis")
    if page is not None:
        lines.append(labelled("Page", wording.plain(str(page), 4096)))
    return Text("\n").join(lines)


def _chapter(chapter: Chapter) -> list[Text]:
    outcome = chapter.verdict.outcome
    told = wrapped(f"{wording.OUTCOME_WORD[outcome]}: {wording.plain(brief(chapter.verdict), 400)}", 2)
    lines = [
        labelled(
            f"{wording.plain(chapter.scenario, LABEL - 1)} ",
            f"{wording.OUTCOME_SYMBOL[outcome]} {told[0]}",
            STYLE[outcome],
        )
    ]
    return [*lines, *(labelled("", f"  {words}") for words in told[1:])]
