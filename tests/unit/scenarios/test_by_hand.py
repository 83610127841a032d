"""What people add to a forecast by hand: growth, events, a season."""

import math
from datetime import date

import pytest

from scenarios.calendar_event import MAX_EVENTS, CalendarEvent, parse_event, parse_events
from scenarios.errors import ScenarioError
from scenarios.growth_rate import parse_growth
from scenarios.season import parse_season


@pytest.mark.parametrize(
    ("text", "after_a_year"),
    [
        ("40 % per year", 1.4),
        ("3 % per month", 1.03**12),
        ("-5 % per quarter", 0.95**4),
        ("+1% / week", 1.01 ** (365.25 / 7)),
    ],
)
def test_a_growth_is_compound(text: str, after_a_year: float) -> None:
    assert math.exp(parse_growth(text).log_per_week * 365.25 / 7) == pytest.approx(after_a_year)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("40", 'expected a percentage and a period, such as "40 % per year"'),
        ("40 % per fortnight", "is no growth"),
        ("-100 % per year", "leaves nothing; expected more than -100 %"),
        ("60 % per week", "more than 50 % per week"),
    ],
)
def test_a_bad_growth_gets_its_line(text: str, expected: str) -> None:
    with pytest.raises(ScenarioError, match="--growth: ") as caught:
        parse_growth(text)
    assert expected in caught.value.problems[0]


def test_an_event_has_a_name_a_factor_and_a_day() -> None:
    assert parse_event("Black Friday=2.5@2027-11-26") == CalendarEvent("Black Friday", 2.5, date(2027, 11, 26))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Black Friday", "is no event; expected NAME=FACTOR@DATE"),
        ("Black Friday=x@2027-11-26", "is no event"),
        ("Black Friday=2.5@26.11.2027", 'has the date "26.11.2027"; expected NAME=FACTOR@DATE'),
        ("Black Friday=0@2027-11-26", "has the factor 0; expected more than 0"),
        ("Black Friday=250@2027-11-26", "has the factor 250; expected more than 0 and at most 100"),
    ],
)
def test_a_bad_event_gets_its_line(text: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_event(text)
    assert expected in caught.value.problems[0]


def test_the_same_event_twice_would_multiply_its_week_twice_and_is_refused() -> None:
    with pytest.raises(ScenarioError, match="--event: fair on 2027-01-01 is given 2 times; expected it once"):
        parse_events(("fair=2@2027-01-01", "fair=3@2027-01-01"))
    assert len(parse_events(("fair=2@2027-01-01", "fair=2@2027-06-01"))) == 2


def test_all_bad_events_are_told_at_once() -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_events(("a", "b", "fair=2@2027-01-01"))
    assert len(caught.value.problems) == 2


def test_too_many_events_are_refused() -> None:
    with pytest.raises(ScenarioError, match="51 events; expected at most 50"):
        parse_events(("fair=2@2027-01-01",) * (MAX_EVENTS + 1))


def test_months_that_a_season_does_not_name_are_one() -> None:
    season = parse_season("dec=1.4, jul=0.7")
    assert season.factors == (1, 1, 1, 1, 1, 1, 0.7, 1, 1, 1, 1, 1.4)


def test_a_week_has_the_factor_of_the_month_of_its_middle() -> None:
    season = parse_season("dec=1.4")
    assert season.of_week(date(2026, 11, 30)) == 1.4  # Thursday is the 3rd of December
    assert season.of_week(date(2026, 12, 28)) == 1.4  # Thursday is the 31st
    assert season.of_week(date(2026, 11, 23)) == 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty; expected months and factors"),
        ("dez=1.4", '"dez" is no month; did you mean "dec"?'),
        ("dec", 'dec is ""; expected a factor over 0'),
        ("dec=-1", 'dec is "-1"; expected a factor over 0'),
        ("dec=21", 'dec is "21"; expected a factor over 0 and at most 20'),
    ],
)
def test_a_bad_season_gets_its_line(text: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_season(text)
    assert expected in caught.value.problems[0]
