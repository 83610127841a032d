"""Faults: how many requests a plant meets, the same ones for the same seed, and none where it is not on."""

import pytest

from sandbox import faults as module
from sandbox.faults import Faults
from sandbox.plants import LEAKED_BYTES, Plant


def lost_of(seed: int, writes: int) -> list[int]:
    """Return which of some writes are lost, counted from 1."""
    faults = Faults([Plant.LOST_WRITE], seed)
    return [number for number in range(1, writes + 1) if faults.next_is_lost()]


def test_planted_errors_are_about_15_in_1000() -> None:
    faults = Faults([Plant.ERRORS], seed=1)
    failed = sum(faults.next_fails() for _ in range(20_000))
    assert 250 < failed < 350  # 300 expected, standard deviation 17


def test_nothing_is_met_unplanted() -> None:
    faults = Faults([Plant.STALLS], seed=1)
    assert not any(faults.next_fails() for _ in range(2_000))
    assert not any(faults.next_is_lost() for _ in range(2_000))
    assert not any(faults.next_keeps_its_place() for _ in range(2_000))


@pytest.mark.parametrize("seed", range(20))
def test_one_of_the_first_10_writes_is_lost_and_then_one_in_each_50(seed: int) -> None:
    first, *later = lost_of(seed, 500)
    assert 1 <= first <= 10
    assert [(number - 1) // 50 for number in later] == list(range(1, 10))


def test_lost_writes_are_the_same_for_the_same_seed() -> None:
    assert lost_of(3, 500) == lost_of(3, 500) != lost_of(4, 500)


def test_writes_are_counted_anew_when_the_plant_is_switched_on_again() -> None:
    faults = Faults([Plant.LOST_WRITE], seed=1)
    for _ in range(200):
        faults.next_is_lost()
    faults.begin_losses()
    assert sum(faults.next_is_lost() for _ in range(10)) == 1


def test_one_place_in_4_is_kept() -> None:
    faults = Faults([Plant.POOL_EXHAUSTION], seed=1)
    assert [faults.next_keeps_its_place() for _ in range(8)] == [False, False, False, True] * 2


def test_plant_that_is_switched_on_later_is_met_from_then_on() -> None:
    planted: set[Plant] = set()
    faults = Faults(planted, seed=1)
    assert not any(faults.next_fails() for _ in range(500))
    planted.add(Plant.ERRORS)
    assert any(faults.next_fails() for _ in range(500))


def test_leak_ends_before_the_machine_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LEAKED_BYTES", 3 * LEAKED_BYTES)
    faults = Faults([Plant.MEMORY_LEAK], seed=1)
    for _ in range(10):
        faults.leak()
    assert len(faults._leaked) == 3


def test_sign_in_blocks_as_long_as_bcrypt_does() -> None:
    faults = Faults([Plant.SLOW_SIGN_IN], seed=1)
    times_s = [faults.sign_in_blocks_s() for _ in range(1_000)]
    assert 0.23 <= min(times_s) < 0.25
    assert 0.45 < max(times_s) <= 0.47
