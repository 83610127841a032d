"""A walk: where people go next depends on where they are (a Markov chain), not on how they came there."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from random import Random
from typing import TypeVar

Place = TypeVar("Place", bound=StrEnum)


def walk(
    rng: Random, table: Mapping[Place, Mapping[Place, float]], first: Place, last: Place, longest: int
) -> Iterator[Place]:
    """Give the places of one walk from `first` on; it ends before `last`, or after `longest` places."""
    place = first
    for _ in range(longest):
        if place is last:
            return
        yield place
        row = table[place]
        place = rng.choices(list(row), weights=list(row.values()))[0]
