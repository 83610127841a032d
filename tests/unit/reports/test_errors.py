"""Errors are shown with their text, in every form, and escaped."""

from dataclasses import replace

import pytest

from records.run import Run
from records.series import ErrorSeen
from records.window import Outcome
from reports.errors import MOST_ROWS, error_table, failures, in_words
from reports.html import render_html
from reports.markdown import render_markdown
from reports.terminal import render_terminal
from tests.unit.reports.build_example import Example
from tests.unit.reports.build_verdict import failing_verdict

PAY = "POST /payments/confirm"
LATE = ErrorSeen(PAY, Outcome.TIMEOUT, "timeout", "deadline passed before the first byte", 12, 20, 75)
ODD = ErrorSeen("GET /x", Outcome.SERVER_ERROR, "judged", "<b>odd</b>", 3, 20, 20)
CUT = ErrorSeen("GET /x", Outcome.ABORTED, "aborted", "stopped in flight", 90, 80, 80)
PORTS = ErrorSeen("GET /x", Outcome.ABORTED, "generator", "out of local ports on the load generator", 2, 5, 6)


def with_errors(made: Example, *errors: ErrorSeen) -> Run:
    return replace(made.run, series=replace(made.run.series, errors=errors))


def test_failures_come_first_then_what_was_cut_off(made: Example) -> None:
    table = error_table(with_errors(made, CUT, ODD, PORTS, LATE))
    assert [row.count for row in table.rows] == [12, 3, 2, 90]
    assert failures(with_errors(made, CUT, ODD, PORTS, LATE)) == [LATE, ODD, PORTS]


def test_the_table_tells_the_first_and_the_last_second(made: Example) -> None:
    (row,) = error_table(with_errors(made, LATE)).rows
    assert (row.first, row.last, row.counted) == ("0:20", "1:15", "12")


def test_a_table_that_is_too_long_is_cut_and_says_so(made: Example) -> None:
    many = [replace(LATE, text=f"text {number}", count=1) for number in range(MOST_ROWS + 7)]
    table = error_table(with_errors(made, *many))
    assert (len(table.rows), table.left_out) == (MOST_ROWS, 7)


def test_failures_without_texts_are_told_from_no_failures(made: Example) -> None:
    assert "without the texts" in error_table(with_errors(made)).told


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LATE, f"12 × {PAY}: timeout, deadline passed before the first byte"),
        (replace(LATE, kind="status", text="status 503"), f"12 × {PAY}: status 503"),
        (replace(LATE, kind="reset", text="reset by peer"), f"12 × {PAY}: reset by peer"),
    ],
)
def test_an_error_in_words_names_its_class_once(error: ErrorSeen, words: str) -> None:
    assert in_words(error) == words


def test_every_form_shows_the_text_and_none_believes_it(made: Example) -> None:
    run, verdict = with_errors(made, LATE, ODD), failing_verdict(made)
    page = render_html(run, verdict, made.baselines)
    assert "deadline passed before the first byte" in page
    assert "<b>odd</b>" not in page
    assert "<b>odd</b>" not in render_markdown(run, verdict)
    assert "deadline passed before the first byte" in render_markdown(run, verdict)
    lines = render_terminal(run, verdict, report=None).plain.split("\n")
    (line,) = [line for line in lines if line.startswith("Errors")]
    assert f"(+1 more) 12 × {PAY}: timeout" in line
    assert len(lines) <= 25


def test_the_terminal_is_silent_where_nothing_failed(made: Example) -> None:
    lines = render_terminal(with_errors(made, CUT), failing_verdict(made), report=None).plain.split("\n")
    assert not [line for line in lines if line.startswith("Errors")]
