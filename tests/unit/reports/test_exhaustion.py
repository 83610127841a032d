"""Rules of what the report says of a climb."""

import pytest

from analysis.judge import judge
from analysis.verdict import Verdict
from records.run import Run
from reports.exhaustion import crossing_rows, facts, saturation_rows, step_heads, step_rows, title
from reports.html import render_html
from reports.staircase import staircase_charts
from tests.unit.analysis.build_queue import capped_climb, cpu_climb


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
