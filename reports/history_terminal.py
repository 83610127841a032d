"""The history in the terminal: what changed, run by run, good without colour and at 80 columns."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from analysis.trend.change import SlowDrift
from analysis.trend.chronicle import Happening, Told, happenings
from reports import wording
from reports.history import course_words, happening_words, headline, status_css
from reports.multiples import size_words
from reports.terminal import WIDTH, labelled, wrapped

MOST_HAPPENINGS = 12
MOST_DRIFTS = 6
MOST_COURSES = 6
STYLE = {"fail": "bold red", "pass": "bold green", "marginal": "yellow"}


def render_history_terminal(told: Sequence[Told], page: Path | None) -> Text:
    """Return the summary as text with styles, no line wider than 80 columns but the last, the page's path."""
    found = happenings(told)
    drifts = [(each, drift) for each in told for drift in each.drifts]
    lines = [Text(line, "bold") for line in wrapped(headline(told), 3)]
    for each in told[:MOST_COURSES]:
        lines += _course(each)
    if len(told) > MOST_COURSES:
        lines.append(labelled("", f"… and {wording.counted(len(told) - MOST_COURSES, 'older load')}"))
    for happening in found[:MOST_HAPPENINGS]:
        lines += _happening(happening)
    if len(found) > MOST_HAPPENINGS:
        lines.append(labelled("", f"… and {wording.counted(len(found) - MOST_HAPPENINGS, 'more run')} on the page"))
    for each, drift in drifts[:MOST_DRIFTS]:
        lines += _drift(each, drift)
    if len(drifts) > MOST_DRIFTS:
        lines.append(labelled("", f"… and {wording.counted(len(drifts) - MOST_DRIFTS, 'more drift')} on the page"))
    for line in lines:
        line.truncate(WIDTH, overflow="ellipsis")
    if page is not None:
        lines.append(labelled("Page", wording.plain(str(page), 4096)))
    return Text("\n").join(lines)


def _course(told: Told) -> list[Text]:
    runs = wording.counted(len(told.course.visits), "run")
    missing = f"; {wording.counted(told.missing_runs, 'more run')} until it can speak" if told.missing_runs else ""
    moved = f"; {wording.counted(len(told.moves), 'change')} around the product" if told.moves else ""
    return _block("Stage", f"{course_words(told)}: {runs}, {len(told.traces)} series{missing}{moved}", "", 2)


def _happening(happening: Happening) -> list[Text]:
    first = happening.points[0]
    style = STYLE[status_css(happening.status, is_worse=happening.is_worse)]
    lines = _block(happening.status.value.capitalize(), happening_words(happening), style, 4)
    told = [
        f"since {wording.plain(happening.run_id)} (stage {wording.plain(happening.course.stage)})",
        *([] if first.code is None else [wording.plain(first.code, 200)]),
        *(wording.plain(line, 200) for line in first.surroundings[:2]),
        first.because,
        f"id {', '.join(point.id for point in happening.points[:4])}" + (" …" if len(happening.points) > 4 else ""),
    ]
    return [*lines, *(Text(" " * 12 + line) for line in wrapped("; ".join(told), 5))]


def _drift(told: Told, drift: SlowDrift) -> list[Text]:
    words = (
        f"{wording.operation(drift.operation)} {wording.metric(drift.metric)} {size_words(drift)} from "
        f"{wording.plain(drift.run_ids[0])} to {wording.plain(drift.run_ids[1])} ({drift.status.value}; stage {wording.plain(told.course.stage)})"
    )
    return _block("Drift", words, "", 3)


def _block(label: str, words: str, style: str, most: int) -> list[Text]:
    first, *rest = wrapped(words, most)
    return [labelled(label, first, style), *(labelled("", line, style) for line in rest)]
