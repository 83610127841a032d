"""Counts of session starts by second: due, started, started late, dropped; and how late each was."""

from array import array
from collections import Counter
from dataclasses import dataclass

from loadgen.health import LATE_US


@dataclass(frozen=True, slots=True)
class StartCounts:
    """Sessions due, started, started late and dropped; lateness of the starts in us."""

    planned: int
    started: int
    late: int
    dropped: int
    lateness_us: "array[float]"


class Starts:
    """What became of the sessions that were due in each second of the run, until it is flushed."""

    def __init__(self) -> None:
        self._planned: Counter[int] = Counter()
        self._started: Counter[int] = Counter()
        self._late: Counter[int] = Counter()
        self._dropped: Counter[int] = Counter()
        self._lateness_us: dict[int, array[float]] = {}

    def due(self, at_s: float) -> None:
        """Count a session that was to start `at_s` seconds after the run's start."""
        self._planned[int(at_s)] += 1

    def start(self, at_s: float, late_s: float) -> None:
        """Count one of them as started, so late."""
        second, late_us = int(at_s), max(0.0, late_s * 1e6)
        self._started[second] += 1
        self._late[second] += late_us > LATE_US
        values_us = self._lateness_us.get(second)
        if values_us is None:
            values_us = self._lateness_us[second] = array("d")
        values_us.append(late_us)

    def drop(self, at_s: float) -> None:
        """Count one of them as dropped."""
        self._dropped[int(at_s)] += 1

    def flush(self, upto: int) -> StartCounts:
        """Return what was not yet returned of the seconds up to and with `upto`, added up, and forget it."""
        seconds = [second for second in set(self._planned) | set(self._started) | set(self._dropped) if second <= upto]
        lateness_us = array("d")
        for second in seconds:
            lateness_us.extend(self._lateness_us.pop(second, array("d")))
        return StartCounts(
            planned=sum(self._planned.pop(second, 0) for second in seconds),
            started=sum(self._started.pop(second, 0) for second in seconds),
            late=sum(self._late.pop(second, 0) for second in seconds),
            dropped=sum(self._dropped.pop(second, 0) for second in seconds),
            lateness_us=lateness_us,
        )
