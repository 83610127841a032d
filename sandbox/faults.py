"""Faults: which requests a plant meets, the same ones in the same order for one seed; and what it leaves behind."""

from collections.abc import Collection
from random import Random

from sandbox.plants import (
    ERROR_RATIO,
    KEPT_PLACE_ONE_IN,
    LEAKED_BYTES,
    LOST_ONE_IN,
    SIGN_IN_BLOCKS_S,
    Plant,
)

FIRST_LOST_AMONG = 10
"""The first write lost is among so many, so that a short fault loses one too."""
MOST_LEAKED_BYTES = 2 * 1024**3
"""Then the leak stops: it is to be seen, not to take the machine down."""


class Faults:
    """Draws for the plants that are on. `plants` is looked at with each draw: it may change meanwhile."""

    def __init__(self, plants: Collection[Plant], seed: int) -> None:
        self._plants = plants
        self._errors = Random(f"{seed}:errors")
        self._losses = Random(f"{seed}:lost writes")
        self._sign_ins = Random(f"{seed}:sign-ins")
        self._places = 0
        self._leaked: list[bytes] = []
        self.begin_losses()

    def next_fails(self) -> bool:
        """Tell whether the next request fails."""
        return Plant.ERRORS in self._plants and self._errors.random() < ERROR_RATIO

    def begin_losses(self) -> None:
        """Count acknowledged writes from nothing."""
        self._written = 0
        self._lost_next = self._losses.randint(1, FIRST_LOST_AMONG)

    def next_is_lost(self) -> bool:
        """Tell whether the write that was just acknowledged is lost: one of the first 10, then one in each 50."""
        if Plant.LOST_WRITE not in self._plants:
            return False
        self._written += 1
        if self._written < self._lost_next:
            return False
        block = (self._written - 1) // LOST_ONE_IN + 1
        self._lost_next = block * LOST_ONE_IN + self._losses.randint(1, LOST_ONE_IN)
        return True

    def next_keeps_its_place(self) -> bool:
        """Tell whether the next request gives its place back late."""
        if Plant.POOL_EXHAUSTION not in self._plants:
            return False
        self._places += 1
        return self._places % KEPT_PLACE_ONE_IN == 0

    def sign_in_blocks_s(self) -> float:
        """Return for how long the next sign-in blocks, in s."""
        return self._sign_ins.uniform(*SIGN_IN_BLOCKS_S)

    def leak(self) -> None:
        """Leave memory behind that is really there: written, not only asked for."""
        if len(self._leaked) * LEAKED_BYTES < MOST_LEAKED_BYTES:
            self._leaked.append(b"\1" * LEAKED_BYTES)
