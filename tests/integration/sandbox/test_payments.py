"""Payments: captured at most once, given back at most in full, the same answer to the same key."""

import json
import uuid
from typing import Any

import httpx
import pytest

from sandbox.routes.stripe import signature
from tests.integration.sandbox.conftest import ADMIN, API, BARBER, CLIENT, OTHER_CLIENT, Counterpart, OpenShop

pytestmark = pytest.mark.integration

INTENT, CONFIRM, REFUND = (f"{API}/payments/{part}" for part in ("create-intent", "confirm", "refund"))
HISTORY, GIFTS, WEBHOOK = f"{API}/payments/history", f"{API}/payments/gift-certificates", f"{API}/webhooks/stripe"


def a_key(prefix: str = "intent") -> dict[str, str]:
    return {"Idempotency-Key": f"{prefix}_{uuid.uuid4()}"}


def begun(shop: Counterpart, booking_id: int) -> dict[str, Any]:
    intent: dict[str, Any] = shop.ask("POST", INTENT, CLIENT, json={"booking_id": booking_id}).json()
    return intent


def completed(shop: Counterpart) -> int:
    return int(shop.ask("GET", HISTORY, ADMIN, params={"status": "completed"}).json()["total"])


def test_paid_appointment_is_confirmed(shop: Counterpart) -> None:
    number = shop.book().json()["id"]
    assert shop.pay(number).json()["amount_charged"] == 30.0
    assert shop.ask("GET", f"{API}/appointments/{number}", CLIENT).json()["status"] == "confirmed"
    history = shop.ask("GET", HISTORY, CLIENT).json()
    assert (history["total"], history["total_paid"], history["payments"][0]["status"]) == (1, 30.0, "completed")


def test_ten_intents_at_once_are_one_payment(open_for_business: OpenShop) -> None:
    shop = open_for_business(fast=False, service_factor=0.1)
    number = shop.book().json()["id"]
    answers = shop.ask_together([("POST", INTENT, CLIENT, {"json": {"booking_id": number}})] * 10)
    assert len({answer.json()["payment_id"] for answer in answers}) == 1


def test_ten_confirmations_at_once_capture_once(open_for_business: OpenShop) -> None:
    shop = open_for_business(fast=False, service_factor=0.1)
    number = shop.book().json()["id"]
    form = {"booking_id": number, "payment_intent_id": begun(shop, number)["payment_intent_id"]}
    answers = shop.ask_together([("POST", CONFIRM, CLIENT, {"json": form})] * 10)
    assert {answer.text for answer in answers} == {answers[0].text}
    history = shop.ask("GET", HISTORY, CLIENT).json()
    assert (history["total"], history["total_paid"]) == (1, 30.0)


def test_ten_full_refunds_at_once_give_back_once(open_for_business: OpenShop) -> None:
    shop = open_for_business(fast=False, service_factor=0.1)
    payment_id = shop.pay(shop.book().json()["id"]).json()["payment_id"]
    form = {"payment_id": payment_id, "amount": 30, "reason": "late"}
    answers = shop.ask_together([("POST", REFUND, BARBER, {"json": form})] * 10)
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 9


def test_refunds_together_never_exceed_the_payment(shop: Counterpart) -> None:
    payment_id = shop.pay(shop.book().json()["id"]).json()["payment_id"]
    amounts = (20.0, 10.01, 10.0, 0.01)
    form = {"payment_id": payment_id, "reason": "late"}
    answers = [shop.ask("POST", REFUND, BARBER, json={**form, "amount": amount}) for amount in amounts]
    assert [answer.status_code for answer in answers] == [200, 400, 200, 400]
    shown = shop.ask("GET", HISTORY, CLIENT).json()["payments"][0]
    assert (shown["status"], shown["refunded_amount"]) == ("refunded", 30.0)


def test_payment_not_completed_is_not_refunded(shop: Counterpart) -> None:
    payment_id = begun(shop, shop.book().json()["id"])["payment_id"]
    form = {"payment_id": payment_id, "amount": 5, "reason": "late"}
    assert shop.ask("POST", REFUND, BARBER, json=form).status_code == 400


def test_client_refunds_nothing(shop: Counterpart) -> None:
    payment_id = shop.pay(shop.book().json()["id"]).json()["payment_id"]
    form = {"payment_id": payment_id, "amount": 5, "reason": "late"}
    assert shop.ask("POST", REFUND, CLIENT, json=form).status_code == 403


def test_same_key_and_body_get_the_same_answer(shop: Counterpart) -> None:
    payment_id = shop.pay(shop.book().json()["id"]).json()["payment_id"]
    form, headers = {"payment_id": payment_id, "amount": 5, "reason": "late"}, a_key("refund")
    answers = [shop.ask("POST", REFUND, BARBER, json=form, headers=headers) for _ in range(2)]
    assert answers[0].status_code == 200
    assert answers[0].content == answers[1].content
    assert shop.ask("GET", HISTORY, CLIENT).json()["payments"][0]["refunded_amount"] == 5.0


def test_same_key_at_once_acts_once(open_for_business: OpenShop) -> None:
    shop = open_for_business(fast=False, service_factor=0.1)
    payment_id = shop.pay(shop.book().json()["id"]).json()["payment_id"]
    form, headers = {"payment_id": payment_id, "amount": 5, "reason": "late"}, a_key("refund")
    answers = shop.ask_together([("POST", REFUND, BARBER, {"json": form, "headers": headers})] * 10)
    assert {answer.content for answer in answers} == {answers[0].content}
    assert shop.ask("GET", HISTORY, CLIENT).json()["payments"][0]["refunded_amount"] == 5.0


def test_same_key_with_another_body_is_refused(shop: Counterpart) -> None:
    first, second = (shop.book(time).json()["id"] for time in ("10:00", "11:00"))
    headers = a_key()
    assert shop.ask("POST", INTENT, CLIENT, json={"booking_id": first}, headers=headers).status_code == 200
    assert shop.ask("POST", INTENT, CLIENT, json={"booking_id": second}, headers=headers).status_code == 400


@pytest.mark.parametrize(
    "key", ["abc", "intent_123", str(uuid.UUID(int=0, version=4)), f"intent_{uuid.UUID(int=0, version=1)}"]
)
def test_key_of_another_form_is_refused(shop: Counterpart, key: str) -> None:
    number = shop.book().json()["id"]
    answer = shop.ask("POST", INTENT, CLIENT, json={"booking_id": number}, headers={"Idempotency-Key": key})
    assert answer.status_code == 400


def test_declined_card_is_refused_and_another_card_pays(shop: Counterpart) -> None:
    number = shop.book().json()["id"]
    declined = shop.pay(number, **{"X-Test-Card": "declined"})
    assert declined.status_code == 400
    assert declined.json() == {"error": {"type": "card_error", "message": "Your card was declined"}}
    assert completed(shop) == 0
    assert shop.pay(number).status_code == 200


def test_declined_card_is_declined_again_for_the_same_key(shop: Counterpart) -> None:
    number, headers = shop.book().json()["id"], a_key("confirm")
    assert shop.pay(number, **headers, **{"X-Test-Card": "declined"}).status_code == 400
    assert shop.pay(number, **headers).status_code == 400
    assert shop.pay(number, **a_key("confirm")).status_code == 200


def test_paid_or_cancelled_booking_is_not_begun_again(shop: Counterpart) -> None:
    paid, cancelled = (shop.book(time).json()["id"] for time in ("10:00", "11:00"))
    shop.pay(paid)
    shop.ask("PUT", f"{API}/appointments/{cancelled}/cancel", CLIENT)
    for number, said in ((paid, "already paid"), (cancelled, "cancelled")):
        answer = shop.ask("POST", INTENT, CLIENT, json={"booking_id": number})
        assert answer.status_code == 400
        assert said in answer.json()["error"]["message"]


def test_booking_of_someone_else_is_not_found(shop: Counterpart) -> None:
    number = shop.book(who=CLIENT).json()["id"]
    assert shop.ask("POST", INTENT, OTHER_CLIENT, json={"booking_id": number}).status_code == 404


def test_eleventh_payment_in_a_day_is_blocked_with_a_500(shop: Counterpart) -> None:
    times = shop.free_times(barber_id=1)[:11]
    answers: list[httpx.Response] = []
    for time in times:
        number = shop.book(time).json()["id"]
        answers.append(shop.ask("POST", INTENT, CLIENT, json={"booking_id": number}))
    assert [answer.status_code for answer in answers] == [200] * 10 + [500]
    shop.clock.unix_s += 24 * 3600 + 1
    shop.forget_tokens()
    number = shop.book("17:00", date="2026-11-28").json()["id"]
    assert shop.ask("POST", INTENT, CLIENT, json={"booking_id": number}).status_code == 200


def test_gift_certificate_pays_its_part_and_is_used_up(shop: Counterpart) -> None:
    form = {"amount": 40, "purchaser_name": "Someone", "purchaser_email": "someone@sandbox.example"}
    code = shop.ask("POST", GIFTS, CLIENT, json=form).json()["code"]
    charged = []
    for time in ("10:00", "11:00"):
        number = shop.book(time).json()["id"]
        wish = {"booking_id": number, "gift_certificate_code": code}
        intent = shop.ask("POST", INTENT, CLIENT, json=wish).json()
        confirmation = {"booking_id": number, "payment_intent_id": intent["payment_intent_id"]}
        paid = shop.ask("POST", CONFIRM, CLIENT, json=confirmation).json()
        charged.append((paid["amount_charged"], paid["gift_certificate_used"]))
    assert charged == [(0.0, 30.0), (20.0, 10.0)]
    assert shop.ask("POST", f"{GIFTS}/validate", json={"code": code}).json()["valid"] is False


def test_gift_certificate_is_not_spent_twice(shop: Counterpart) -> None:
    form = {"amount": 30, "purchaser_name": "Someone", "purchaser_email": "someone@sandbox.example"}
    code = shop.ask("POST", GIFTS, CLIENT, json=form).json()["code"]
    numbers = [shop.book(time).json()["id"] for time in ("10:00", "11:00")]
    for number in numbers:
        shop.ask("POST", INTENT, CLIENT, json={"booking_id": number, "gift_certificate_code": code})
    answers = [
        shop.ask("POST", CONFIRM, CLIENT, json={"booking_id": number, "payment_intent_id": None}) for number in numbers
    ]
    assert [answer.status_code for answer in answers] == [200, 400]


def test_history_shows_a_barber_the_own_work_only(shop: Counterpart) -> None:
    shop.pay(shop.book(barber_id=1).json()["id"])
    shop.pay(shop.book("11:00", barber_id=2).json()["id"])
    assert shop.ask("GET", HISTORY, BARBER, params={"barber_id": 1}).json()["total"] == 1
    assert shop.ask("GET", HISTORY, BARBER, params={"barber_id": 2}).status_code == 403
    assert shop.ask("GET", HISTORY, ADMIN).json()["total"] == 2


def stripe_says(shop: Counterpart, intent_id: str, *, secret: str = "whsec_sandbox", age_s: int = 0) -> httpx.Response:
    event = {"id": f"evt_{intent_id}", "type": "payment_intent.succeeded", "data": {"object": {"id": intent_id}}}
    body, moment = json.dumps(event).encode(), int(shop.clock()) - age_s
    header = f"t={moment},v1={signature(secret, body, moment)}"
    return shop.ask("POST", WEBHOOK, content=body, headers={"Stripe-Signature": header})


def test_signed_event_captures_a_payment_once(shop: Counterpart) -> None:
    number = shop.book().json()["id"]
    intent_id = begun(shop, number)["payment_intent_id"]
    answers = [stripe_says(shop, intent_id).json() for _ in range(2)]
    assert [answer["duplicate"] for answer in answers] == [False, True]
    assert completed(shop) == 1
    assert shop.ask("GET", f"{API}/appointments/{number}", CLIENT).json()["status"] == "confirmed"


def test_event_without_a_good_signature_is_refused(shop: Counterpart) -> None:
    assert shop.ask("POST", WEBHOOK, content=b"{}").status_code == 400
    assert shop.ask("POST", WEBHOOK, content=b"{}", headers={"Stripe-Signature": "t=x,v1=y"}).status_code == 400
    assert stripe_says(shop, "pi_1", secret="whsec_other").status_code == 400
    assert stripe_says(shop, "pi_1", age_s=301).status_code == 400
