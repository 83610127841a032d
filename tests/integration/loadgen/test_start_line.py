"""The start line: a run waits there only where it was asked to, and learns the moment that was named."""

from pathlib import Path

from loadgen import start_line


def test_nobody_waits_who_was_not_asked_to(tmp_path: Path) -> None:
    assert not start_line.is_held(tmp_path)
    start_line.hold(tmp_path)
    assert start_line.is_held(tmp_path)


def test_both_sides_see_each_other(tmp_path: Path) -> None:
    assert not start_line.is_ready(tmp_path)
    start_line.stand_ready(tmp_path)
    assert start_line.is_ready(tmp_path)
    assert start_line.beginning(tmp_path) is None
    start_line.begin_at(tmp_path, 1_764_136_800.25)
    assert start_line.beginning(tmp_path) == 1_764_136_800.25
