"""Cells: half hours since 1970."""

import datetime

import pytest

from sandbox.cells import TIMES_OF_DAY, cell_from, cells_of, clock_time_of, day_of, first_cell_of, start_of

DAY = datetime.date(2026, 11, 26)


def test_first_day_begins_with_cell_zero() -> None:
    assert first_cell_of(datetime.date(1970, 1, 1)) == 0
    assert first_cell_of(datetime.date(1970, 1, 2)) == 48


def test_cell_knows_its_day_and_time() -> None:
    cell = first_cell_of(DAY) + 21
    assert (day_of(cell), clock_time_of(cell), start_of(cell)) == (DAY, "10:30", "2026-11-26T10:30:00")


def test_opening_hours_are_eighteen_half_hours_from_nine() -> None:
    assert (len(TIMES_OF_DAY), TIMES_OF_DAY[0], TIMES_OF_DAY[-1]) == (18, "09:00", "17:30")


@pytest.mark.parametrize(("minutes", "taken"), [(30, [5]), (60, [5, 6]), (45, [5, 6]), (1, [5])])
def test_work_takes_every_half_hour_it_touches(minutes: int, taken: list[int]) -> None:
    assert list(cells_of(5, minutes)) == taken


def test_moment_without_a_zone_is_utc() -> None:
    east = datetime.timezone(datetime.timedelta(hours=2))
    assert cell_from(datetime.datetime(1970, 1, 1, 2, 45)) == 5  # noqa: DTZ001 - the point
    assert cell_from(datetime.datetime(1970, 1, 1, 4, 45, tzinfo=east)) == 5
