"""The fuse: more load than the target profile allows ends the run, whatever the plan said.

The plan was checked against the limits before the start. A rate above them at run time is a defect of ours, or a second
generator's worth: the measurement is not the planned one, and the target's owner allowed no more. Pure: no clock.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from scenarios.scenario import Model
from scenarios.target import Limits

WINDOW_S = 5  # a doubled rate is found within four seconds; one second alone says nothing of Poisson arrivals
SIGMAS = 5.0  # of a Poisson count above the limit: once in four million windows by chance
KEPT_S = 60  # workers' samples come within seconds; older seconds are forgotten


class Fuse:
    """Adds up what all workers say of each second."""

    def __init__(self, limits: Limits, model: Model) -> None:
        self._limits = limits
        self._model = model
        self._sessions: Counter[int] = Counter()
        self._users: Counter[int] = Counter()

    def see(self, sample: Mapping[str, Any]) -> str:
        """Add one worker's second (as in `generator.jsonl`); return why the fuse blows, "" where it holds.

        Sessions that start late belong to a second that was counted already: a target that stood still lets those that waited
        start at once, which is no higher rate than planned.
        """
        second = int(sample["second"])
        self._sessions[second] += max(int(sample["planned"]), int(sample["started"]) - int(sample["late"]))
        self._users[second] += int(sample["users"])
        for seconds in (self._sessions, self._users):
            for old in [known for known in seconds if known < second - KEPT_S]:
                del seconds[old]
        return self._rate(second) or self._crowd(second)

    def _rate(self, second: int) -> str:
        limit = self._limits.sessions_per_s
        count = sum(self._sessions[each] for each in range(second - WINDOW_S + 1, second + 1))
        expected = limit * WINDOW_S
        if count <= expected + SIGMAS * math.sqrt(expected):
            return ""
        return (
            f"the fuse blew at {second + 1} s: {count / WINDOW_S:.4g} sessions per s in the last {WINDOW_S} s, "
            f"the target profile allows {limit:g} (limits.sessions_per_s)"
        )

    def _crowd(self, second: int) -> str:
        """Return why there are too many users; in the open model users are free places, and no load by themselves."""
        limit = self._limits.users
        if self._model is Model.OPEN or self._users[second] <= limit:
            return ""
        return (
            f"the fuse blew at {second + 1} s: {self._users[second]:,} users, "
            f"the target profile allows {limit:,} (limits.users)"
        )
