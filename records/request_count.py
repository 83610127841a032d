"""How many requests a run has sent so far, counted from the windows as they grow: nothing but the outcomes of a line is read."""

import re
from pathlib import Path

from records.window import PAYMENT_FLOW

OUTCOMES = re.compile(rb'^\{"second":\d+,"operation":"(.*?)","outcomes":\{([^}]*)\}')
COUNT = re.compile(rb":(\d+)")
FLOW = PAYMENT_FLOW.encode()


class RequestCount:
    """Follows `windows.jsonl`; a flow of several requests is not counted beside them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._requests = 0

    def now(self) -> int:
        """Return how many requests are written down by now; half a line waits for its end."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                match = OUTCOMES.match(line)
                if match is not None and match[1] != FLOW:
                    self._requests += sum(map(int, COUNT.findall(match[2])))
        return self._requests
