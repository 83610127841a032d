"""Plants: each defect shows where it is planted, and nowhere else. Both ways for each."""

import datetime
import itertools
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.cells import first_cell_of
from sandbox.options import OptionError
from sandbox.plants import Plant
from tests.integration.sandbox.conftest import API, CLIENT, TOMORROW, Counterpart, OpenShop

pytestmark = pytest.mark.integration

SLOTS = f"{API}/appointments/slots"
BOOK = f"{API}/appointments/"
HAIRCUT = {"date": TOMORROW, "time": "10:00", "service": "Haircut", "barber_id": 1}
TOMORROW_CELL = first_cell_of(datetime.date.fromisoformat(TOMORROW))
CELL_OF = {"10:00": 20, "11:00": 22, "12:00": 24, "13:00": 26}
GUEST = {"first_name": "Guest", "last_name": "One", "email": "guest@sandbox.example"}


def looks(shop: Counterpart, times: int, address: str = "10.0.0.1") -> list[int]:
    """Return the statuses of some looks at tomorrow's slots from one address."""
    sent: dict[str, Any] = {"params": {"appointment_date": TOMORROW}, "headers": {"X-Forwarded-For": address}}
    return [shop.ask("GET", SLOTS, **sent).status_code for _ in range(times)]


def test_double_booking_accepts_a_taken_slot_one_after_the_other(open_for_business: OpenShop) -> None:
    shop = open_for_business(plants=(Plant.DOUBLE_BOOKING,))
    assert [shop.book().status_code for _ in range(10)] == [200] * 10
    assert "10:00" in shop.free_times(barber_id=1)


def test_double_booking_accepts_a_taken_slot_at_once(open_for_business: OpenShop) -> None:
    shop = open_for_business(plants=(Plant.DOUBLE_BOOKING,), fast=False, service_factor=0.1)
    answers = shop.ask_together([("POST", BOOK, CLIENT, {"json": HAIRCUT})] * 50)
    assert {answer.status_code for answer in answers} == {200}


def test_double_booking_gives_anyone_the_same_chair_again(open_for_business: OpenShop) -> None:
    shop = open_for_business(plants=(Plant.DOUBLE_BOOKING,), barbers=2)
    assert [shop.book(barber_id=None).status_code for _ in range(5)] == [200] * 5


def test_double_booking_lets_an_appointment_move_onto_another(open_for_business: OpenShop) -> None:
    shop = open_for_business(plants=(Plant.DOUBLE_BOOKING,))
    shop.book("10:00")
    number = shop.book("11:00").json()["id"]
    moved = shop.ask("POST", f"{BOOK}{number}/reschedule", CLIENT, json={"date": TOMORROW, "time": "10:00"})
    assert moved.status_code == 200


def test_database_of_another_version_is_refused_in_one_line(open_for_business: OpenShop, tmp_path: Path) -> None:
    path = str(tmp_path / "shop.sqlite3")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE users (id); CREATE TABLE chair_time (barber_id, cell, appointment_id)")
    with pytest.raises(OptionError, match="made by another version of the sandbox; give it a fresh one"):
        open_for_business(path=path)


def test_errors_fail_the_planted_share_of_requests(open_for_business: OpenShop) -> None:
    statuses = looks(open_for_business(plants=(Plant.ERRORS,)), 1000)
    assert set(statuses) == {200, 500}
    assert 5 <= statuses.count(500) <= 30  # 15 expected, standard deviation 3.8
    assert set(looks(open_for_business(), 300)) == {200}


def test_errors_are_the_same_for_the_same_seed(open_for_business: OpenShop) -> None:
    one, same, other = (looks(open_for_business(plants=(Plant.ERRORS,), seed=seed), 400) for seed in (5, 5, 6))
    assert one == same != other


def test_errors_write_nothing_and_leave_health_alone(open_for_business: OpenShop) -> None:
    shop = open_for_business(plants=(Plant.ERRORS,), barbers=20)
    for barber_id, time in itertools.product(range(1, 21), ("10:00", "11:00", "12:00", "13:00")):
        assert shop.ask("GET", "/health").status_code == 200
        answer = shop.book(time, barber_id=barber_id)
        if answer.status_code == 500:
            break
    assert answer.json()["error"]["type"] == "internal_server_error"
    assert shop.shop.store.chairs.taken_on(TOMORROW_CELL).get(barber_id, 0) >> CELL_OF[time] & 1 == 0


def test_rate_limiter_refuses_the_61st_look_in_a_minute(open_for_business: OpenShop) -> None:
    shop = open_for_business(plants=(Plant.RATE_LIMITER,))
    assert looks(shop, 61) == [200] * 60 + [429]
    assert looks(shop, 1, address="10.0.0.2") == [429]  # everybody behind the proxy is one client to it
    answer = shop.ask("GET", SLOTS, params={"appointment_date": TOMORROW})
    assert answer.headers["Retry-After"] == "60"
    assert set(answer.json()) == {"detail", "retry_after"}
    assert set(looks(open_for_business(), 61)) == {200}


def test_rate_limiter_limits_any_path_to_1000_a_minute(open_for_business: OpenShop) -> None:
    shop = open_for_business(plants=(Plant.RATE_LIMITER,))
    statuses = [shop.ask("GET", "/health").status_code for _ in range(1001)]
    assert statuses == [200] * 1000 + [429]


def test_limits_without_the_plant_are_each_address_of_its_own(open_for_business: OpenShop) -> None:
    shop = open_for_business(rate_limits="production")
    assert looks(shop, 61) == [200] * 60 + [429]
    assert looks(shop, 1, address="10.0.0.2") == [200]


def test_development_limits_are_wider(open_for_business: OpenShop) -> None:
    assert looks(open_for_business(rate_limits="development"), 101) == [200] * 100 + [429]


def test_guest_who_failed_twice_needs_a_captcha_where_limits_apply(open_for_business: OpenShop) -> None:
    wish = {"date": TOMORROW, "time": "03:00", "service": "Haircut", "guest_info": GUEST}
    for limits, said in (("development", "CAPTCHA verification required"), (None, "Outside of business hours")):
        shop = open_for_business(rate_limits=limits)
        answers = [shop.ask("POST", f"{BOOK}guest", json=wish) for _ in range(3)]
        assert answers[2].json()["error"]["message"].startswith(said)
