"""Deliveries: what arrives."""

from sandbox.deliveries import EMAIL, SMS, Deliveries
from sandbox.metrics import Counter

SENT = 10_000


def arrived(seed: int) -> dict[str, int]:
    counter = Counter("deliveries_total", "", ("channel", "outcome"))
    deliveries = Deliveries(counter, seed, fast=True)
    for _ in range(SENT):
        deliveries.send(EMAIL, SMS)
    return {line.partition(" ")[0]: int(line.partition(" ")[2]) for line in counter.lines()}


def test_mail_and_sms_arrive_as_often_as_documented() -> None:
    counts = arrived(seed=1)
    assert abs(counts['deliveries_total{channel="email",outcome="sent"}'] / SENT - 0.985) < 0.004
    assert abs(counts['deliveries_total{channel="sms",outcome="sent"}'] / SENT - 0.99) < 0.004


def test_same_seed_loses_the_same_messages() -> None:
    assert arrived(seed=2) == arrived(seed=2) != arrived(seed=3)
