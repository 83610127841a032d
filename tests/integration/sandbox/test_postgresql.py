"""PostgreSQL: the same shop, by threads with a connection each; lost connections and a restarted server."""

import asyncio
import datetime
import threading
import time
from collections import Counter
from typing import Any

import httpx
import psycopg
import pytest

from sandbox.options import OptionError
from sandbox.plants import Plant
from sandbox.store.cluster import Cluster
from tests.integration.sandbox.conftest import ADMIN, API, BARBER, CLIENT, OTHER_CLIENT, TOMORROW, Counterpart, OpenShop
from tests.integration.sandbox.processes import started, until
from tests.integration.sandbox.test_contract import every_answer

pytestmark = pytest.mark.integration

BOOK = f"{API}/appointments/"
LOOK = f"{API}/appointments/slots"
HAIRCUT = {"date": TOMORROW, "time": "10:00", "service": "Haircut", "barber_id": 1}
DAY: dict[str, Any] = {"params": {"appointment_date": TOMORROW}}


def terminated(address: str) -> int:
    """End all other connections to a database and wait until they are gone; return how many there were."""
    with psycopg.connect(address, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    return len(rows)


def terminated_when_busy(address: str, statements: int) -> None:
    """End all other connections to a database as soon as so many of them rest in it."""
    resting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    with psycopg.connect(address, autocommit=True) as connection:
        until(lambda: connection.execute(resting.encode()).fetchone() == (statements,))
    terminated(address)


def test_every_route_answers_as_on_sqlite(open_for_business: OpenShop, postgresql: str) -> None:
    on_postgresql, on_sqlite = (every_answer(open_for_business(path)) for path in (postgresql, ":memory:"))
    assert {name: shape(answer) for name, answer in on_postgresql.items()} == {
        name: shape(answer) for name, answer in on_sqlite.items()
    }


def shape(answer: Any) -> Any:
    """Return an answer with each value replaced by the name of its type."""
    match answer:
        case dict():
            return {name: shape(value) for name, value in answer.items()}
        case list():
            return [shape(value) for value in answer]
        case _:
            return type(answer).__name__


def test_what_happens_by_itself_is_the_same_for_the_same_seed(open_for_business: OpenShop, postgresql: str) -> None:
    chosen = []
    for path in (postgresql, ":memory:"):
        shop = open_for_business(path, barbers=20)
        chosen.append([shop.book(time, barber_id=None).json()["barber_id"] for time in ("09:00", "10:00", "11:00")])
    assert chosen[0] == chosen[1]


def test_days_in_memory_follow_own_writes_and_those_of_another_process(
    open_for_business: OpenShop, postgresql: str
) -> None:
    one, other = open_for_business(postgresql), open_for_business(postgresql)
    assert "10:00" in one.free_times(barber_id=1)
    number = other.book().json()["id"]
    assert "10:00" not in one.free_times(barber_id=1)
    assert one.book().status_code == 400
    assert one.book("11:00").status_code == 200
    assert "11:00" not in one.free_times(barber_id=1)
    other.ask("PUT", f"{BOOK}{number}/cancel", CLIENT)
    assert "10:00" in one.free_times(barber_id=1)
    assert one.book(who=OTHER_CLIENT).status_code == 200


def test_own_bookings_are_put_into_what_is_kept_of_a_day(open_for_business: OpenShop, postgresql: str) -> None:
    shop = open_for_business(postgresql)
    shop.free_times()
    misses = shop.shop.store.chairs.misses
    for hour in ("10:00", "11:00", "12:00"):
        shop.book(hour)
        assert hour not in shop.free_times(barber_id=1)
    assert shop.shop.store.chairs.misses == misses


def test_refused_booking_leaves_nothing_behind(open_for_business: OpenShop, postgresql: str) -> None:
    shop = open_for_business(postgresql)
    shop.book("10:30")
    assert shop.book("10:00", service="Haircut & Shave").status_code == 400
    assert "10:00" in shop.free_times(barber_id=1)
    assert shop.ask("GET", BOOK, ADMIN).json()["total"] == 1


def test_moves_onto_each_others_slot_at_once_do_not_hang(open_for_business: OpenShop, postgresql: str) -> None:
    shop = open_for_business(postgresql)
    numbers = [shop.book(hour).json()["id"] for hour in ("10:00", "11:00")]
    begun = time.monotonic()
    for _ in range(5):
        moves = [
            ("POST", f"{BOOK}{number}/reschedule", CLIENT, {"json": {"date": TOMORROW, "time": hour}})
            for number, hour in zip(numbers, ("11:00", "10:00"), strict=True)
        ]
        assert {answer.status_code for answer in shop.ask_together(moves)} <= {200, 400}
    assert time.monotonic() - begun < 10
    starts = [shop.ask("GET", f"{BOOK}{number}", CLIENT).json()["start_time"] for number in numbers]
    assert len(set(starts)) == 2


def test_cancelled_and_moved_at_once_is_one_or_the_other(open_for_business: OpenShop, postgresql: str) -> None:
    shop = open_for_business(postgresql)
    for _ in range(5):
        number = shop.book("10:00").json()["id"]
        there = {"json": {"date": TOMORROW, "time": "15:00"}}
        asked = [("PUT", f"{BOOK}{number}/cancel", CLIENT, {}), ("POST", f"{BOOK}{number}/reschedule", CLIENT, there)]
        shop.ask_together(asked * 2)
        assert shop.ask("GET", f"{BOOK}{number}", CLIENT).json()["status"] == "cancelled"
        free = shop.free_times(barber_id=1)
        assert {"10:00", "15:00"} <= set(free)


def test_event_loop_is_not_held_up_by_the_database(open_for_business: OpenShop, postgresql: str) -> None:
    shop = open_for_business(postgresql, pool=4)
    shop.free_times()
    booking = shop._headed(CLIENT, {"json": HAIRCUT})
    with psycopg.connect(postgresql, autocommit=False) as other:
        other.execute("LOCK TABLE appointments IN ACCESS EXCLUSIVE MODE")
        release = threading.Timer(1.0, other.rollback)
        release.start()

        async def timed(request: Any) -> float:
            begun = time.monotonic()
            await request
            return time.monotonic() - begun

        async def all_of_them() -> list[float]:
            http = shop._http
            asked = (http.post(BOOK, **booking), http.get("/health"), http.get(LOOK, **DAY))
            return await asyncio.gather(*map(timed, asked))

        booked_s, health_s, looked_s = shop._runner.run(all_of_them())
        release.join()
    assert booked_s > 0.4
    assert health_s < booked_s / 2
    assert looked_s < booked_s


def test_connections_that_are_ended_while_idle_are_had_again_without_an_error(
    open_for_business: OpenShop, postgresql: str
) -> None:
    shop = open_for_business(postgresql, pool=3)
    shop.ask_together([("GET", LOOK, None, DAY)] * 6)
    assert terminated(postgresql) >= 1
    assert [shop.ask("GET", LOOK, **DAY).status_code for _ in range(6)] == [200] * 6


def test_connections_that_are_ended_in_use_are_503_and_then_it_goes_on(
    open_for_business: OpenShop, postgresql: str
) -> None:
    shop = open_for_business(postgresql, pool=4, fast=False, service_factor=50.0)
    ending = threading.Thread(target=terminated_when_busy, args=(postgresql, 4))
    ending.start()
    answers = shop.ask_together([("GET", LOOK, None, DAY)] * 4)  # some 3.6 s each, if they were not ended
    ending.join()
    assert {answer.status_code for answer in answers} == {503}
    assert answers[0].json()["error"]["type"] == "service_unavailable"
    assert shop.ask("GET", LOOK, **DAY).status_code == 200


def test_dropped_connections_is_503_while_it_is_on_and_not_after(open_for_business: OpenShop, postgresql: str) -> None:
    shop = open_for_business(postgresql, pool=4, fast=False, service_factor=30.0)
    switch = ("PUT", "/sandbox/plants/dropped-connections", None, {"json": {"seconds": 1.5}})
    answers = shop.ask_together([switch, *[("GET", LOOK, None, DAY)] * 4])  # some 2 s each; they are ended after 1 s
    assert Counter(answer.status_code for answer in answers) == Counter({503: 4, 200: 1})
    time.sleep(0.6)
    shop.ask("GET", "/health")
    assert shop.ask("GET", "/sandbox/plants").json()["on"] == []
    assert shop.ask("GET", LOOK, **DAY).status_code == 200


def test_restart_of_the_server_is_503_meanwhile_and_service_again_by_itself(
    open_for_business: OpenShop,
) -> None:
    with Cluster() as cluster:
        shop = open_for_business(cluster.address, pool=3)
        assert shop.book().status_code == 200
        cluster.stop()
        statuses = Counter(shop.ask("GET", LOOK, **DAY).status_code for _ in range(3))
        assert statuses == Counter({503: 3})
        assert shop.book("11:00").status_code == 503
        assert shop.ask("GET", "/health").status_code == 200
        cluster.start()
        assert shop.ask("GET", LOOK, **DAY).status_code == 200
        assert "10:00" not in shop.free_times(barber_id=1)
        assert "11:00" in shop.free_times(barber_id=1)
        assert shop.book("11:00").status_code == 200


def test_address_where_nothing_answers_is_one_line_without_the_password(open_for_business: OpenShop) -> None:
    with pytest.raises(OptionError) as raised:
        open_for_business("postgresql://me:secret@127.0.0.1:9/shop")
    assert str(raised.value).startswith("--database postgresql://me@127.0.0.1:9/shop: ")
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_embedded_postgresql_serves_and_is_gone_at_exit() -> None:
    with started("--fast", "--database", "postgresql-embedded", "--instances", "2") as shop:
        database = shop.ready["database"]
        assert database["kind"] == "postgresql"
        with psycopg.connect(database["address"]) as connection:
            found = connection.execute("SELECT COUNT(*) FROM users WHERE role = 'client'").fetchone()
        assert found == (20,)
        assert httpx.get(f"{shop.url}{LOOK}", params={"appointment_date": tomorrow()}).status_code == 200
        shop.process.terminate()
        assert shop.process.wait(10) == 0
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(database["address"])


def test_database_outage_stops_the_server_for_its_time() -> None:
    with started("--fast", "--database", "postgresql-embedded") as shop:
        look = f"{shop.url}{LOOK}?appointment_date={tomorrow()}"
        assert httpx.get(look).status_code == 200
        assert httpx.put(f"{shop.url}/sandbox/plants/database-outage", json={"seconds": 1}).status_code == 200
        assert httpx.get(look, timeout=10).status_code == 503
        until(lambda: httpx.get(look, timeout=10).status_code == 200)
        on, off = [entry for entry in shop.log() if entry["plant"]]
        assert (on["state"], off["state"]) == ("on", "off")
        assert 1.0 <= off["unix_s"] - on["unix_s"] < 4.0


def test_what_was_acknowledged_survives_a_crash_of_the_database() -> None:
    """Each booking is crashed upon as soon as it is acknowledged: what the server still held in its memory alone would be lost."""
    with started("--fast", "--database", "postgresql-embedded") as shop, httpx.Client(base_url=shop.url) as http:
        form = {"email": "client00001@sandbox.example", "password": "sandbox"}
        http.headers["Authorization"] = f"Bearer {http.post(f'{API}/auth/login', json=form).json()['access_token']}"
        for hour in ("10:00", "11:00"):
            answer = http.post(BOOK, json={**HAIRCUT, "date": tomorrow(), "time": hour})
            assert answer.status_code == 200
            assert http.put("/sandbox/plants/database-crash").status_code == 200
            assert http.get(BOOK, timeout=10).status_code == 503
            assert http.delete("/sandbox/plants/database-crash").status_code == 200
            until(lambda: http.get("/sandbox/plants").json()["on"] == [])
        assert http.get(BOOK).json()["total"] == 2
        assert [entry["state"] for entry in shop.log() if entry["plant"]] == ["on", "off"] * 2


def tomorrow() -> str:
    return (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1)).isoformat()


def test_key_of_two_users_is_two_keys(open_for_business: OpenShop, postgresql: str) -> None:
    shop = open_for_business(postgresql)
    key = {"Idempotency-Key": "refund_0b0f8b7e-6d3c-4c0e-9d3a-1f2e3d4c5b6a"}
    payment_id = shop.pay(shop.book().json()["id"]).json()["payment_id"]
    form = {"payment_id": payment_id, "amount": 5, "reason": "late"}
    for who in (BARBER, ADMIN):
        assert shop.ask("POST", f"{API}/payments/refund", who, json=form, headers=key).status_code == 200
    assert shop.ask("GET", f"{API}/payments/history", CLIENT).json()["payments"][0]["refunded_amount"] == 10.0


def test_planted_errors_take_no_connection_away(open_for_business: OpenShop, postgresql: str) -> None:
    shop: Counterpart = open_for_business(postgresql, pool=2, plants=(Plant.ERRORS,))
    statuses = Counter(shop.ask("GET", LOOK, **DAY).status_code for _ in range(300))
    assert set(statuses) == {200, 500}
    assert shop.shop.pool.in_use == 0


def test_time_that_statements_wait_in_the_database_is_in_the_metrics(
    open_for_business: OpenShop, postgresql: str
) -> None:
    shop = open_for_business(postgresql)
    shop.free_times()
    slow = 'db_query_duration_seconds_bucket{le="0.25"}'
    assert metric(shop, "db_query_duration_seconds_count") == metric(shop, slow)
    with psycopg.connect(postgresql) as other:
        other.execute("LOCK TABLE chair_days IN ACCESS EXCLUSIVE MODE")
        release = threading.Timer(0.4, other.rollback)
        release.start()
        shop.free_times()
        release.join()
    assert metric(shop, "db_query_duration_seconds_count") == metric(shop, slow) + 1


def metric(shop: Counterpart, name: str) -> float:
    lines = shop.ask("GET", "/metrics").text.splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))
