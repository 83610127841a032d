"""Rules of the loop's lag: what became ready inside a block waits for its end."""

import pytest

from loadgen.health import LoopLag


def test_a_block_counts_for_all_the_time_that_it_took() -> None:
    lag = LoopLag()
    lag.late(100_000.0)
    assert lag.take().tolist() == [100_000.0, 80_000.0, 60_000.0, 40_000.0, 20_000.0]


@pytest.mark.parametrize("late_us", [0.0, 300.0, 20_000.0])
def test_a_look_in_time_is_one_value(late_us: float) -> None:
    lag = LoopLag()
    lag.late(late_us)
    assert lag.take().tolist() == [late_us]


def test_a_look_is_never_too_early() -> None:
    lag = LoopLag()
    lag.late(-50.0)
    assert lag.take().tolist() == [0.0]


def test_a_stall_of_a_fifth_of_the_time_is_seen_by_p99() -> None:
    lag = LoopLag()
    for _ in range(400):  # 8 s of quiet
        lag.late(500.0)
    lag.late(2_000_000.0)
    values = sorted(lag.take())
    assert values[int(0.99 * len(values))] == pytest.approx(1_900_000, rel=0.02)


def test_what_was_taken_is_forgotten() -> None:
    lag = LoopLag()
    lag.late(1.0)
    lag.take()
    assert len(lag.take()) == 0
