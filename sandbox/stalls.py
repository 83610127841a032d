"""Stalls: the whole process stands still, as it would in a blocking call."""

import asyncio
import time

from sandbox.plants import STALL_EVERY_S, STALL_S, Plant
from sandbox.switches import Switches

FIRST_WHEN_SWITCHED_S = 0.1
"""Whoever switches stalls on while the shop is open waits for the first one only until the answer is out."""


class Stalls:
    """Answers nobody for a while, again and again, while the plant is on."""

    def __init__(self, switches: Switches) -> None:
        self._task: asyncio.Task[None] | None = None
        if Plant.STALLS in switches.on:
            self._begin(STALL_EVERY_S - STALL_S)
        switches.listen(self._follow)

    def end(self) -> None:
        """Stall no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _follow(self, plant: Plant, on: bool) -> None:
        if plant is Plant.STALLS:
            self.end()
            if on:
                self._begin(FIRST_WHEN_SWITCHED_S)

    def _begin(self, first_s: float) -> None:
        self._task = asyncio.get_running_loop().create_task(_stall(first_s))


async def _stall(first_s: float) -> None:
    await asyncio.sleep(first_s)
    while True:
        time.sleep(STALL_S)
        await asyncio.sleep(STALL_EVERY_S - STALL_S)
