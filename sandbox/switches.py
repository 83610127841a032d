"""Switches: which plants are on, and the sandbox's own log of truth."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sandbox.plants import Plant

LOG_ENTRIES = 10_000
"""The oldest are forgotten: a fault a second for nearly three hours."""

Entry = dict[str, Any]
Listener = Callable[[Plant, bool], None]


class Switches:
    """The plants that are on. `on` is one set as long as the shop is open, so that a look at it is all a request pays."""

    def __init__(self, plants: Iterable[Plant] = (), now: Callable[[], float] = time.time) -> None:
        self.on: set[Plant] = set()
        self._now = now
        self._log: deque[Entry] = deque(maxlen=LOG_ENTRIES)
        self._listeners: list[Listener] = []
        for plant in plants:
            self.turn(plant, True)

    @property
    def log(self) -> list[Entry]:
        """Return all entries, the oldest first."""
        return list(self._log)

    def listen(self, listener: Listener) -> None:
        """Call when a plant has been switched."""
        self._listeners.append(listener)

    def turn(self, plant: Plant, on: bool) -> None:
        """Switch a plant, and note it where it was not so before."""
        if (plant in self.on) is on:
            return
        self.note({"unix_s": self._now(), "plant": plant.value, "state": "on" if on else "off"})
        self._apply(plant, on)

    def set_to(self, plants: Iterable[Plant]) -> None:
        """Have these on and no others, and note nothing: who keeps the log did."""
        wanted = set(plants)
        for plant in wanted ^ self.on:
            self._apply(plant, plant in wanted)

    def note(self, entry: Entry) -> None:
        """Add an entry to the log."""
        self._log.append(entry)

    def note_process(self, state: str, **what: Any) -> None:
        """Add that a process of the shop has started or ended."""
        self.note({"unix_s": self._now(), "plant": None, "state": state, **what})

    def names(self) -> Sequence[str]:
        """Return the names of the plants that are on, in order."""
        return sorted(plant.value for plant in self.on)

    def _apply(self, plant: Plant, on: bool) -> None:
        if on:
            self.on.add(plant)
        else:
            self.on.discard(plant)
        for listener in self._listeners:
            listener(plant, on)
