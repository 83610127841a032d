"""The board: where each process of a shop shows the others what it has counted, in memory that all of them share.

Each has a place with two sides: it writes on the one that nobody reads and then turns it round, so that a process that is
killed while it writes leaves what it showed before.
"""

import mmap
import struct
from contextlib import suppress

import orjson

from sandbox.metrics import Snapshot, without_gauges

SIDE_BYTES = 512 * 1024
"""Some 30 kB are written when every route has been asked for; what does not fit is not shown."""
HEAD = struct.Struct("<qq")
"""How often the place was turned round (0: nothing is shown), and whether its process is alive."""
LENGTH = struct.Struct("<q")
PLACE_BYTES = HEAD.size + 2 * SIDE_BYTES


class Board:
    """The places of all processes; made before they are forked."""

    def __init__(self, count: int) -> None:
        self._memory = mmap.mmap(-1, count * PLACE_BYTES)
        self._count = count
        self._number = 0

    def become(self, number: int) -> None:
        """Be the process of a number from now on."""
        self._number = number
        turned, _ = self._head(number)
        HEAD.pack_into(self._memory, number * PLACE_BYTES, turned, 1)

    def bury(self, number: int) -> None:
        """Note that a process is dead: what it counted stays, what it held is gone."""
        turned, _ = self._head(number)
        HEAD.pack_into(self._memory, number * PLACE_BYTES, turned, 0)

    def show(self, snapshot: Snapshot) -> None:
        """Show what this process has counted."""
        written = orjson.dumps(snapshot)
        if len(written) > SIDE_BYTES - LENGTH.size:
            return
        turned, _ = self._head(self._number)
        begin = self._side(self._number, turned + 1)
        LENGTH.pack_into(self._memory, begin, len(written))
        self._memory[begin + LENGTH.size : begin + LENGTH.size + len(written)] = written
        HEAD.pack_into(self._memory, self._number * PLACE_BYTES, turned + 1, 1)

    def earlier(self) -> Snapshot | None:
        """Return what the process that had this place before has counted, None where there was none."""
        return self._read(self._number)

    def others(self) -> list[Snapshot]:
        """Return what the other processes show; of a dead one what it had counted."""
        found: list[Snapshot] = []
        for number in range(self._count):
            shown = None if number == self._number else self._read(number)
            if shown is not None:
                found.append(shown if self._head(number)[1] else without_gauges(shown))
        return found

    def _read(self, number: int) -> Snapshot | None:
        turned, _ = self._head(number)
        if turned == 0:
            return None
        begin = self._side(number, turned)
        (length,) = LENGTH.unpack_from(self._memory, begin)
        with suppress(orjson.JSONDecodeError):  # turned round twice while it was read, which takes a second
            shown: Snapshot = orjson.loads(self._memory[begin + LENGTH.size : begin + LENGTH.size + length])
            return shown
        return None

    def _head(self, number: int) -> tuple[int, int]:
        turned, is_alive = HEAD.unpack_from(self._memory, number * PLACE_BYTES)
        return turned, is_alive

    def _side(self, number: int, turned: int) -> int:
        """Return where the side begins that is shown after so many turns."""
        return number * PLACE_BYTES + HEAD.size + turned % 2 * SIDE_BYTES
