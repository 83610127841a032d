"""Planted defects of correctness, on both databases: each shows where it is planted, and nowhere else."""

import time
import uuid
from typing import Any

import httpx
import pytest

from sandbox.plants import LOST_AFTER_S, Plant
from tests.integration.sandbox.conftest import ADMIN, API, BARBER, CLIENT, TOMORROW, Counterpart, OpenShop

pytestmark = pytest.mark.integration

BOOK, GUESTS = f"{API}/appointments/", f"{API}/appointments/guest"
INTENT, CONFIRM, REFUND = (f"{API}/payments/{part}" for part in ("create-intent", "confirm", "refund"))
HISTORY = f"{API}/payments/history"
HAIRCUT = {"date": TOMORROW, "time": "10:00", "service": "Haircut", "barber_id": 1}
GUEST = {"first_name": "Guest", "last_name": "One", "email": "guest@sandbox.example"}
WALK_IN = {"date": TOMORROW, "time": "10:00", "service": "Haircut", "guest_info": GUEST}


def a_key(prefix: str = "key") -> dict[str, str]:
    return {"Idempotency-Key": f"{prefix}_{uuid.uuid4()}"}


def together(shop: Counterpart, times: int, method: str, path: str, who: str, **sent: Any) -> list[int]:
    """Return the statuses of one request sent several times at once, the lowest first."""
    return sorted(answer.status_code for answer in shop.ask_together([(method, path, who, sent)] * times))


def intent_of(shop: Counterpart, booking_id: int, **headers: str) -> dict[str, Any]:
    answer = shop.ask("POST", INTENT, CLIENT, json={"booking_id": booking_id}, headers=headers)
    assert answer.status_code == 200, answer.text
    intent: dict[str, Any] = answer.json()
    return intent


def confirmed(shop: Counterpart, booking_id: int, intent: dict[str, Any], **headers: str) -> httpx.Response:
    form = {"booking_id": booking_id, "payment_intent_id": intent["payment_intent_id"]}
    return shop.ask("POST", CONFIRM, CLIENT, json=form, headers=headers)


def captured(shop: Counterpart) -> tuple[int, float]:
    """Return how many payments are completed, and the dollars taken with them."""
    history = shop.ask("GET", HISTORY, ADMIN, params={"status": "completed"}).json()
    return history["total"], history["total_paid"]


def paid(shop: Counterpart) -> int:
    """Return the id of a payment of $30 that was captured."""
    number: int = shop.pay(shop.book().json()["id"]).json()["payment_id"]
    return number


def refunded(shop: Counterpart) -> float:
    amount: float = shop.ask("GET", HISTORY, ADMIN).json()["payments"][0]["refunded_amount"]
    return amount


# One slot, many customers


def test_bookings_of_one_slot_at_once_are_one(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address)
    assert together(shop, 12, "POST", BOOK, CLIENT, json=HAIRCUT) == [200] + [400] * 11


def test_double_booking_race_accepts_bookings_at_once_and_refuses_later_ones(
    open_for_business: OpenShop, address: str
) -> None:
    shop = open_for_business(address, plants=(Plant.DOUBLE_BOOKING_RACE,))
    assert together(shop, 5, "POST", BOOK, CLIENT, json=HAIRCUT).count(200) >= 2  # all five, where nothing else runs
    assert shop.book().status_code == 400
    assert "10:00" not in shop.free_times(barber_id=1)
    assert [shop.book("11:00").status_code for _ in range(3)] == [200, 400, 400]


def test_double_booking_race_gives_guests_who_take_anyone_the_same_chair(
    open_for_business: OpenShop, address: str
) -> None:
    shop = open_for_business(address, plants=(Plant.DOUBLE_BOOKING_RACE,), barbers=1)
    asked = [("POST", GUESTS, None, {"json": WALK_IN})] * 4
    answers = shop.ask_together(asked)
    assert [answer.status_code for answer in answers].count(200) >= 2


def test_guests_who_take_anyone_at_once_get_a_chair_each(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address, barbers=3)
    answers = shop.ask_together([("POST", GUESTS, None, {"json": WALK_IN})] * 6)
    assert sum(answer.status_code == 200 for answer in answers) <= 3
    taken = [each["barber_id"] for each in shop.ask("GET", BOOK, ADMIN).json()["appointments"]]
    assert len(taken) == len(set(taken))


def test_double_booking_race_lets_two_appointments_move_onto_one_slot(
    open_for_business: OpenShop, address: str
) -> None:
    shop = open_for_business(address, plants=(Plant.DOUBLE_BOOKING_RACE,))
    numbers = [shop.book(time).json()["id"] for time in ("11:00", "12:00", "13:00")]
    there = {"json": {"date": TOMORROW, "time": "10:00"}}
    moves = [("POST", f"{BOOK}{number}/reschedule", CLIENT, there) for number in numbers]
    shop.ask_together([("GET", BOOK, CLIENT, {})] * 8)  # so that there are connections
    assert [answer.status_code for answer in shop.ask_together(moves[:2])] == [200, 200]
    assert [answer.status_code for answer in shop.ask_together(moves[2:])] == [400]


def test_double_booking_accepts_every_booking_on_both_databases(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address, plants=(Plant.DOUBLE_BOOKING,))
    assert [shop.book().status_code for _ in range(3)] == [200] * 3
    shop.shop.control.turn(Plant.DOUBLE_BOOKING, False)
    assert shop.book().status_code == 400


# One booking, one charge


def test_intents_and_confirmations_at_once_are_one_charge(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address)
    number = shop.book().json()["id"]
    asked = [("POST", INTENT, CLIENT, {"json": {"booking_id": number}})] * 8
    intents = {answer.json()["payment_intent_id"] for answer in shop.ask_together(asked)}
    assert len(intents) == 1
    form = {"booking_id": number, "payment_intent_id": intents.pop()}
    assert together(shop, 8, "POST", CONFIRM, CLIENT, json=form) == [200] * 8
    assert captured(shop) == (1, 30.0)


def test_double_charge_begins_several_payments_at_once_and_captures_each(
    open_for_business: OpenShop, address: str
) -> None:
    shop = open_for_business(address, plants=(Plant.DOUBLE_CHARGE,))
    number = shop.book().json()["id"]
    asked = [("POST", INTENT, CLIENT, {"json": {"booking_id": number}})] * 4
    intents = {answer.json()["payment_intent_id"]: answer.json() for answer in shop.ask_together(asked)}
    assert len(intents) >= 2  # four, where nothing else runs
    assert intent_of(shop, number)["payment_intent_id"] in intents  # later ones get one that was begun
    assert {confirmed(shop, number, intent).status_code for intent in intents.values()} == {200}
    assert captured(shop) == (len(intents), 30.0 * len(intents))


def test_double_charge_captures_again_when_confirmed_again(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address, plants=(Plant.DOUBLE_CHARGE,))
    number = shop.book().json()["id"]
    intent = intent_of(shop, number)
    answers = [confirmed(shop, number, intent).json() for _ in range(2)]
    assert answers[0]["payment_id"] != answers[1]["payment_id"]
    assert captured(shop) == (2, 60.0)


def test_double_charge_keeps_to_a_key(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address, plants=(Plant.DOUBLE_CHARGE,))
    number, key = shop.book().json()["id"], a_key()
    asked = [("POST", INTENT, CLIENT, {"json": {"booking_id": number}, "headers": key})] * 4
    assert len({answer.json()["payment_intent_id"] for answer in shop.ask_together(asked)}) == 1


# One payment, one refund


def test_full_refunds_at_once_are_one(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address)
    form = {"payment_id": paid(shop), "amount": 30, "reason": "late"}
    assert together(shop, 8, "POST", REFUND, BARBER, json=form) == [200] + [400] * 7
    assert refunded(shop) == 30.0


def test_refund_race_gives_back_at_once_and_refuses_later(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address, plants=(Plant.REFUND_RACE,))
    form = {"payment_id": paid(shop), "amount": 30, "reason": "late"}
    accepted = together(shop, 10, "POST", REFUND, BARBER, json=form).count(200)
    assert accepted >= 2  # all ten, where nothing else runs
    assert refunded(shop) == 30.0 * accepted
    assert shop.ask("POST", REFUND, BARBER, json=form).status_code == 400


def test_refund_race_refuses_the_second_of_two_in_turn(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address, plants=(Plant.REFUND_RACE,))
    form = {"payment_id": paid(shop), "amount": 30, "reason": "late"}
    assert [shop.ask("POST", REFUND, BARBER, json=form).status_code for _ in range(2)] == [200, 400]
    assert refunded(shop) == 30.0


def test_refund_race_gives_the_kept_answer_to_a_key_sent_again(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address, plants=(Plant.REFUND_RACE,))
    form, key = {"payment_id": paid(shop), "amount": 30, "reason": "late"}, a_key()
    answers = [shop.ask("POST", REFUND, BARBER, json=form, headers=key) for _ in range(2)]
    assert answers[0].status_code == 200
    assert answers[0].content == answers[1].content


# One acknowledged write, kept


def bookings_kept(shop: Counterpart, count: int) -> int:
    """Make some bookings, all of them acknowledged; return how many are still there a moment later."""
    numbers = []
    for place in range(count):
        hour, barber_id = 9 + place % 8, place // 8 + 1
        answer = shop.book(f"{hour:02d}:00", barber_id=barber_id)
        assert answer.status_code == 200, answer.text
        numbers.append(answer.json()["id"])
    time.sleep(LOST_AFTER_S)
    for _ in range(3):
        shop.ask("GET", "/health")  # the event loop runs while it is asked only
        time.sleep(0.1)
    return [shop.ask("GET", f"{BOOK}{number}", CLIENT).status_code for number in numbers].count(200)


def test_lost_write_loses_one_of_the_first_10_bookings(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address, plants=(Plant.LOST_WRITE,))
    assert bookings_kept(shop, 12) == 11
    lost = shop.ask("GET", BOOK, ADMIN).json()
    assert lost["total"] == 11


def test_nothing_is_lost_unplanted(open_for_business: OpenShop, address: str) -> None:
    assert bookings_kept(open_for_business(address), 12) == 12


# One key, one answer


def test_key_sent_again_changes_nothing(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address)
    form, key = {"payment_id": paid(shop), "amount": 5, "reason": "late"}, a_key()
    assert together(shop, 6, "POST", REFUND, BARBER, json=form, headers=key) == [200] * 6
    assert refunded(shop) == 5.0


def test_refusal_is_kept_under_its_key(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address)
    form, key = {"payment_id": paid(shop), "amount": 31, "reason": "late"}, a_key()
    answers = [shop.ask("POST", REFUND, BARBER, json=form, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content == answers[1].content
    assert refunded(shop) == 0.0


def test_broken_idempotency_gives_back_again(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address, plants=(Plant.BROKEN_IDEMPOTENCY,))
    form, key = {"payment_id": paid(shop), "amount": 30, "reason": "late"}, a_key()
    answers = [shop.ask("POST", REFUND, BARBER, json=form, headers=key).json() for _ in range(2)]
    assert answers[0]["refund_id"] != answers[1]["refund_id"]
    assert refunded(shop) == 60.0


def test_broken_idempotency_begins_and_charges_again(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address, plants=(Plant.BROKEN_IDEMPOTENCY,))
    number, first, second = shop.book().json()["id"], a_key("intent"), a_key("confirm")
    intents = [intent_of(shop, number, **first) for _ in range(2)]
    assert intents[0]["payment_id"] != intents[1]["payment_id"]
    for _ in range(2):
        assert confirmed(shop, number, intents[0], **second).status_code == 200
    assert captured(shop) == (2, 60.0)


def test_broken_idempotency_leaves_requests_without_a_key_alone(open_for_business: OpenShop, address: str) -> None:
    shop = open_for_business(address, plants=(Plant.BROKEN_IDEMPOTENCY,))
    number = shop.book().json()["id"]
    assert len({intent_of(shop, number)["payment_id"] for _ in range(3)}) == 1
