"""Recorded arrivals: a CSV file of a day that was, read into rates over time.

Two forms, told apart by the header: `time,sessions_per_s` (the rate at a moment, straight lines between) and `time,sessions`
(how many began from this moment to the next row's; the last row counts as long as the one before). Other columns are left
alone. `time` is in seconds ("90") or of the clock ("09:30", "09:30:15"); the series begins with its first row.
"""

import re
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pydantic import Field

from scenarios.csv_text import finite_number, found_columns, misspelt, read_table, refuse, shown
from scenarios.document import Strict, read_text
from scenarios.errors import ScenarioError

MAX_ROWS = 20_000  # a fortnight by the minute; the series is written whole into each run's manifest
Form = Literal["sessions_per_s", "sessions"]
FORMS: tuple[Form, ...] = ("sessions_per_s", "sessions")
CLOCK = re.compile(r"^(\d{1,2}):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?$")


class Piece(Strict):
    """A stretch in seconds, in which the rate (sessions per s) goes in a straight line; `[start_s, end_s)`."""

    start_s: float
    end_s: float
    from_per_s: float
    to_per_s: float

    @property
    def sessions(self) -> float:
        """Return the expected number of sessions."""
        return (self.end_s - self.start_s) * (self.from_per_s + self.to_per_s) / 2


class Recorded(Strict):
    """A recorded series as it was read: `times_s` from its first row on, and the values of its form."""

    file: str
    form: Form
    times_s: tuple[float, ...] = Field(min_length=2)
    values: tuple[float, ...] = Field(min_length=2)

    @property
    def end_s(self) -> float:
        """Return where the series ends, in s from its beginning."""
        last_s = self.times_s[-1]
        return last_s if self.form == "sessions_per_s" else last_s + (last_s - self.times_s[-2])

    def pieces(self, begin_s: float, end_s: float) -> tuple[Piece, ...]:
        """Return the rates in `[begin_s, end_s)` of the series, cut at its rows; times are the series' own."""
        cut = []
        for piece in self._all():
            start, end = max(piece.start_s, begin_s), min(piece.end_s, end_s)
            if end > start:
                slope = (piece.to_per_s - piece.from_per_s) / (piece.end_s - piece.start_s)
                first = piece.from_per_s + slope * (start - piece.start_s)
                last = piece.from_per_s + slope * (end - piece.start_s)
                cut.append(Piece(start_s=start, end_s=end, from_per_s=max(0.0, first), to_per_s=max(0.0, last)))
        return tuple(cut)

    def _all(self) -> list[Piece]:
        borders = list(pairwise(self.times_s))
        if self.form == "sessions_per_s":
            return [
                Piece(start_s=start, end_s=end, from_per_s=first, to_per_s=last)
                for (start, end), (first, last) in zip(borders, pairwise(self.values), strict=True)
            ]
        borders.append((self.times_s[-1], self.end_s))
        rates = [value / (end - start) for (start, end), value in zip(borders, self.values, strict=True)]
        return [
            Piece(start_s=start, end_s=end, from_per_s=rate, to_per_s=rate)
            for (start, end), rate in zip(borders, rates, strict=True)
        ]


def load_recorded(path: Path) -> Recorded:
    """Return the series of a CSV file; raise ScenarioError with a line for each thing that is wrong."""
    return parse_recorded(
        read_text(path, expected="a CSV file with a column time and a column sessions_per_s or sessions"), str(path)
    )


def parse_recorded(text: str, where: str) -> Recorded:
    """Return the series of CSV text; raise ScenarioError whose lines begin with `where`."""
    columns, rows = read_table(text, where)
    forms = [form for form in FORMS if form in columns]
    if "time" not in columns or len(forms) != 1:
        expected = f"expected time and one of {', '.join(FORMS)}{misspelt(columns, ['time', *FORMS])}"
        raise ScenarioError([f"{where}: has {found_columns(columns)}; {expected}"])
    form = forms[0]
    problems: list[str] = []
    times_s: list[float] = []
    values: list[float] = []
    for row in rows:
        line, told = f"{where}: line {row.line}", row.cells["time"]
        time_s, value = _time_s(told, line, problems), _value(row.cells[form], form, line, problems)
        if time_s is not None and times_s and time_s <= times_s[-1]:
            problems.append(f'{line}: time "{shown(told)}" is not after the row before; expected increasing times')
        if time_s is not None:
            times_s.append(time_s)
            values.append(0.0 if value is None else value)
    problems += _as_a_whole(where, form, values) if not problems else []
    refuse(where, problems)
    return Recorded(
        file=Path(where).name, form=form, times_s=tuple(time_s - times_s[0] for time_s in times_s), values=tuple(values)
    )


def _time_s(text: str, line: str, problems: list[str]) -> float | None:
    clock = CLOCK.match(text.strip())
    if clock is not None:
        return int(clock[1]) * 3600.0 + int(clock[2]) * 60.0 + float(clock[3] or 0)
    number = finite_number(text)
    if number is None:
        problems.append(
            f'{line}: time is "{shown(text)}"; expected seconds, such as 90, or a time of day, such as 09:30'
        )
    return number


def _value(text: str, form: str, line: str, problems: list[str]) -> float | None:
    number = finite_number(text)
    if number is None or number < 0:
        problems.append(f'{line}: {form} is "{shown(text)}"; expected a number, 0 or more')
        return None
    return number


def _as_a_whole(where: str, form: str, values: list[float]) -> list[str]:
    if len(values) < 2:
        return [f"{where}: has {len(values)} rows; expected at least 2"]
    if len(values) > MAX_ROWS:
        return [f"{where}: has {len(values):,} rows; expected at most {MAX_ROWS:,}, add some up"]
    if not any(values):
        return [f"{where}: {form} is 0 in every row; expected some arrivals"]
    return []
