import random

import pytest

from loadgen.clock_offsets import KEPT, ClockOffsets


def ask(offsets: ClockOffsets, at_s: float, ahead_s: float, there_s: float = 0.001, back_s: float = 0.001) -> None:
    """One round trip at the master's time `at_s` with a worker whose clock is `ahead_s` ahead."""
    offsets.add("worker0", at_s, at_s + there_s + ahead_s, at_s + there_s + back_s)


def test_the_offset_of_a_symmetric_trip_is_exact() -> None:
    offsets = ClockOffsets()
    ask(offsets, 100.0, ahead_s=3.25)
    best = offsets.best("worker0")
    assert best is not None
    assert best.offset_s == pytest.approx(3.25, abs=1e-9)


def test_the_trip_with_the_least_delay_tells() -> None:
    offsets = ClockOffsets()
    ask(offsets, 1.0, ahead_s=-2.0, there_s=0.5, back_s=0.001)
    ask(offsets, 2.0, ahead_s=-2.0, there_s=0.0004, back_s=0.0002)
    ask(offsets, 3.0, ahead_s=-2.0, there_s=0.001, back_s=0.7)
    best = offsets.best("worker0")
    assert best is not None
    assert best.offset_s == pytest.approx(-2.0, abs=0.0003)


def test_a_worker_that_never_answered_has_no_offset() -> None:
    offsets = ClockOffsets()
    assert offsets.best("worker0") is None
    assert offsets.drift_s("worker0") is None


def simulated(drift: float, seconds: int, jump_s: float = 0.0) -> tuple[ClockOffsets, float]:
    """Ask a drifting clock each second, correct it as told; return the offsets and the error left, in s."""
    offsets, ahead_s, rng = ClockOffsets(), jump_s, random.Random(3)
    for second in range(seconds):
        ahead_s += drift
        ask(offsets, float(second), ahead_s, there_s=rng.expovariate(2000), back_s=rng.expovariate(2000))
        ahead_s -= offsets.correction_s("worker0")
    return offsets, ahead_s


@pytest.mark.parametrize("drift", [200e-6, -200e-6])
def test_a_clock_that_drifts_is_held_within_a_few_milliseconds_for_an_hour(drift: float) -> None:
    offsets, left_s = simulated(drift, 3600)
    assert abs(left_s) < 0.005
    drift_s = offsets.drift_s("worker0")
    assert drift_s is not None
    assert drift_s == pytest.approx(3600 * drift, abs=0.005)
    assert offsets.untrusted() == []


def test_a_good_clock_is_left_alone() -> None:
    offsets, left_s = simulated(0.0, 600)
    assert left_s == 0.0
    assert offsets.untrusted() == []


def test_a_clock_that_jumped_is_named() -> None:
    offsets, _ = simulated(0.0, KEPT, jump_s=0.4)
    (line,) = offsets.untrusted()
    assert line.startswith(("the clock of worker0 was 400 ms off", "the clock of worker0 was 399 ms off"))


def test_a_slow_answer_alone_is_no_proof_of_a_wrong_clock() -> None:
    offsets = ClockOffsets()
    for second in range(KEPT):
        ask(offsets, float(second), ahead_s=0.0, there_s=0.8, back_s=0.0)
    assert offsets.correction_s("worker0") == 0.0
    assert offsets.untrusted() == []
