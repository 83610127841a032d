import pytest

from scenarios.errors import ScenarioError
from scenarios.recorded import MAX_ROWS, Piece, Recorded, parse_recorded

RATES = "time,sessions_per_s\n0,0\n10,4\n30,2\n"
COUNTS = "time,sessions\n0,50\n10,100\n"


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(ScenarioError) as caught:
        parse_recorded(text, "day.csv")
    return caught.value.problems


def sessions(series: Recorded, begin_s: float, end_s: float) -> float:
    return sum(piece.sessions for piece in series.pieces(begin_s, end_s))


def test_rates_go_in_straight_lines_between_their_rows() -> None:
    """By hand: a triangle of 10 s up to 4 per s is 20 sessions, then 20 s from 4 to 2 per s are 60."""
    series = parse_recorded(RATES, "day.csv")
    assert series.end_s == 30
    assert sessions(series, 0, 10) == pytest.approx(20)
    assert sessions(series, 0, 30) == pytest.approx(80)


def test_counts_stand_for_the_time_to_the_next_row() -> None:
    """The last row counts as long as the one before it."""
    series = parse_recorded(COUNTS, "day.csv")
    assert series.end_s == 20
    assert series.pieces(0, 20) == (
        Piece(start_s=0, end_s=10, from_per_s=5, to_per_s=5),
        Piece(start_s=10, end_s=20, from_per_s=10, to_per_s=10),
    )


def test_a_stretch_is_cut_out_between_rows() -> None:
    (piece,) = parse_recorded(RATES, "day.csv").pieces(15, 25)
    assert piece == Piece(start_s=15, end_s=25, from_per_s=3.5, to_per_s=2.5)


def test_times_of_day_begin_at_the_first_row() -> None:
    series = parse_recorded("time,sessions_per_s\n09:00,1\n09:30,2\n10:00:30,3\n", "day.csv")
    assert series.times_s == (0, 1800, 3630)


def test_other_columns_are_left_alone() -> None:
    series = parse_recorded("day,time,note,sessions\nFri,0,x,5\nFri,60,y,6\n", "day.csv")
    assert series.values == (5, 6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "day.csv: has nothing; expected time and one of sessions_per_s, sessions"),
        ("time,sessions\n", "day.csv: has 0 rows; expected at least 2"),
        ("time,sessions\n0,5\n", "day.csv: has 1 rows; expected at least 2"),
        ("when,rate\n0,1\n1,2\n", "day.csv: has the columns when, rate; expected time and one of"),
        ("time,sessions,sessions_per_s\n0,1,1\n1,2,2\n", "expected time and one of"),
        ("time,sessions\n0,1\nnoon,2\n", 'day.csv: line 3: time is "noon"; expected seconds'),
        ("time,sessions\n0,1\n5,many\n", 'day.csv: line 3: sessions is "many"; expected a number, 0 or more'),
        ("time,sessions\n0,1\n5\n", 'day.csv: line 3: sessions is ""; expected a number, 0 or more'),
        ("time,sessions\n0,1\n5,-2\n", 'day.csv: line 3: sessions is "-2"; expected a number, 0 or more'),
        ("time,sessions\n0,1\n5,nan\n", 'day.csv: line 3: sessions is "nan"; expected a number, 0 or more'),
        ("time,sessions\n5,1\n5,2\n", 'day.csv: line 3: time "5" is not after the row before; expected increasing times'),
        ("time,sessions\n10:00,1\n09:00,2\n", 'day.csv: line 3: time "09:00" is not after the row before'),
        ("time,sessions\n0,0\n5,0\n", "day.csv: sessions is 0 in every row; expected some arrivals"),
    ],
)  # fmt: skip
def test_each_bad_file_gets_its_line(text: str, expected: str) -> None:
    (line,) = problems_of(text)
    assert expected in line


def test_each_bad_row_gets_its_line() -> None:
    assert len(problems_of("time,sessions\n0,x\n5,y\nz,1\n")) == 3


def test_of_very_many_bad_rows_the_first_are_told_and_the_others_counted() -> None:
    lines = problems_of("time,sessions\n" + "".join(f"{number},x\n" for number in range(25)))
    assert len(lines) == 11
    assert lines[-1] == "day.csv: and 15 more such lines"


def test_a_series_is_bounded() -> None:
    rows = "".join(f"{number},1\n" for number in range(MAX_ROWS + 1))
    assert "at most 20,000" in problems_of("time,sessions\n" + rows)[0]
