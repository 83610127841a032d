"""Switches: what is on, and a log that holds each change once."""

import itertools

from sandbox.plants import Plant
from sandbox.switches import LOG_ENTRIES, Switches


def switches(*plants: Plant) -> Switches:
    """Return switches whose clock goes on by a second with each look."""
    seconds = itertools.count(100)
    return Switches(plants, lambda: float(next(seconds)))


def test_log_says_what_was_switched_and_when() -> None:
    board = switches(Plant.ERRORS)
    board.turn(Plant.STALLS, True)
    board.turn(Plant.ERRORS, False)
    assert board.log == [
        {"unix_s": 100.0, "plant": "errors", "state": "on"},
        {"unix_s": 101.0, "plant": "stalls", "state": "on"},
        {"unix_s": 102.0, "plant": "errors", "state": "off"},
    ]
    assert board.names() == ["stalls"]


def test_switching_what_is_so_already_is_not_noted() -> None:
    board = switches()
    board.turn(Plant.ERRORS, False)
    board.turn(Plant.ERRORS, True)
    board.turn(Plant.ERRORS, True)
    assert [entry["state"] for entry in board.log] == ["on"]


def test_set_that_is_looked_at_stays_the_same_set() -> None:
    board = switches()
    on = board.on
    board.turn(Plant.ERRORS, True)
    board.set_to([Plant.STALLS, Plant.CACHE_OFF])
    assert on is board.on
    assert on == {Plant.STALLS, Plant.CACHE_OFF}


def test_listeners_hear_of_each_change_and_of_nothing_else() -> None:
    board, heard = switches(Plant.ERRORS), list[tuple[Plant, bool]]()
    board.listen(lambda plant, on: heard.append((plant, on)))
    board.turn(Plant.ERRORS, True)
    board.set_to([Plant.STALLS])
    assert sorted(heard) == [(Plant.ERRORS, False), (Plant.STALLS, True)]


def test_following_another_log_notes_nothing() -> None:
    board = switches()
    board.set_to([Plant.STALLS])
    assert board.log == []


def test_log_is_bounded() -> None:
    board = switches()
    for _ in range(LOG_ENTRIES):
        board.turn(Plant.ERRORS, True)
        board.turn(Plant.ERRORS, False)
    assert len(board.log) == LOG_ENTRIES


def test_processes_are_in_the_log_beside_the_plants() -> None:
    board = switches()
    board.note_process("start", instance=1, pid=42)
    assert board.log == [{"unix_s": 100.0, "plant": None, "state": "start", "instance": 1, "pid": 42}]
