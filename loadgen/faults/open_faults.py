"""Which injections are under way, on disk: what is left there after a crash has to be undone by whoever finds it."""

import json
from pathlib import Path
from threading import Lock

from records.folder import write_text

OPEN_FILE = "faults-open.json"


class OpenFaults:
    """Places of injections in the plan that have begun, or are about to, and have not ended."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / OPEN_FILE
        self._lock = Lock()

    def begin(self, place: int) -> None:
        """Note an injection before it begins."""
        with self._lock:
            self._write(self.places() | {place})

    def end(self, place: int) -> None:
        """Take an injection off the list once it has ended."""
        with self._lock:
            self._write(self.places() - {place})

    def places(self) -> set[int]:
        """Return the places of those under way."""
        try:
            return set(json.loads(self._path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return set()

    def _write(self, places: set[int]) -> None:
        if places:
            write_text(self._path, json.dumps(sorted(places)) + "\n")
        else:
            self._path.unlink(missing_ok=True)
