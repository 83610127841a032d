"""Control: plants switched over HTTP while the shop is open, and the sandbox's own log of truth."""

import time
from typing import Any

import pytest

from sandbox.plants import Plant
from tests.integration.sandbox.conftest import API, TOMORROW, Counterpart, OpenShop

pytestmark = pytest.mark.integration

PLANTS, LOG, INSTANCES = "/sandbox/plants", "/sandbox/log", "/sandbox/instances"
HAIRCUT = {"date": TOMORROW, "service": "Haircut", "barber_id": 1}


def looks(shop: Counterpart, times: int) -> set[int]:
    """Return the statuses of some looks at tomorrow's slots."""
    sent: dict[str, Any] = {"params": {"appointment_date": TOMORROW}}
    return {shop.ask("GET", f"{API}/appointments/slots", **sent).status_code for _ in range(times)}


def test_plant_works_from_when_it_is_switched_on_until_it_is_switched_off(shop: Counterpart) -> None:
    assert looks(shop, 300) == {200}
    assert shop.ask("PUT", f"{PLANTS}/errors").json() == {"plant": "errors", "state": "on", "seconds": None}
    assert looks(shop, 500) == {200, 500}
    assert shop.ask("DELETE", f"{PLANTS}/errors").json() == {"plant": "errors", "state": "off"}
    assert looks(shop, 300) == {200}


def test_plant_switches_itself_off_after_the_seconds_given(shop: Counterpart) -> None:
    assert shop.ask("PUT", f"{PLANTS}/errors", json={"seconds": 0.2}).json()["seconds"] == 0.2
    assert shop.ask("GET", PLANTS).json()["on"] == ["errors"]
    time.sleep(0.3)
    shop.ask("GET", "/health")
    assert shop.ask("GET", PLANTS).json()["on"] == []
    on, off = shop.ask("GET", LOG).json()
    assert (on["plant"], on["state"], off["plant"], off["state"]) == ("errors", "on", "errors", "off")
    assert 0.2 <= off["unix_s"] - on["unix_s"] < 1.5


def test_switching_on_again_counts_the_seconds_anew(shop: Counterpart) -> None:
    shop.ask("PUT", f"{PLANTS}/errors", json={"seconds": 0.2})
    shop.ask("PUT", f"{PLANTS}/errors")
    time.sleep(0.3)
    shop.ask("GET", "/health")
    assert shop.ask("GET", PLANTS).json()["on"] == ["errors"]


def test_plants_given_at_the_start_are_on_and_in_the_log(open_for_business: OpenShop) -> None:
    shop = open_for_business(plants=(Plant.HARD_CAP, Plant.CACHE_OFF))
    assert shop.ask("GET", PLANTS).json()["on"] == ["cache-off", "hard-cap"]
    assert [(entry["plant"], entry["state"]) for entry in shop.ask("GET", LOG).json()] == [
        ("hard-cap", "on"),
        ("cache-off", "on"),
    ]


def test_every_plant_is_listed_with_its_effect(shop: Counterpart) -> None:
    assert shop.ask("GET", PLANTS).json()["effects"] == {plant.value: plant.effect for plant in Plant}


@pytest.mark.parametrize("plant", [Plant.DOUBLE_BOOKING, Plant.DOUBLE_BOOKING_RACE])
def test_double_booking_is_switched_without_another_database(shop: Counterpart, plant: Plant) -> None:
    assert shop.book().status_code == 200
    assert shop.ask("PUT", f"{PLANTS}/{plant.value}").status_code == 200
    asked = [("POST", f"{API}/appointments/", "client00001", {"json": {**HAIRCUT, "time": "11:00"}})] * 3
    assert [answer.status_code for answer in shop.ask_together(asked)] == [200] * 3
    assert shop.book().status_code == (200 if plant is Plant.DOUBLE_BOOKING else 400)
    shop.ask("DELETE", f"{PLANTS}/{plant.value}")
    assert shop.book().status_code == 400
    assert "11:00" not in shop.free_times(barber_id=1)


def test_unknown_plant_is_answered_with_the_nearest(shop: Counterpart) -> None:
    for method in ("PUT", "DELETE"):
        answer = shop.ask(method, f"{PLANTS}/eror")
        assert answer.status_code == 404
        assert answer.json()["error"]["message"] == "eror: no such plant; did you mean errors?"


@pytest.mark.parametrize("body", [b"5", b'{"seconds": -1}', b'{"seconds": "soon"}', b'{"second": 5}', b"{"])
def test_body_that_is_no_duration_switches_nothing(shop: Counterpart, body: bytes) -> None:
    answer = shop.ask("PUT", f"{PLANTS}/errors", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("body: expected nothing, or")
    assert shop.ask("GET", PLANTS).json()["on"] == []


@pytest.mark.parametrize("plant", ["database-outage", "database-crash", "dropped-connections"])
def test_plant_that_needs_another_database_is_a_409_that_says_which(shop: Counterpart, plant: str) -> None:
    answer = shop.ask("PUT", f"{PLANTS}/{plant}")
    assert answer.status_code == 409
    why = shop.ask("GET", PLANTS).json()["not_here"][plant]
    assert "start the sandbox with --database postgresql" in why
    assert answer.json()["error"]["message"] == f"plant {plant}: {why}"
    assert shop.ask("GET", PLANTS).json()["on"] == []


def test_controls_work_whatever_is_planted(open_for_business: OpenShop) -> None:
    shop = open_for_business(plants=(Plant.ERRORS, Plant.RATE_LIMITER, Plant.HARD_CAP), hard_cap_per_s=1.0)
    begun = time.perf_counter()
    assert {shop.ask("GET", PLANTS).status_code for _ in range(1_100)} == {200}
    assert {shop.ask("PUT", f"{PLANTS}/cache-off").status_code for _ in range(3)} == {200}
    assert time.perf_counter() - begun < 20


def test_rate_limiter_is_switched_too(shop: Counterpart) -> None:
    assert looks(shop, 70) == {200}
    shop.ask("PUT", f"{PLANTS}/rate-limiter")
    assert looks(shop, 70) == {200, 429}
    shop.ask("DELETE", f"{PLANTS}/rate-limiter")
    assert looks(shop, 70) == {200}


def test_one_process_is_one_instance_that_cannot_be_started_again(shop: Counterpart) -> None:
    (instance,) = shop.ask("GET", INSTANCES).json()
    assert (instance["instance"], instance["alive"]) == (0, True)
    assert shop.ask("PUT", f"{INSTANCES}/0").status_code == 409
    answer = shop.ask("DELETE", f"{INSTANCES}/7")
    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == "instance 7: not alive; alive: [0]"
