"""The page of the history and its lines in the terminal: whole, safe, the same each time, with what matters on top."""

import numpy as np
import pytest

from analysis.trend.chronicle import Told, tell
from analysis.trend.course import courses
from records.acknowledgement import Acknowledgement, Answer
from records.baseline import Baseline
from reports.history import headline, render_history
from reports.history_terminal import render_history_terminal
from tests.unit.analysis.trend.build_history import KEY, PAY, accepted, operation, weeks
from tests.unit.reports.test_html import Page

EVIL = "<script>alert(1)</script>{{ 7*7 }}"


def runs(count: int = 24) -> list[Baseline]:
    values = 80_000.0 * np.exp(np.random.default_rng(1).normal(0, 0.01, count))
    values[16:] *= 1.2
    return weeks(values.tolist(), builds={16: "2.14"})


def told(found: list[Baseline], *answers: Acknowledgement) -> tuple[Told, ...]:
    return tell(courses(found), {"shop": answers})


@pytest.fixture(scope="module")
def changed() -> tuple[Told, ...]:
    return told(runs())


def test_the_page_is_whole_and_fetches_nothing(changed: tuple[Told, ...]) -> None:
    page = Page(render_history(changed))
    assert (page.mistakes, page.open) == ([], [])
    assert len(page.ids) == len(set(page.ids))
    assert [address for address in page.addresses if not address.startswith(("#", "data:"))] == []
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)


def test_the_same_runs_give_the_same_page(changed: tuple[Told, ...]) -> None:
    assert render_history(changed) == render_history(told(runs()))


def test_a_change_is_told_with_its_commits_and_the_command_that_acknowledges_it(changed: tuple[Told, ...]) -> None:
    text = render_history(changed)
    assert "commits c015..c016; builds 2.13 to 2.14" in text
    assert "rushhour history acknowledge weekly-016 --reason" in text
    assert f"{PAY} p50 +19" in text or f"{PAY} p50 +20" in text


def test_every_series_has_a_chart(changed: tuple[Told, ...]) -> None:
    text = render_history(changed)
    assert text.count('<svg class="multiple"') == sum(len(each.traces) for each in changed) + 7  # and the key's


def test_an_answer_is_shown_with_its_reason(changed: tuple[Told, ...]) -> None:
    answers = [
        Acknowledgement(
            id=point.id, answer=Answer.ACKNOWLEDGED, started_at=point.started_at, run_id=point.run_id,
            stage=point.stage, operation=point.operation, metric=point.metric, reason="3-D Secure is on",
        )
        for point in changed[0].points
    ]  # fmt: skip
    after = told(runs(), *answers)
    assert headline(after) == "Nothing changed that is not accounted for."
    assert "3-D Secure is on" in render_history(after)


def test_a_short_history_says_how_many_runs_are_missing() -> None:
    short = told(runs(5))
    assert headline(short) == "No history yet: 3 more accepted runs until it can speak (it takes 8)."
    assert "3 more runs until this history can speak" in render_history(short)


def test_names_of_the_target_cannot_become_markup_or_terminal_control() -> None:
    found = told([accepted(week, {EVIL: operation(50_000.0)}, run_id=f"{EVIL}{week}") for week in range(3)])
    page = Page(render_history(found))
    assert (page.mistakes, page.open) == ([], [])
    assert "<script>alert" not in render_history(found)
    escaped = [accepted(week, {PAY: operation(50_000.0)}, scenario="\x1b[2J") for week in range(3)]
    assert "\x1b" not in render_history_terminal(told(escaped), None).plain


def test_the_terminal_names_the_change_and_fits(changed: tuple[Told, ...]) -> None:
    lines = render_history_terminal(changed, None).plain.splitlines()
    assert lines[0].startswith("1 run in which something changed")
    assert any(line.startswith("Confirmed") for line in lines)
    assert any("commits c015..c016" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_scaled_runs_are_told_from_real_ones() -> None:
    scaled = KEY.model_copy(update={"time_scale": 0.04})
    page = render_history(told([accepted(week, {PAY: operation(50_000.0)}, key=scaled) for week in range(3)]))
    assert "times × 0.04" in page
