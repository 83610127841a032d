"""The HTML report: complete, self-contained, safe, and the same each time."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from analysis.verdict import Outcome, Verdict
from records.run import Run
from reports.html import render_html
from tests.unit.reports.build_example import Example, killed_example
from tests.unit.reports.build_verdict import failing_verdict, inconclusive_verdict, invalid_verdict, passing_verdict

VOID = {"meta", "link", "input", "br", "img", "hr", "line", "rect", "circle", "path"}
SECTIONS = ["verdict", "findings", "objectives", "comparison", "correctness", "time", "distributions", "generator"]


class Page(HTMLParser):
    """Collects what a page holds and whether its elements close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.details = 0
        self.mistakes: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element's id and addresses."""
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name in {"src", "href", "srcset", "action", "poster", "data"} and value:
                self.addresses.append(value)
        self.details += tag == "details"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that closes itself."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Note an element that closes out of order."""
        if not self.open or self.open[-1] != tag:
            self.mistakes.append(f"</{tag}> closes {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        """Collect text that a reader sees."""
        if self.open and self.open[-1] not in {"script", "style"}:
            self.texts.append(data)


@pytest.fixture(scope="module")
def failing(made: Example) -> str:
    return render_html(made.run, failing_verdict(made), made.baselines)


def without_bokeh(text: str) -> str:
    """Return a page without Bokeh's own script, which is not ours."""
    return re.sub(r"<script>\s*/\*!.*?</script>", "", text, count=1, flags=re.DOTALL)


def test_elements_close_in_order_and_ids_are_unique(failing: str) -> None:
    page = Page(failing)
    assert page.mistakes == []
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_nothing_is_fetched(failing: str) -> None:
    page = Page(failing)
    assert [address for address in page.addresses if not address.startswith(("#", "data:"))] == []
    style = failing[failing.index("<style>") : failing.index("</style>")]
    assert "url(" not in style.replace("url(#hatch)", "")
    assert "@import" not in style


def test_every_link_inside_the_page_has_its_place(failing: str) -> None:
    page = Page(failing)
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)


def test_sections_come_in_the_order_of_the_reader(failing: str) -> None:
    assert [name for name in Page(failing).ids if name in SECTIONS] == SECTIONS


def test_every_chart_has_its_numbers_as_text(failing: str) -> None:
    page = Page(failing)
    charts = [name for name in page.ids if name.startswith("figure-")]
    assert len(charts) == 10
    for chart in charts:
        part = failing[failing.index(f'id="{chart}"') :]
        assert '<details class="numbers">' in part[: part.index("</figure>")]


def test_the_same_input_gives_the_same_bytes(made: Example, failing: str) -> None:
    assert render_html(made.run, failing_verdict(made), made.baselines) == failing


def test_the_file_stays_small_enough_for_a_mail(failing: str) -> None:
    assert len(failing.encode()) < 2_500_000


def test_names_of_the_target_cannot_become_markup(hostile: Example) -> None:
    text = without_bokeh(render_html(hostile.run, failing_verdict(hostile), hostile.baselines))
    assert "<script>alert" not in text
    assert "49 </script>" not in text
    assert "<script>alert(1)</script> \"&'{{ 7*7 }} </script> a|b`c" in "".join(Page(text).texts)
    assert Page(text).mistakes == []


def test_the_charts_can_be_read_back_as_json(failing: str) -> None:
    for name in ("chart-models", "chart-choices", "chart-places"):
        start = failing.index(f'id="{name}">') + len(f'id="{name}">')
        assert json.loads(failing[start : failing.index("</script>", start)])


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_is_told_in_a_word_a_shape_and_what_to_do(made: Example, failing: str, outcome: Outcome) -> None:
    run, verdict = case(made, outcome)
    text = failing if outcome is Outcome.FAIL else render_html(run, verdict, made.baselines)
    words = " ".join(" ".join(Page(text).texts).split())
    assert f'class="verdict outcome-{outcome.value}"' in text
    assert outcome.value.upper() in words
    assert ("What would settle it:" in words) == (outcome in {Outcome.INCONCLUSIVE, Outcome.INVALID})


def case(made: Example, outcome: Outcome) -> tuple[Run, Verdict]:
    """Return a run and its verdict of one outcome."""
    match outcome:
        case Outcome.PASS:
            return made.run, passing_verdict(made)
        case Outcome.FAIL:
            return made.run, failing_verdict(made)
        case Outcome.INCONCLUSIVE:
            return made.run, inconclusive_verdict(made)
        case Outcome.INVALID:
            run = killed_example()
            return run, invalid_verdict(run)


def test_a_run_killed_before_its_first_second_is_still_told() -> None:
    run = killed_example()
    text = render_html(run, invalid_verdict(run), ())
    page = Page(text)
    words = " ".join(page.texts)
    assert page.mistakes == []
    assert "Nothing was recorded" in words
    assert "never ended" in words
    assert "windows.jsonl" in words
    assert "chart-models" not in page.ids


def test_a_missing_baseline_says_how_to_get_one_but_not_from_an_invalid_run() -> None:
    run = killed_example()
    text = render_html(run, invalid_verdict(run), ())
    assert "rushhour baseline accept RUN" in text
    assert f"rushhour baseline accept {run.manifest.run_id}" not in text


def test_a_run_with_load_but_no_answers_renders(made: Example) -> None:
    run = replace(killed_example(), generator=made.run.generator)
    page = Page(render_html(run, invalid_verdict(run), ()))
    assert page.mistakes == []
    assert "figure-sessions" in page.ids


def test_not_measured_rows_come_last_with_their_reasons(failing: str) -> None:
    table = failing[failing.index('id="objectives-table"') :]
    table = table[: table.index("</table>")]
    rows = re.findall(r'<tr class="row-(\w+)"', table)
    assert rows == sorted(rows, key=["fail", "marginal", "pass", "unknown"].index)
    assert "No probe gives a histogram of query times (signal database_query)." in table


def test_a_witness_is_shown_side_by_side_on_a_time_line(failing: str) -> None:
    part = failing[failing.index('id="correctness"') : failing.index('id="time"')]
    assert "client00142" in part
    assert "client01877" in part
    assert "request-bars" in part
