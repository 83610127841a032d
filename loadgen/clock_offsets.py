"""How far workers' clocks are from the master's, from round trips (Cristian 1989: the trip with the least delay tells it best).

Asked at t, answered with the worker's time h, received at t': the offset is h - (t + t') / 2, and cannot be wrong by more than
half the delay t' - t.
"""

from collections import defaultdict, deque
from dataclasses import dataclass

KEPT = 10  # round trips: the last ten seconds of a run
CORRECTED_FROM_S = 0.001  # finer than a window by a thousand; less is mostly the delay's own asymmetry
STEP_S = 0.01  # at most so much at once: 1,000 us a second, twenty times what a quartz drifts
TOLERATED_S = 0.1  # a tenth of a window; a clock that jumped further is not mended, the run is not trusted


@dataclass(frozen=True, slots=True, order=True)
class RoundTrip:
    """One question and its answer, in s; ordered by delay."""

    delay_s: float
    offset_s: float


class ClockOffsets:
    """Offsets of several workers; positive: the worker is ahead."""

    def __init__(self) -> None:
        self._trips: defaultdict[str, deque[RoundTrip]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._corrected_s: defaultdict[str, float] = defaultdict(float)
        self._worst_s: defaultdict[str, float] = defaultdict(float)

    def add(self, worker: str, asked_s: float, here_s: float, received_s: float) -> None:
        """Take one round trip."""
        self._trips[worker].append(RoundTrip(received_s - asked_s, here_s - (asked_s + received_s) / 2))

    def best(self, worker: str) -> RoundTrip | None:
        """Return the round trip that tells most; None where no answer came."""
        return min(self._trips[worker], default=None)

    def forget(self) -> None:
        """Forget the round trips: from now on another clock is asked."""
        self._trips.clear()

    def correction_s(self, worker: str) -> float:
        """Return by how much the worker should set its clock back now (0.0: not at all), once enough trips are known."""
        best = self.best(worker)
        if best is None or len(self._trips[worker]) < KEPT:
            return 0.0
        self._worst_s[worker] = max(self._worst_s[worker], certain_s(best))
        if abs(best.offset_s) < max(CORRECTED_FROM_S, best.delay_s / 2):
            return 0.0
        step_s = min(STEP_S, max(-STEP_S, best.offset_s))
        self._corrected_s[worker] += step_s
        self._trips[worker].clear()
        return step_s

    def drift_s(self, worker: str) -> float | None:
        """Return how far the worker's clock ran from the master's since the trips were last forgotten; None: not known."""
        best = self.best(worker)
        return None if best is None else self._corrected_s[worker] + best.offset_s

    def untrusted(self) -> list[str]:
        """Return a line for each worker whose clock was further off than is tolerated."""
        return [
            f"the clock of {worker} was {worst_s * 1000:,.0f} ms off; at most {TOLERATED_S * 1000:g} ms are tolerated"
            for worker, worst_s in sorted(self._worst_s.items())
            if worst_s > TOLERATED_S
        ]


def certain_s(trip: RoundTrip) -> float:
    """Return how far off a clock is for certain, whatever the delay's asymmetry."""
    return max(0.0, abs(trip.offset_s) - trip.delay_s / 2)
