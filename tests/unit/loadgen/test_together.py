"""Several calls at the same moment, and what becomes of them when their caller is stopped."""

from collections.abc import Callable

import gevent
import pytest
from gevent import GreenletExit

from loadgen.together import MOST_AT_ONCE, together


def after(turns: int, value: str, log: list[str]) -> Callable[[], str]:
    """Return a call that gives way so often before it ends."""

    def call() -> str:
        log.append(f"{value} begins")
        for _ in range(turns):
            gevent.sleep(0)
        log.append(f"{value} ends")
        return value

    return call


def test_values_come_in_the_order_of_the_calls_not_of_their_ends() -> None:
    log: list[str] = []
    assert together([after(5, "slow", log), after(0, "quick", log)]) == ["slow", "quick"]
    assert log == ["slow begins", "quick begins", "quick ends", "slow ends"]


def test_all_have_begun_before_the_first_ends() -> None:
    log: list[str] = []
    together([after(1, str(number), log) for number in range(4)])
    assert log[:4] == ["0 begins", "1 begins", "2 begins", "3 begins"]


def test_who_is_killed_takes_the_calls_along_and_they_end_first() -> None:
    ended: list[str] = []

    def waiting() -> str:
        try:
            gevent.sleep(60)
        except GreenletExit:
            ended.append("call")
            return "aborted"
        return "too late"

    def caller() -> None:
        try:
            together([waiting, waiting])
        finally:
            ended.append("caller")

    greenlet = gevent.spawn(caller)
    gevent.sleep(0)
    gevent.sleep(0)
    greenlet.kill()
    assert ended == ["call", "call", "caller"]
    assert isinstance(greenlet.value, GreenletExit)


def test_a_call_that_was_killed_ends_its_caller() -> None:
    def dies() -> str:
        raise GreenletExit

    with pytest.raises(GreenletExit):
        together([dies, lambda: "fine"])


@pytest.mark.parametrize("count", [0, MOST_AT_ONCE + 1])
def test_a_volley_is_bounded(count: int) -> None:
    with pytest.raises(AssertionError):
        together([lambda: "x"] * count)
