"""The history of traffic: a CSV file of peaks, one row a week or a day (docs/capacity.md).

Columns: `week` or `day` (an ISO date; a week is named by its first day, or as 2026-W06), `timezone` (whose midnight begins the days,
the same in every row), and one of `peak_requests_per_s`, `peak_requests_per_min`, `peak_requests_per_h`, `peak_users`. Other columns
are left alone; rows may be in any order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from scenarios.csv_text import finite_number, found_columns, misspelt, read_table, refuse, shown
from scenarios.document import Strict, read_text
from scenarios.errors import ScenarioError

MAX_ROWS = 5_000  # thirteen years by the day
FIRST_YEAR, LAST_YEAR = 2000, 2099  # what lies outside is a typing error
MAX_PEAK = 1e12  # in the unit of its column: beyond it a number is a typing error
MAX_JUMP = 20.0  # no shop grows twentyfold from a week to the next, but per min and per s are 60 apart


class Unit(StrEnum):
    """What is counted."""

    REQUESTS_PER_S = "requests per s"
    USERS = "users"


class Period(StrEnum):
    """What a row stands for; also the name of its column."""

    WEEK = "week"
    DAY = "day"


COLUMNS = {
    "peak_requests_per_s": (Unit.REQUESTS_PER_S, 1.0),
    "peak_requests_per_min": (Unit.REQUESTS_PER_S, 60.0),
    "peak_requests_per_h": (Unit.REQUESTS_PER_S, 3600.0),
    "peak_users": (Unit.USERS, 1.0),
}
EXPECTED = f"week or day, timezone, and one of {', '.join(COLUMNS)}"


class TrafficHistory(Strict):
    """Peaks as they were read, in the order of their days; requests are per s whatever the file's column."""

    file: str
    period: Period
    unit: Unit
    timezone: str
    days: tuple[date, ...] = Field(min_length=2)
    values: tuple[float, ...] = Field(min_length=2)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    day: date
    timezone: str
    value: float


def load_traffic_history(path: Path) -> TrafficHistory:
    """Return the history of a CSV file; raise ScenarioError with a line for each thing that is wrong."""
    return parse_traffic_history(read_text(path, expected=f"a CSV file with the columns {EXPECTED}"), str(path))


def parse_traffic_history(text: str, where: str) -> TrafficHistory:
    """Return the history of CSV text; raise ScenarioError whose lines begin with `where`."""
    period, column, rows = _rows(text, where)
    unit, divisor = COLUMNS[column]
    refuse(where, list(_as_a_whole(where, period, column, rows)))
    return TrafficHistory(
        file=Path(where).name,
        period=period,
        unit=unit,
        timezone=rows[0].timezone,
        days=tuple(row.day for row in rows),
        values=tuple(row.value / divisor for row in rows),
    )


def _rows(text: str, where: str) -> tuple[Period, str, list[_Row]]:
    columns, table = read_table(text, where)
    periods = [period for period in Period if period in columns]
    values = [name for name in COLUMNS if name in columns]
    if len(periods) != 1 or len(values) != 1 or "timezone" not in columns:
        hint = misspelt(columns, [*Period, "timezone", *COLUMNS])
        raise ScenarioError([f"{where}: has {found_columns(columns)}; expected {EXPECTED}{hint}"])
    problems: list[str] = []
    rows: list[_Row] = []
    for row in table:
        line = f"{where}: line {row.line}"
        day = _day(row.cells[periods[0]], periods[0], line, problems)
        zone = _zone(row.cells["timezone"], line, problems)
        value = _value(row.cells[values[0]], values[0], periods[0], line, problems)
        if day is not None and zone is not None and value is not None:
            rows.append(_Row(row.line, day, zone, value))
    refuse(where, problems)
    return periods[0], values[0], sorted(rows, key=lambda row: row.day)


def _day(text: str, period: Period, line: str, problems: list[str]) -> date | None:
    """Return a date; a day is none that is named as a week: whose Monday it is would be a guess."""
    told, is_week = text.strip(), "W" in text.upper()
    try:
        day = None if is_week and period is Period.DAY else date.fromisoformat(told)
    except ValueError:
        day = None
    if day is not None and FIRST_YEAR <= day.year <= LAST_YEAR:
        return day
    span = "" if day is None else f" from {FIRST_YEAR} to {LAST_YEAR}"
    problems.append(f'{line}: {period} is "{shown(text)}"; expected a date{span}, year first, such as 2026-02-02')
    return None


def _zone(text: str, line: str, problems: list[str]) -> str | None:
    name = text.strip()
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.append(f'{line}: timezone is "{shown(name)}"; expected a name such as Europe/Berlin or UTC')
        return None


def _value(text: str, column: str, period: Period, line: str, problems: list[str]) -> float | None:
    """Return a peak; a day may have none (the shop was closed), a week without any was not measured."""
    value = finite_number(text)
    if value is None or not 0 <= value <= MAX_PEAK:
        most = "" if value is None or value < 0 else f" and at most {MAX_PEAK:,.0f}"
        problems.append(f'{line}: {column} is "{shown(text)}"; expected a number, 0 or more{most}, with a point: 12.5')
        return None
    if value == 0 and period is Period.WEEK:
        problems.append(f"{line}: {column} is 0; expected more, leave the row out where nothing was measured")
        return None
    return value


def _as_a_whole(where: str, period: Period, column: str, rows: Sequence[_Row]) -> Iterator[str]:
    if len(rows) < 2:
        yield f"{where}: has {len(rows)} row{'s' * (len(rows) != 1)}; expected at least 2 {period}s"
        return
    if len(rows) > MAX_ROWS:
        yield f"{where}: has {len(rows):,} rows; expected at most {MAX_ROWS:,}, leave out the oldest"
        return
    if not any(row.value for row in rows):
        yield f"{where}: {column} is 0 in every row; expected some traffic"
        return
    yield from _zones(where, rows)
    yield from _days(where, period, rows)
    yield from _jump(where, period, column, rows)


def _zones(where: str, rows: Sequence[_Row]) -> Iterator[str]:
    first = {row.timezone: row.line for row in sorted(rows, key=lambda row: row.line, reverse=True)}
    if len(first) > 1:
        named = ", ".join(f"{zone} (line {line})" for zone, line in sorted(first.items(), key=lambda pair: pair[1]))
        yield f"{where}: has several time zones: {named}; expected one, bring all rows into the same"


def _days(where: str, period: Period, rows: Sequence[_Row]) -> Iterator[str]:
    for before, row in pairwise(rows):
        if row.day == before.day:
            yield (
                f"{where}: lines {before.line} and {row.line} are both the {period} {row.day}; expected one row each, "
                "leave out the one that is wrong"
            )
        elif period is Period.WEEK and (row.day - before.day).days % 7:
            yield (
                f"{where}: line {row.line}: the week {row.day} begins on a {row.day:%A}, the one before on a {before.day:%A}; "
                "expected the same day of the week in every row"
            )


def _jump(where: str, period: Period, column: str, rows: Sequence[_Row]) -> Iterator[str]:
    """Tell of the first place where weeks differ as units do, of what comes before it and from it on."""
    width = 1 if period is Period.WEEK else 7
    for place in range(width, len(rows) - width + 1):
        before = max(row.value for row in rows[place - width : place])
        after = max(row.value for row in rows[place : place + width])
        low, high = min(before, after), max(before, after)
        if low > 0 and high / low >= MAX_JUMP:
            yield (
                f"{where}: line {rows[place].line}: {column} goes from {before:g} to {after:g} within a week; expected less than "
                f"{MAX_JUMP:g} times; is it in another unit? Where it is true, leave out what is before it"
            )
            return
