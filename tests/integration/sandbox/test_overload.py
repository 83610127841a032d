"""Overload: the pool serves what its configuration says, in the order of arrival, and the rest waits."""

import asyncio
import itertools
import time

import httpx
import pytest

from sandbox.app import application
from sandbox.capacity import capacity_per_s
from sandbox.options import Options
from sandbox.plants import Plant
from sandbox.shop import Shop, open_shop
from sandbox.timing import SLOTS, Times
from tests.integration.sandbox.conftest import API, TOMORROW, Clock

pytestmark = pytest.mark.integration

PLACES, CUSTOMERS, REQUESTS = 4, 16, 240
LOOK = f"{API}/appointments/slots?appointment_date={TOMORROW}"


async def served(shop: Shop, requests: int = REQUESTS) -> tuple[float, list[float]]:
    """Return requests per s and each one's time in s, of customers who ask again as soon as they are answered."""
    transport = httpx.ASGITransport(application(shop))
    left = itertools.count()
    times_s: list[float] = []

    async def customer(http: httpx.AsyncClient) -> None:
        while next(left) < requests:
            begun = time.perf_counter()
            await http.get(LOOK)
            times_s.append(time.perf_counter() - begun)

    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
        begun = time.perf_counter()
        await asyncio.gather(*(customer(http) for _ in range(CUSTOMERS)))
        return requests / (time.perf_counter() - begun), times_s


def overloaded(address: str = ":memory:", **options: object) -> tuple[float, list[float]]:
    shop = open_shop(Options(pool=PLACES, clients=5, **options), address, Clock())  # type: ignore[arg-type]
    try:
        return asyncio.run(served(shop))
    finally:
        shop.close()


def test_overload_serves_what_the_configuration_says(address: str) -> None:
    rate_per_s, times_s = overloaded(address)
    assert rate_per_s == pytest.approx(capacity_per_s(PLACES, {SLOTS: 1}), rel=0.10)
    # Little's law: 16 in the shop, so a request takes 16 / rate.
    assert sum(times_s) / len(times_s) == pytest.approx(CUSTOMERS / rate_per_s, rel=0.10)


def test_slow_slots_serves_less_in_the_planted_proportion() -> None:
    rate_per_s, _ = overloaded(plants=(Plant.SLOW_SLOTS,), service_factor=0.5)
    assert rate_per_s == pytest.approx(capacity_per_s(PLACES, {SLOTS: 1}, 0.5) / 2.2, rel=0.10)


def test_a_full_pool_whose_holders_hinder_each_other_serves_what_the_law_says() -> None:
    # four held, each 1 + 0.1 · 3 + 0.05 · 4 · 3 = 1.9 times as long
    shop = open_shop(
        Options(pool=PLACES, clients=5, contention=0.1, coherence=0.05, service_factor=0.25), ":memory:", Clock()
    )
    try:
        rate_per_s, _ = asyncio.run(served(shop, 120))
    finally:
        shop.close()
    assert rate_per_s == pytest.approx(capacity_per_s(PLACES, {SLOTS: 1}, 0.25) / 1.9, rel=0.10)


def test_below_the_limit_a_hold_is_as_long_as_those_beside_it_make_it() -> None:
    plain = Times(0.1, 0.2, 3)

    async def held_s(shop: Shop) -> list[float]:
        found = []
        for _ in range(3):
            await shop.pool.take()
            found.append(shop.beside_others(plain).database_s)
        return found

    shop = open_shop(Options(pool=PLACES, clients=5, contention=0.1, coherence=0.05), ":memory:", Clock())
    try:
        assert asyncio.run(held_s(shop)) == pytest.approx([0.1, 0.12, 0.15])  # one, two, three held
    finally:
        shop.close()
