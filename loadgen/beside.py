"""What a process beside the load has to know of its run: when it has begun, and when it is over."""

import json
import os
import time
from pathlib import Path

from records.folder import EVENTS, MANIFEST
from records.manifest_file import read_manifest
from scenarios.plan import Plan
from scenarios.turn import longest_s

START_WITHIN_S = 600.0  # workers may take minutes to come; whatever is not there by then will not come
LOOK_EVERY_S = 0.1
OVERTIME_S = 120.0  # a run ends within a minute of its plan's end; without an end it was killed


def has_begun(folder: Path, parent: int) -> bool:
    """Wait until second 0 is known, which the first event shows; False where the run ended, or whoever started us (`parent`) did."""
    limit = time.monotonic() + START_WITHIN_S
    while (folder / EVENTS).stat().st_size == 0:
        if time.monotonic() > limit or os.getppid() != parent or read_manifest(folder).ended is not None:
            return False
        time.sleep(LOOK_EVERY_S)
    return True


class RunEnd:
    """Whether the run is over: its manifest says so, its time is long up, or the command that started us is gone."""

    def __init__(self, folder: Path, parent: int, plan: Plan) -> None:
        self._path = folder / MANIFEST
        self._parent = parent
        self._latest = longest_s(plan) + OVERTIME_S
        self._seen_ns = 0
        self._ended = False

    def is_here(self, second: float) -> bool:
        """Tell whether there is no more to sample."""
        try:
            changed_ns = self._path.stat().st_mtime_ns
            if changed_ns != self._seen_ns:
                self._seen_ns = changed_ns
                self._ended = json.loads(self._path.read_text(encoding="utf-8")).get("ended") is not None
        except OSError:
            return True  # the folder is gone: nobody wants its samples
        return self._ended or second > self._latest or os.getppid() != self._parent
