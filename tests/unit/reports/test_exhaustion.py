"""Rules of what the report says of a climb."""

from dataclasses import replace

import pytest
from bokeh.models import Scatter

from analysis.judge import judge
from analysis.staircase import Confirmation
from analysis.verdict import Verdict
from records.run import Run
from reports.exhaustion import crossing_rows, facts, saturation_rows, step_heads, step_rows, title
from reports.html import render_html
from reports.markdown import render_markdown
from reports.staircase import staircase_charts
from reports.terminal import render_terminal
from tests.unit.analysis.build_queue import capped_climb, climb_plan, core_of, course, cpu_climb


@pytest.fixture(scope="module")
def climbed() -> tuple[Run, Verdict]:
    run = cpu_climb(hold_s=40)
    return run, judge(run, ())


def test_the_breaking_point_is_told_with_its_bracket(climbed: tuple[Run, Verdict]) -> None:
    found = climbed[1].exhaustion
    assert found is not None
    assert found.breaking_per_s is not None
    assert title(found).startswith(f"It breaks at {found.breaking_per_s:.1f} sessions per s (")
    told = dict(facts(found))
    assert told["Bottleneck"].startswith("CPU: ")
    assert told["First to break"].endswith(" ms).")
    assert "Recovery" in told


def test_the_charts_mark_the_knee_and_each_step(climbed: tuple[Run, Verdict]) -> None:
    found = climbed[1].exhaustion
    assert found is not None
    charts = staircase_charts(found)
    assert [chart.name for chart in charts] == ["staircase", "staircase-rate"]
    assert [len(chart.table.rows) for chart in charts] == [len(found.steps)] * 2
    rules = [span.location for span in charts[0].figure.center if hasattr(span, "location")]
    assert found.breaking_per_s in rules
    assert {item.words for item in charts[0].key} == {"held", "broke"}


def test_every_table_has_a_row_for_each_thing(climbed: tuple[Run, Verdict]) -> None:
    found = climbed[1].exhaustion
    assert found is not None
    rows = step_rows(found)
    assert len(rows) == len(found.steps)
    assert {len(row["cells"]) for row in rows} == {len(step_heads(found))}
    assert [row[0] for row in saturation_rows(found)] == ["CPU", "connection pool"]
    assert [row[0] for row in crossing_rows(found)] == ["100 ms", "150 ms", "200 ms", "300 ms"]


def test_the_page_shows_the_climb_and_one_without_steps_does_not(climbed: tuple[Run, Verdict]) -> None:
    page = render_html(*climbed, ())
    assert 'id="exhaustion"' in page
    assert 'id="chart-staircase"' in page
    assert page == render_html(*climbed, ())


def test_where_nothing_was_used_up_the_report_says_what_it_may_be() -> None:
    run = capped_climb(hold_s=40)
    found = judge(run, ()).exhaustion
    assert found is not None
    assert dict(facts(found))["Bottleneck"].startswith("Not a resource that a probe saw: the busiest, CPU,")


# Steps between, and the hold that confirms.


@pytest.fixture(scope="module")
def followed() -> tuple[Run, Verdict]:
    run = course(climb_plan(50.0, 110.0, hold_s=30, confirm_s=60), core_of())
    return run, judge(run, ())


def test_one_sentence_says_where_it_breaks_and_whether_that_stands(followed: tuple[Run, Verdict]) -> None:
    found = followed[1].exhaustion
    assert found is not None
    assert found.confirmation is not None
    broken = replace(found, confirmation=replace(found.confirmation, confirmed=False, because="it broke"))
    unheld = replace(found, confirmation=Confirmation(None, None, 0.0, None, "the run ended with the climb"))
    assert title(replace(found, confirmation=replace(found.confirmation, confirmed=True))).endswith(
        "; confirmed: 95 % of it held for 60 s"
    )
    assert title(broken).endswith("; not confirmed: 95 % of it did not hold for 60 s")
    assert title(unheld).endswith("; not confirmed: nothing was held below it")
    assert dict(facts(broken))["Confirmation"].endswith(": it broke.")
    assert dict(facts(unheld))["Confirmation"] == "Not carried out: the run ended with the climb."


def test_facts_name_each_step_between_and_both_ways_back(followed: tuple[Run, Verdict]) -> None:
    found = followed[1].exhaustion
    assert found is not None
    told = dict(facts(found))
    assert told["Steps between"].startswith("Level ")
    assert told["Steps between"].endswith("apart.")
    assert told["After the overload"].startswith("Back at level 5 ")
    assert told["Recovery"].startswith("Back at level 5 ")


def test_the_charts_have_marks_of_their_own_for_steps_between_and_the_confirmation(
    followed: tuple[Run, Verdict],
) -> None:
    found = followed[1].exhaustion
    assert found is not None
    assert found.confirmation is not None
    chart = staircase_charts(found)[0]
    markers = {row.glyph.marker for row in chart.figure.renderers if isinstance(row.glyph, Scatter)}
    assert len(markers & {"square", "x"}) == 2
    assert len(markers - {"square", "x"}) == 2
    assert "steps between" in chart.note
    assert [row[0] for row in chart.table.rows].count("confirm") == 1
    assert step_rows(found)[-1]["stage"] == "confirm"
    plain = staircase_charts(replace(found, bisected=(), confirmation=None))[0]
    assert {row.glyph.marker for row in plain.figure.renderers if isinstance(row.glyph, Scatter)} == {"square", "x"}
    assert "steps between" not in plain.note


def test_terminal_markdown_and_html_say_it(followed: tuple[Run, Verdict]) -> None:
    run, verdict = followed
    assert verdict.exhaustion is not None
    markdown, terminal = render_markdown(run, verdict), render_terminal(run, verdict, report=None).plain
    assert "### How far it goes" in markdown
    assert "- Confirmation: " in markdown
    assert "Climb       It breaks at " in terminal
    assert all(len(line) <= 80 for line in terminal.splitlines())
    assert "Confirmation</dt>" in render_html(run, verdict, ())
