"""Noticing that the other side is gone, by counting one's own ticks since it was last heard.

Ticks and not a clock: a process that was itself held up for ten seconds has ticked once, and reads what waits for it before it
calls anybody silent.
"""

from dataclasses import dataclass

TICK_S = 0.2
SILENT_S = 5.0  # a beat each second: five missed. Found, drained and ended within 10 s of the loss


@dataclass(slots=True)
class Silence:
    """How long one other process has not been heard, in ticks of ours."""

    ticks: int = 0

    def heard(self) -> None:
        """Begin anew: the other side is there."""
        self.ticks = 0

    def tick(self) -> bool:
        """Count a tick; tell whether the other side has been silent for too long."""
        self.ticks += 1
        return self.ticks * TICK_S >= SILENT_S
