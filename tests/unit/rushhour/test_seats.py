"""Which cores a duet's processes have: equal for both arms, and swapped from restart to restart."""

import pytest

from records.duet import Pinning, Seats, Side
from rushhour.seats import seats


def test_together_both_arms_share_what_there_is_and_load_and_target_are_apart() -> None:
    found = seats(Pinning.TOGETHER, [0, 1], 0)
    assert found[Side.A] == found[Side.B] == Seats(generator=(0,), target=(1,))


def test_apart_each_arm_has_cores_of_its_own() -> None:
    assert seats(Pinning.APART, [0, 1], 0) == {
        Side.A: Seats(generator=(0,), target=(0,)),
        Side.B: Seats(generator=(1,), target=(1,)),
    }
    assert seats(Pinning.APART, [0, 1, 2, 3], 0)[Side.B] == Seats(generator=(2,), target=(3,))


@pytest.mark.parametrize("pinning", [Pinning.TOGETHER, Pinning.APART])
def test_what_the_arms_have_is_swapped_in_every_other_restart(pinning: Pinning) -> None:
    one, other, again = (seats(pinning, [0, 1], restart) for restart in range(3))
    assert one == again != other
    if pinning is Pinning.APART:
        assert (one[Side.A], one[Side.B]) == (other[Side.B], other[Side.A])


def test_with_one_core_or_none_known_nobody_is_kept_to_any() -> None:
    for cores in ([], [0]):
        assert set(seats(Pinning.TOGETHER, cores, 0).values()) == {Seats()}
    assert set(seats(Pinning.NONE, [0, 1], 0).values()) == {Seats()}
