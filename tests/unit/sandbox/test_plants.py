"""Plants: their names, and what is said of them."""

import pytest

from sandbox.plants import Plant, UnknownPlantError, plant_named


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
