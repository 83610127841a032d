"""Planted defects of performance: each shows where it is planted, and nowhere else."""

import asyncio
import datetime
import time
from collections.abc import Callable, Sequence

import httpx
import pytest

from sandbox import work
from sandbox.plants import Plant
from tests.integration.sandbox.conftest import ADMIN, API, BARBER, CLIENT, TOMORROW, Counterpart, OpenShop
from tests.integration.sandbox.processes import started

pytestmark = pytest.mark.integration

LOOK = f"{API}/appointments/slots"
INTENT, REFUND = f"{API}/payments/create-intent", f"{API}/payments/refund"
SPAN = {"start_date": f"{TOMORROW}T00:00:00", "end_date": f"{TOMORROW}T23:59:59"}
DAY = {"params": {"appointment_date": TOMORROW}}


def looks(shop: Counterpart, count: int) -> tuple[list[httpx.Response], float]:
    """Return the answers to some looks at once, and the time for all of them in s."""
    begun = time.perf_counter()
    answers = shop.ask_together([("GET", LOOK, None, DAY)] * count)
    return answers, time.perf_counter() - begun


def metric(shop: Counterpart, name: str) -> float:
    lines = shop.ask("GET", "/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))


def test_pool_exhaustion_keeps_places_and_gives_them_back_later(
    open_for_business: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "KEPT_PLACE_S", 0.5)
    shop = open_for_business(plants=(Plant.POOL_EXHAUSTION,), fast=False, service_factor=0.02, pool=2)
    _, first_s = looks(shop, 8)  # two of them keep their places
    assert metric(shop, "db_pool_in_use") == 2
    _, second_s = looks(shop, 1)
    assert first_s < 0.3 < second_s  # and this one waits for one of them
    shop.shop.control.turn(Plant.POOL_EXHAUSTION, False)
    time.sleep(0.6)
    looks(shop, 1)
    assert metric(shop, "db_pool_in_use") == 0


def test_places_are_given_back_unplanted(open_for_business: OpenShop) -> None:
    shop = open_for_business(fast=False, service_factor=0.02, pool=2)
    looks(shop, 8)
    assert metric(shop, "db_pool_in_use") == 0


def resident_growth_bytes(*options: str) -> float:
    """Return by how much 1,000 looks make a sandbox grow; in a process of its own, whose heap holds nobody's leftovers."""
    tomorrow = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1)
    with started("--fast", *options) as sandbox, httpx.Client(base_url=sandbox.url, timeout=10) as client:

        def look(count: int) -> float:
            for _ in range(count):
                client.get(LOOK, params={"appointment_date": str(tomorrow)}).raise_for_status()
            lines = client.get("/metrics").text.splitlines()
            (value,) = [line.split()[-1] for line in lines if line.startswith("process_resident_memory_bytes ")]
            return float(value)

        before = look(100)  # what is allocated once
        return look(1_000) - before


def test_memory_leak_leaves_64_kib_a_request_behind() -> None:
    assert resident_growth_bytes("--plant", "memory-leak") > 50 * 1024**2  # 1,000 × 64 KiB = 62.5 MiB


def test_no_memory_is_left_behind_unplanted() -> None:
    assert resident_growth_bytes() < 10 * 1024**2


def test_hard_cap_serves_no_more_than_its_rate_and_refuses_nobody(open_for_business: OpenShop) -> None:
    shop = open_for_business(plants=(Plant.HARD_CAP,), hard_cap_per_s=100.0)
    answers, took_s = looks(shop, 41)
    assert {answer.status_code for answer in answers} == {200}
    assert 0.40 <= took_s < 2.0  # 40 gaps of 10 ms
    _, took_s = looks(open_for_business(), 41)
    assert took_s < 0.3


def test_hard_cap_leaves_health_alone(open_for_business: OpenShop) -> None:
    shop = open_for_business(plants=(Plant.HARD_CAP,), hard_cap_per_s=1.0)
    begun = time.perf_counter()
    assert {shop.ask("GET", "/health").status_code for _ in range(5)} == {200}
    assert time.perf_counter() - begun < 0.9


def test_cache_off_reads_the_day_at_each_look(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address)
    looks(shop, 1)
    misses = metric(shop, "cache_misses_total")
    looks(shop, 10)
    assert metric(shop, "cache_misses_total") == misses
    shop.shop.control.turn(Plant.CACHE_OFF, True)
    looks(shop, 10)
    assert metric(shop, "cache_misses_total") == misses + 10
    shop.shop.control.turn(Plant.CACHE_OFF, False)
    looks(shop, 10)
    assert metric(shop, "cache_misses_total") == misses + 10


def test_slow_sign_in_blocks_whoever_else_asks(open_for_business: OpenShop) -> None:
    form = {"email": "client00001@sandbox.example", "password": "sandbox"}
    longest_s = {}
    for plants in ((Plant.SLOW_SIGN_IN,), ()):
        shop = open_for_business(plants=plants)
        begun = time.perf_counter()
        shop.ask_together([("POST", f"{API}/auth/login", None, {"json": form}), ("GET", "/health", None, {})])
        longest_s[plants] = time.perf_counter() - begun
    assert longest_s[(Plant.SLOW_SIGN_IN,)] >= 0.23
    assert longest_s[()] < 0.23


Attempt = Callable[[Counterpart], httpx.Response]
PAYMENTS: Sequence[Attempt] = (
    lambda shop: shop.ask("POST", INTENT, CLIENT, json={"booking_id": 1}),
    lambda shop: shop.ask("POST", REFUND, BARBER, json={"payment_id": 1, "amount": 1, "reason": "late"}),
    lambda shop: shop.ask(
        "POST", f"{API}/payments/confirm", CLIENT, json={"booking_id": 1, "payment_intent_id": "pi_1"}
    ),
)
CALENDARS: Sequence[Attempt] = (
    lambda shop: shop.ask("GET", f"{API}/api/calendar/free-busy", BARBER, params=SPAN),
    lambda shop: shop.ask("POST", f"{API}/api/google-calendar/sync", BARBER),
)


@pytest.mark.parametrize(
    ("plant", "broken", "whole", "provider"),
    [
        (Plant.STRIPE_OUTAGE, PAYMENTS, CALENDARS, "stripe"),
        (Plant.GOOGLE_OUTAGE, CALENDARS, PAYMENTS, "google_calendar"),
    ],
)
def test_outage_of_a_provider_fails_what_needs_it_and_nothing_else(
    open_for_business: OpenShop, plant: Plant, broken: Sequence[Attempt], whole: Sequence[Attempt], provider: str
) -> None:
    shop = open_for_business(seed=3)
    shop.book()
    shop.shop.control.turn(plant, True)
    answers = [attempt(shop) for attempt in broken]
    assert {answer.status_code for answer in answers} == {502}
    assert {answer.json()["error"]["type"] for answer in answers} == {"provider_error"}
    assert 502 not in {attempt(shop).status_code for attempt in whole}
    assert "11:00" in shop.free_times(barber_id=1)
    assert shop.book("11:00").status_code == 200
    health = shop.ask("GET", "/api/v1/health/detailed").json()["checks"]
    assert [name for name, check in health.items() if check["status"] == "unhealthy"] == [provider]
    shop.shop.control.turn(plant, False)
    assert 502 not in {attempt(shop).status_code for attempt in broken}


def test_stripe_outage_is_not_kept_under_a_key(open_for_business: OpenShop) -> None:
    shop = open_for_business(plants=(Plant.STRIPE_OUTAGE,))
    number = shop.book().json()["id"]
    key = {"Idempotency-Key": "intent_0b0f8b7e-6d3c-4c0e-9d3a-1f2e3d4c5b6a"}
    sent = {"json": {"booking_id": number}, "headers": key}
    assert shop.ask("POST", INTENT, CLIENT, **sent).status_code == 502
    shop.shop.control.turn(Plant.STRIPE_OUTAGE, False)
    assert shop.ask("POST", INTENT, CLIENT, **sent).status_code == 200
    assert shop.ask("GET", f"{API}/payments/history", ADMIN).json()["total"] == 1


def test_slow_stripe_makes_payments_wait_and_nothing_else(open_for_business: OpenShop) -> None:
    took_s: dict[tuple[Plant, ...], float] = {}
    for plants in ((Plant.SLOW_STRIPE,), ()):
        shop = open_for_business(plants=plants, fast=False, service_factor=0.1)
        number = shop.book().json()["id"]
        begun = time.perf_counter()
        shop.ask("POST", INTENT, CLIENT, json={"booking_id": number})
        took_s[plants] = time.perf_counter() - begun
    outside_s = took_s[(Plant.SLOW_STRIPE,)] - took_s[()]
    assert outside_s > 0.01  # seven times a Stripe time of about 8 ms, on the same draw


def test_nothing_waits_in_line_after_the_plants_are_off(open_for_business: OpenShop) -> None:
    shop = open_for_business()
    for plant in (Plant.HARD_CAP, Plant.ERRORS, Plant.STRIPE_OUTAGE, Plant.CACHE_OFF):
        shop.shop.control.turn(plant, True)
        shop.shop.control.turn(plant, False)
    answers, took_s = looks(shop, 50)
    assert {answer.status_code for answer in answers} == {200}
    assert took_s < 0.5


def test_pool_serves_postgresql_with_as_many_connections_as_it_has_places(
    open_for_business: OpenShop, postgresql: str
) -> None:
    shop = open_for_business(postgresql, pool=3, fast=False, service_factor=1.0)
    most = 0

    async def watch() -> None:
        nonlocal most
        for _ in range(20):
            most = max(most, shop.shop.pool.in_use)
            await asyncio.sleep(0.01)

    async def all_of_them() -> None:
        await asyncio.gather(watch(), *(shop._http.get(LOOK, **DAY) for _ in range(9)))  # type: ignore[arg-type]

    shop._runner.run(all_of_them())
    assert most == 3
