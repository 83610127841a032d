"""Deliveries: e-mail and SMS, sent after the answer. Their time and their failures are drawn from the seed."""

import asyncio
from dataclasses import dataclass
from random import Random

from sandbox.metrics import Counter
from sandbox.timing import Part


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach someone: how often it works and how long it takes."""

    name: str
    success_ratio: float
    latency: Part


EMAIL = Channel("email", 0.985, Part(400, 0.5))
SMS = Channel("sms", 0.99, Part(700, 0.5))


class Deliveries:
    """Sends in the background; counts what arrived and what did not. `pending` is what is on its way."""

    def __init__(self, counter: Counter, seed: int, *, fast: bool = False) -> None:
        self._counter = counter
        self._rng = Random(f"{seed}:deliveries")
        self._fast = fast
        self.pending = 0

    def send(self, *channels: Channel) -> None:
        """Send one message by each channel."""
        for channel in channels:
            latency_s = channel.latency.draw_s(self._rng)
            outcome = "sent" if self._rng.random() < channel.success_ratio else "failed"
            if self._fast:
                self._counter.add((channel.name, outcome))
                continue
            self.pending += 1
            asyncio.get_running_loop().call_later(latency_s, self._arrive, channel.name, outcome)

    def _arrive(self, channel: str, outcome: str) -> None:
        self.pending -= 1
        self._counter.add((channel, outcome))
