"""Plants: their names, and which requests fail."""

import pytest

from sandbox.plants import Faults, Plant, UnknownPlantError, plant_named


def test_every_plant_is_found_by_its_name_and_says_what_it_does() -> None:
    for plant in Plant:
        assert plant_named(plant.value) is plant
        assert plant.effect


@pytest.mark.parametrize(
    ("name", "said"),
    [("slow-slot", "did you mean slow-slots?"), ("stall", "did you mean stalls?"), ("zzz", "there are slow-slots, ")],
)
def test_unknown_plant_is_answered_with_the_nearest(name: str, said: str) -> None:
    with pytest.raises(UnknownPlantError, match=f"--plant {name}: no such plant; {said[:12]}") as raised:
        plant_named(name)
    assert said in str(raised.value)


def test_planted_errors_are_about_15_in_1000() -> None:
    faults = Faults([Plant.ERRORS], seed=1)
    failed = sum(faults.next_fails() for _ in range(20_000))
    assert 250 < failed < 350  # 300 expected, standard deviation 17


def test_nothing_fails_unplanted() -> None:
    faults = Faults([Plant.STALLS], seed=1)
    assert not any(faults.next_fails() for _ in range(2_000))
