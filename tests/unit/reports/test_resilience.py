"""The resilience table in every report: what was broken stands there, nothing where nothing was."""

from functools import lru_cache

from analysis.judge import judge
from analysis.verdict import Verdict
from records.run import Run
from reports.html import render_html
from reports.markdown import render_markdown
from reports.resilience import repeated, resilience_rows, title
from reports.stages import faults
from reports.terminal import render_terminal
from tests.unit.analysis.build_outage import Trouble, fault_events, outage


@lru_cache(maxsize=1)
def broken() -> tuple[Run, Verdict]:
    run = outage(
        Trouble(90.0, 100.0), Trouble(150.0, 180.0), events=fault_events("kill_one", (90.0, 95.0), (150.0, 155.0))
    )
    return run, judge(run, ())


@lru_cache(maxsize=1)
def whole() -> tuple[Run, Verdict]:
    run = outage()
    return run, judge(run, ())


def test_each_injection_has_a_row_a_side() -> None:
    rows = resilience_rows(broken()[1])
    assert [(row.fault, row.side, row.outcome) for row in rows] == [
        ("kill_one", "reads", "not felt"), ("kill_one", "writes", "recovered"),
    ] * 2  # fmt: skip
    writes = rows[3]
    assert writes.place == "injection 2, 2:30 to 2:35"
    assert writes.cells[0] == "0 s"
    assert writes.cells[3:6] == ("30 s", "25 s", "30 s")
    assert writes.cells[6] == "600"
    assert writes.cells[-1] == "not audited"


def test_the_title_says_how_often_and_the_worst() -> None:
    assert title(broken()[1]) == "4 of 4 times the objectives held again, after 30 s at the worst"


def test_repeated_faults_have_median_and_worst_in_words() -> None:
    assert any(
        "writes: 2 of 2 injections recovered from; time to recover median 20 s, worst 30 s" in line
        for line in repeated(broken()[1])
    )


def test_html_markdown_and_terminal_show_it() -> None:
    run, verdict = broken()
    page = render_html(run, verdict, ())
    assert 'id="resilience-table"' in page
    assert "the next 15 s" in page
    text = render_markdown(run, verdict)
    assert "### Resilience" in text
    assert "kill\\_one" in text
    shown = render_terminal(run, verdict, report=None).plain
    assert "✓ kill_one, writes: recovered after 30 s, 600 requests lost" in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_nothing_broken_shows_nothing() -> None:
    run, verdict = whole()
    assert 'id="resilience-table"' not in render_html(run, verdict, ())
    assert "### Resilience" not in render_markdown(run, verdict)
    assert "Resilience" not in render_terminal(run, verdict, report=None).plain


def test_faults_are_bands_over_time_and_an_open_one_lasts_on() -> None:
    run, _ = broken()
    assert [(mark.name, mark.start_s, mark.end_s) for mark in faults(run, 300.0)] == [
        ("kill_one", 90.0, 95.0), ("kill_one", 150.0, 155.0),
    ]  # fmt: skip
    (mark,) = faults(outage(events=fault_events("kill_one", (90.0, None))), 300.0)
    assert mark.end_s == 300.0
