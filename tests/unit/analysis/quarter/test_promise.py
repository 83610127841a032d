"""Users and rates that were promised against what is carried."""

import pytest

from analysis.quarter.climbed import Session
from analysis.quarter.promise import promises_of, shortfall
from analysis.quarter.sustained import pooled
from scenarios.library import load_objectives
from tests.unit.analysis.quarter.build_broken import broken

SESSION = Session(60.0, 6.0, "a session lasts 60 s")


def test_users_are_sessions_per_s_times_their_length() -> None:
    """By hand: 300 requests per s of 6 a session are 50 sessions per s, 3,000 users of 60 s; 10,000 users ask for 1,000 per s."""
    users, rate = promises_of(load_objectives("bookedbarber"), pooled([broken()]), SESSION)
    assert users.gap is not None
    assert rate.gap is not None
    assert users.gap.carried == pytest.approx(3000)
    assert users.rate_per_s == pytest.approx(1000)
    assert rate.gap.ratio == pytest.approx(0.3)
    assert users.gap.interval == pytest.approx(rate.gap.interval)
    assert (users.gap.holds, rate.gap.holds) == (False, False)


def test_what_carries_more_than_is_promised_holds() -> None:
    rows = promises_of(load_objectives("bookedbarber"), pooled([broken(1500.0, (1480.0, 1520.0))]), SESSION)
    assert [row.gap.holds for row in rows if row.gap] == [True, True]


def test_an_interval_with_both_sides_cannot_tell() -> None:
    rows = promises_of(load_objectives("bookedbarber"), pooled([broken(1005.0, (990.0, 1020.0))]), SESSION)
    assert [row.gap.holds for row in rows if row.gap] == [None, None]


def test_without_the_length_of_a_session_users_are_not_told() -> None:
    users, rate = promises_of(load_objectives("bookedbarber"), pooled([broken()]), Session(None, 6.0, "nobody knows"))
    assert (users.gap, users.because) == (None, "nobody knows")
    assert shortfall([users, rate]) is rate
    assert shortfall([users]) is None
