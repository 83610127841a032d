from datetime import date

import pytest

from scenarios.errors import ScenarioError
from scenarios.library import load_traffic
from scenarios.traffic_history import MAX_ROWS, Period, TrafficHistory, Unit, parse_traffic_history

HEAD = "week,timezone,peak_requests_per_s\n"


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(ScenarioError) as caught:
        parse_traffic_history(text, "peaks.csv")
    return caught.value.problems


def read(text: str) -> TrafficHistory:
    return parse_traffic_history(text, "folder/peaks.csv")


def test_weeks_are_read_in_the_order_of_their_days() -> None:
    history = read(HEAD + "2026-02-09,UTC,12\n2026-02-02,UTC,10.5\n")
    assert history.period is Period.WEEK
    assert history.unit is Unit.REQUESTS_PER_S
    assert history.timezone == "UTC"
    assert history.file == "peaks.csv"
    assert history.days == (date(2026, 2, 2), date(2026, 2, 9))
    assert history.values == (10.5, 12)


def test_an_iso_week_is_its_monday() -> None:
    assert read(HEAD + "2026-W06,UTC,1\n2026-W07,UTC,2\n").days == (date(2026, 2, 2), date(2026, 2, 9))


@pytest.mark.parametrize(
    ("column", "written", "unit"),
    [
        ("peak_requests_per_s", 7.0, Unit.REQUESTS_PER_S),
        ("peak_requests_per_min", 420.0, Unit.REQUESTS_PER_S),
        ("peak_requests_per_h", 25200.0, Unit.REQUESTS_PER_S),
        ("peak_users", 7.0, Unit.USERS),
    ],
)
def test_the_column_names_the_unit_and_requests_become_per_s(column: str, written: float, unit: Unit) -> None:
    history = read(f"day,timezone,{column}\n2026-02-02,UTC,{written}\n2026-02-03,UTC,{written}\n")
    assert history.unit is unit
    assert history.values == (7.0, 7.0)


def test_a_day_may_have_no_traffic() -> None:
    assert read("day,timezone,peak_users\n2026-02-01,UTC,0\n2026-02-02,UTC,5\n").values == (0, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "peaks.csv: has nothing; expected week or day, timezone, and one of peak_requests_per_s"),
        ("week,peak_requests_per_s\n2026-02-02,1\n", "has the columns week, peak_requests_per_s; expected week or day, timezone"),
        ("week,timezone,requests_per_min\n", "has the columns week, timezone, requests_per_min; expected week or day, timezone, and one of"),
        ("week,timezone,peak_users,peak_requests_per_s\n", "expected week or day, timezone, and one of"),
        (HEAD, "peaks.csv: has 0 rows; expected at least 2 weeks"),
        (HEAD + "2026-02-02,UTC,1\n", "peaks.csv: has 1 row; expected at least 2 weeks"),
        (HEAD + "02.02.2026,UTC,1\n2026-02-09,UTC,1\n", 'peaks.csv: line 2: week is "02.02.2026"; expected a date'),
        (HEAD + "2026-02-02,UTC,-1\n2026-02-09,UTC,1\n", 'peaks.csv: line 2: peak_requests_per_s is "-1"; expected a number, 0 or more'),
        (HEAD + "2026-02-02,UTC,nan\n2026-02-09,UTC,1\n", 'peaks.csv: line 2: peak_requests_per_s is "nan"; expected a number'),
        (HEAD + "2026-02-02,UTC,12 k\n2026-02-09,UTC,1\n", 'peaks.csv: line 2: peak_requests_per_s is "12 k"; expected a number'),
        (HEAD + "2026-02-02,UTC,0\n2026-02-09,UTC,1\n", "peaks.csv: line 2: peak_requests_per_s is 0; expected more, leave the row out"),
        (HEAD + "2026-02-02,,1\n2026-02-09,UTC,1\n", 'peaks.csv: line 2: timezone is ""; expected a name such as Europe/Berlin'),
        (HEAD + "2026-02-02,Mars/North,1\n2026-02-09,UTC,1\n", 'peaks.csv: line 2: timezone is "Mars/North"; expected a name'),
        (
            HEAD + "2026-02-02,UTC,1\n2026-02-09,Europe/Berlin,1\n2026-02-16,UTC,1\n",
            "peaks.csv: has several time zones: UTC (line 2), Europe/Berlin (line 3); expected one",
        ),
        (HEAD + "2026-02-02,UTC,1\n2026-02-09,UTC,1\n2026-02-02,UTC,3\n", "lines 2 and 4 are both the week 2026-02-02; expected one row each"),
        (HEAD + "2026-02-02,UTC,1\n2026-02-10,UTC,1\n", "line 3: the week 2026-02-10 begins on a Tuesday, the one before on a Monday"),
        (HEAD + "2026-02-02,UTC,5\n2026-02-09,UTC,300\n", "line 3: peak_requests_per_s goes from 5 to 300 within a week; expected less than 20 times"),
        (HEAD + "2026-02-02,UTC,300\n2026-02-09,UTC,5\n", "goes from 300 to 5 within a week"),
        ("week;timezone;peak_users\n2026-02-02;UTC;1\n", "peaks.csv: line 1: its cells are separated by semicolons; expected commas"),
        ("week\ttimezone\tpeak_users\n", "peaks.csv: line 1: its cells are separated by tabs"),
        (HEAD + "2026-02-02,UTC,1\n2026-02-09,UTC,12,5\n", "peaks.csv: line 3: has 4 cells, the header 3; expected as many; a number has a point"),
        (HEAD + "2026-02-02,UTC,1,5\n" * 30, "peaks.csv: line 2: has 4 cells, the header 3, and 29 more rows too; expected as many"),
        (HEAD + '2026-02-02,UTC,1\n2026-02-09,UTC,"12,5"\n', 'line 3: peak_requests_per_s is "12,5"; expected a number, 0 or more, with a point'),
        ("week,timezone,peak_users,peak_users\n", "peaks.csv: line 1: has the column peak_users twice; expected each name once"),
        ("week,timezone,peak_request_per_s\n", 'did you mean "peak_requests_per_s" by "peak_request_per_s"?'),
        (HEAD + "1926-02-02,UTC,1\n2026-02-09,UTC,1\n", 'line 2: week is "1926-02-02"; expected a date from 2000 to 2099'),
        (HEAD + "9999-12-27,UTC,1\n2026-02-09,UTC,1\n", 'line 2: week is "9999-12-27"; expected a date from 2000 to 2099'),
        ("day,timezone,peak_users\n2026-W06,UTC,1\n2026-02-09,UTC,1\n", 'line 2: day is "2026-W06"; expected a date'),
        (HEAD + "2026-02-02,UTC,1e13\n2026-02-09,UTC,1\n", "expected a number, 0 or more and at most 1,000,000,000,000"),
        (HEAD + "2026-02-02,UTC,inf\n2026-02-09,UTC,1\n", 'line 2: peak_requests_per_s is "inf"; expected a number'),
        (HEAD + f"2026-02-02,UTC,{'9' * 200_000}\n", "line 2: field larger than field limit (131072); expected a CSV file"),
        ("day,timezone,peak_users\n2026-02-01,UTC,0\n2026-02-02,UTC,0\n", "peak_users is 0 in every row; expected some traffic"),
    ],
)  # fmt: skip
def test_each_bad_file_gets_its_line(text: str, expected: str) -> None:
    (line,) = problems_of(text)
    assert expected in line


def test_a_quotation_mark_that_is_never_closed_is_told_in_short_lines() -> None:
    """All that follows is one cell: it is cut, and its line breaks do not break the message."""
    lines = problems_of(HEAD + '"2026-02-02,UTC,1\n' + "2026-02-09,UTC,1\n" * 50)
    assert lines[0].startswith('peaks.csv: line 52: week is "2026-02-02,UTC,1\ufffd2026-02-09')
    assert all(len(line) < 200 and "\n" not in line for line in lines)


def test_blank_rows_and_blank_cells_at_the_end_are_left_alone() -> None:
    assert read(HEAD + "2026-02-02,UTC,1,,\n\n,,\n2026-02-09,UTC,2\n").values == (1, 2)


def test_a_week_that_is_quieter_by_days_is_no_other_unit() -> None:
    """Sundays are closed and Fridays are busy: only whole weeks are compared."""
    days = "".join(f"2026-02-{day:02d},UTC,{100 if day % 7 == 6 else 1}\n" for day in range(1, 29))
    assert len(read("day,timezone,peak_users\n" + days).values) == 28


def test_too_many_rows_are_refused() -> None:
    rows = "".join(f"{date.fromordinal(735_000 + day)},UTC,1\n" for day in range(MAX_ROWS + 1))
    assert "5,001 rows; expected at most 5,000" in problems_of("day,timezone,peak_users\n" + rows)[0]


def test_the_shipped_example_has_forty_weeks_and_says_that_it_is_one() -> None:
    assert len(load_traffic("example_40_weeks").values) == 40


def test_an_unknown_history_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r'traffic "example" is not known; did you mean "example_40_weeks"'):
        load_traffic("example")
