"""The doorman: who has the first word where several processes share a door."""

from sandbox.doorman import Loads


def loads(*connections: int) -> Loads:
    """Return the loads of processes with so many connections each, as the first of them sees them."""
    made = Loads(len(connections))
    for number, count in reversed(list(enumerate(connections))):
        made.become(number)
        made.tell(count)
    return made


def test_process_with_the_fewest_connections_has_the_first_word() -> None:
    assert loads(5, 4, 6).is_fuller(5)
    assert not loads(4, 4, 6).is_fuller(4)


def test_dead_process_has_no_word() -> None:
    shared = loads(5, 4)
    assert shared.is_fuller(5)
    shared.bury(1)
    assert not shared.is_fuller(5)


def test_process_that_has_not_started_has_no_word() -> None:
    assert not Loads(2).is_fuller(1_000)


def test_process_alone_is_never_fuller_than_itself() -> None:
    assert not loads(3).is_fuller(9)
