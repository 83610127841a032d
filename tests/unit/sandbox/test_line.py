"""The line: so many a second, whoever comes, and nobody waits for ever."""

import pytest

from sandbox.line import LONGEST_WAIT_S, Line
from sandbox.refusal import UnhandledError


def test_those_who_come_together_pass_one_after_the_other() -> None:
    line = Line(10.0, lambda: 50.0)
    assert [line.wait_s() for _ in range(4)] == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_who_comes_slowly_enough_does_not_wait_and_saves_nothing_up() -> None:
    line = Line(10.0, iter((1.0, 1.1, 5.0, 5.0)).__next__)
    waits = [line.wait_s() for _ in range(4)]
    assert waits == pytest.approx([0.0, 0.0, 0.0, 0.1])


def test_who_would_wait_too_long_is_turned_away_and_costs_no_turn() -> None:
    line = Line(1.0, lambda: 0.0)
    for _ in range(int(LONGEST_WAIT_S) + 1):
        line.wait_s()
    for _ in range(3):
        with pytest.raises(UnhandledError, match="waited in line for too long"):
            line.wait_s()
