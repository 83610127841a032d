"""The index of a results folder."""

from analysis.verdict import Outcome
from reports.index import Listed, render_index
from tests.unit.reports.conftest import EVIL
from tests.unit.reports.test_html import Page


def run(number: int, p95_us: float | None = 100_000.0, **changed: object) -> Listed:
    given = {
        "name": f"weekly-{number}", "scenario": "weekly", "target": "staging", "started_at": f"2026-11-{number:02d}T03:00:00+00:00",
        "outcome": Outcome.PASS, "reason": "every objective held", "links": (("report", f"weekly-{number}/report.html"),), "response_us_p95": p95_us,
    }  # fmt: skip
    return Listed(**{**given, **changed})  # type: ignore[arg-type]


def test_the_page_is_whole_and_fetches_nothing() -> None:
    page = Page(render_index([run(1), run(2, reason=EVIL, name=EVIL)], 0))
    assert (page.mistakes, page.open) == ([], [])
    away = [address for address in page.addresses if not address.startswith(("#", "data:", "weekly-"))]
    assert away == []


def test_the_newest_run_comes_first_and_links_to_its_report() -> None:
    page = render_index([run(1), run(3), run(2)], 0)
    places = [page.index(f'href="weekly-{number}/report.html"') for number in (3, 2, 1)]
    assert places == sorted(places)


def test_a_run_without_a_verdict_says_why() -> None:
    page = render_index([run(1, None, outcome=None, reason="still under way", links=())], 0)
    assert "no verdict" in page
    assert "Still under way." in page


def test_the_first_run_of_a_scenario_has_no_trend_and_the_second_has() -> None:
    assert 'class="sparkline"' not in render_index([run(1)], 0)
    assert 'class="sparkline"' in render_index([run(1), run(2)], 0)
    assert 'class="sparkline"' not in render_index([run(1), run(2, target="production")], 0)


def test_nothing_yet_says_how_to_begin_and_what_is_left_out_is_counted() -> None:
    assert "rushhour demo" in render_index([], 0)
    assert "7 older runs are not listed" in render_index([run(1)], 7)
