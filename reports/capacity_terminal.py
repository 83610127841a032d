"""The quarter in the terminal: the four answers, what was written; at most 25 lines, 80 columns."""

from pathlib import Path

from rich.text import Text

from analysis.quarter.answers import Question, answers_of, outcome_of, shortfall_words
from analysis.quarter.quarter import Quarter
from reports import wording
from reports.capacity import WORD, warning
from reports.terminal import STYLE, WIDTH, labelled, wrapped

LABELS = {Question.HOLDS: "Holds?", Question.UNTIL: "Until when?", Question.DO: "To do", Question.COST: "Cost"}
LINES = {Question.HOLDS: 4, Question.UNTIL: 3, Question.DO: 4, Question.COST: 3}
MOST_WARNING_LINES = 3


def render_capacity_terminal(quarter: Quarter, page: Path | None) -> Text:
    """Return the summary as text with styles; no line is wider than 80 columns but the last, the page's path."""
    outcome = outcome_of(quarter)
    target = wording.plain(quarter.last.run.manifest.plan.target.name, 30)
    lines = [
        Text.assemble(
            (f"{wording.OUTCOME_SYMBOL[outcome]} {WORD[outcome]}", STYLE[outcome]), f"  the quarter, {target}"
        )
    ]
    for answer in answers_of(quarter):
        lines += _labelled(LABELS[answer.question], answer.sentence, LINES[answer.question])
    if short := shortfall_words(quarter):
        lines += _labelled("Carried", short, 1)
    bottleneck = quarter.last.found.bottleneck or "not a resource that a probe saw"
    lines += _labelled("Held back by", bottleneck, 1)
    lines += _labelled(
        "From", f"{', '.join(quarter.sustained.used)}; {quarter.history.source}; {quarter.plan.prices}", 2
    )
    lines += _labelled("Assumed", f"{wording.counted(len(quarter.assumptions), 'thing')}, listed in the report", 1)
    if told := warning(quarter):
        lines += _labelled("Mind", told, MOST_WARNING_LINES)
    for line in lines:
        line.truncate(WIDTH, overflow="ellipsis")
    if page is not None:
        lines.append(labelled("Page", wording.plain(str(page), 4096)))
    return Text("\n").join(lines)


def _labelled(label: str, words: str, most: int) -> list[Text]:
    told = wrapped(wording.plain(words, 600), most)
    return [labelled(f"{label} ", told[0]), *(labelled("", line) for line in told[1:])]
