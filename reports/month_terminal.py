"""The month in the terminal: the outcome, a line a run, what to do first; good without colour and at 80 columns."""

from pathlib import Path

from rich.text import Text

from analysis.month import Chapter, Month, findings
from analysis.verdict import Outcome
from reports import wording
from reports.month_answers import answer, brief
from reports.terminal import LABEL, STYLE, WIDTH, labelled, wrapped

MOST_FINDINGS = 4
MOST_LINES = 3
MOST_LABEL = 20
INDENT = 2


def render_month_terminal(month: Month, page: Path | None) -> Text:
    """Return the summary as text with styles, no line wider than 80 columns but the last, the page's path."""
    names = [chapter.scenario for chapter in month.chapters] + [gap.scenario for gap in month.missing]
    width = min(max([LABEL, *(len(wording.plain(name)) + 1 for name in names)]), MOST_LABEL)
    word = f"{wording.OUTCOME_SYMBOL[month.outcome]} {wording.OUTCOME_WORD[month.outcome]}"
    lines = [Text.assemble((word, STYLE[month.outcome]), "  the monthly stress runs")]
    for chapter in month.chapters:
        lines += _chapter(chapter, width)
    for gap in month.missing:
        lines += _folded(_short(gap.scenario, width), f"not carried out: {wording.plain(gap.because, 400)}", width)
    found = findings(month)
    for scenario, finding in found[:MOST_FINDINGS]:
        symbol, priority = wording.PRIORITY_SYMBOL[finding.priority], wording.PRIORITY_WORD[finding.priority].lower()
        lines += _folded("Finding", f"{symbol} {priority}, {wording.plain(scenario)}: {finding.symptom}", width)
    if len(found) > MOST_FINDINGS:
        more = wording.counted(len(found) - MOST_FINDINGS, "more finding")
        lines.append(labelled("", f"… and {more} on the page", width=width))
    for line in lines:
        line.truncate(WIDTH, overflow="ellipsis")
    if page is not None:
        lines.append(labelled("Page", wording.plain(str(page), 4096), width=width))
    return Text("\n").join(lines)


def _chapter(chapter: Chapter, width: int) -> list[Text]:
    outcome = chapter.verdict.outcome
    told = answer(chapter) if outcome is Outcome.PASS else brief(chapter.verdict)
    words = f"{wording.OUTCOME_WORD[outcome]}: {wording.plain(told, 400)}"
    symbol = wording.OUTCOME_SYMBOL[outcome]
    return _folded(_short(chapter.scenario, width), f"{symbol} {words}", width, STYLE[outcome])


def _short(scenario: str, width: int) -> str:
    return f"{wording.plain(scenario, width - 1)} "


def _folded(label: str, words: str, width: int, style: str = "") -> list[Text]:
    """Return a labelled line and those that it goes on in, which are indented below its words and without its style."""
    first, *rest = wrapped(words, MOST_LINES, width + INDENT)
    return [
        labelled(label, first, style, width),
        *(labelled("", " " * INDENT + line, width=width) for line in rest),
    ]
