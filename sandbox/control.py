"""Control: plants switched and processes ended while the shop is open, so that faults can be timed."""

import asyncio
import os
import signal
from typing import Any, Protocol

from sandbox.plants import Plant
from sandbox.switches import Entry, Switches

CRASH_DELAY_S = 0.05
"""So that whoever asked for it gets an answer first."""


class Control(Protocol):
    """Switches plants in all processes of the shop."""

    def turn(self, plant: Plant, on: bool, seconds: float | None = None) -> None:
        """Switch a plant; it switches itself off after some seconds where they are given."""

    def log(self) -> list[Entry]:
        """Return the sandbox's own log of truth."""

    def instances(self) -> list[dict[str, Any]]:
        """Return the processes of the shop: number, pid, and whether they live."""

    def end(self, number: int) -> bool:
        """Kill a process; False where there is none of that number, or it is dead."""

    def start(self, number: int) -> bool:
        """Start a process that is dead; False where there is none of that number, or it lives."""


class OwnControl:
    """Control of a shop that is one process."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._timers: dict[Plant, asyncio.TimerHandle] = {}

    def turn(self, plant: Plant, on: bool, seconds: float | None = None) -> None:
        """Switch a plant; it switches itself off after some seconds where they are given."""
        timer = self._timers.pop(plant, None)
        if timer is not None:
            timer.cancel()
        if plant is Plant.CRASH:
            if on:
                self.end(0)
            return
        self._switches.turn(plant, on)
        if on and seconds is not None:
            loop = asyncio.get_running_loop()
            self._timers[plant] = loop.call_later(seconds, self._switches.turn, plant, False)

    def log(self) -> list[Entry]:
        """Return the sandbox's own log of truth."""
        return self._switches.log

    def instances(self) -> list[dict[str, Any]]:
        """Return the one process."""
        return [{"instance": 0, "pid": os.getpid(), "alive": True}]

    def end(self, number: int) -> bool:
        """Kill this process as soon as the answer is out."""
        if number != 0:
            return False
        self._switches.turn(Plant.CRASH, True)
        asyncio.get_running_loop().call_later(CRASH_DELAY_S, os.kill, os.getpid(), signal.SIGKILL)
        return True

    def start(self, number: int) -> bool:
        """Start nothing: who answers is alive."""
        return False
