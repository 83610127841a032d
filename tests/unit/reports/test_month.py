"""The monthly page and its lines in the terminal."""

import pytest

from analysis.month import Chapter, Missing, Month
from analysis.verdict import Outcome
from reports.month import render_month
from reports.month_terminal import render_month_terminal
from tests.unit.reports.build_example import Example
from tests.unit.reports.build_verdict import failing_verdict, passing_verdict
from tests.unit.reports.test_html import Page

AT = "2026-11-26T03:00:00+00:00"


@pytest.fixture(scope="module")
def month(made: Example) -> Month:
    chapters = (Chapter(made.run, passing_verdict(made)), Chapter(made.run, failing_verdict(made)))
    return Month(chapters, (Missing("rush", "the target <b> did not answer"),))


def test_the_page_is_whole_and_fetches_nothing(month: Month) -> None:
    page = Page(render_month(month, {}, AT))
    assert (page.mistakes, page.open) == ([], [])
    assert len(page.ids) == len(set(page.ids))
    assert [address for address in page.addresses if not address.startswith(("#", "data:"))] == []


def test_each_run_links_to_its_report_and_what_is_missing_is_named(month: Month) -> None:
    run_id = month.chapters[0].run.manifest.run_id
    page = Page(render_month(month, {run_id: "../there/report.html"}, AT))
    assert page.addresses.count("../there/report.html") == 2
    assert any("the target <b> did not answer" in text for text in page.texts)


def test_every_anchor_has_its_place(month: Month) -> None:
    page = Page(render_month(month, {}, AT))
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)


def test_the_same_month_gives_the_same_page(month: Month) -> None:
    assert render_month(month, {}, AT) == render_month(month, {}, AT)


def test_the_terminal_has_a_line_a_run_and_fits(month: Month) -> None:
    lines = render_month_terminal(month, None).plain.splitlines()
    assert lines[0].endswith("the monthly stress runs")
    assert month.outcome is Outcome.FAIL
    assert sum(line.startswith("weekly_regression ") for line in lines) == 2
    assert any("not carried out" in line for line in lines)
    assert max(map(len, lines)) <= 80
