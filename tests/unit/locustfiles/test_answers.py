from typing import Any

import pytest

from locustfiles.api import refusals
from locustfiles.api.answers import (
    appointment_of,
    appointments_of,
    barber_ids_of,
    cents_of,
    free_times_of,
    guest_appointment_of,
    intent_of,
    message_of,
    paid_payments_of,
)
from tests.unit.locustfiles.conftest import reply_of


@pytest.mark.parametrize("body", [None, [], "text", 7, {}, {"id": "seven"}, {"slots": 7}, {"payments": None}])
def test_an_answer_of_another_type_is_nothing_and_no_exception(body: Any) -> None:
    assert appointment_of(body) is None
    assert guest_appointment_of(body) is None
    assert intent_of(body) is None
    assert appointments_of(body) == []
    assert barber_ids_of(body) == []
    assert free_times_of(body) == []
    assert paid_payments_of(body) == []


@pytest.mark.parametrize(("dollars", "cents"), [(30, 3000), (19.99, 1999), (0.29, 29), (None, None), ("30", None)])
def test_dollars_become_whole_cents(dollars: object, cents: int | None) -> None:
    assert cents_of(dollars) == cents


def test_a_payment_given_back_is_not_given_back_again() -> None:
    payments = [
        {"id": 1, "amount": 30.0, "status": "completed"},
        {"id": 2, "amount": 30.0, "status": "refunded"},
        {"id": "3", "amount": 25.0, "status": "succeeded"},
        {"id": 4, "amount": 0, "status": "completed"},
    ]
    assert [(paid.payment_id, paid.amount_cents) for paid in paid_payments_of({"payments": payments})] == [
        (1, 3000),
        (3, 2500),
    ]


def test_messages_are_found_in_both_forms_of_an_error() -> None:
    assert message_of({"error": {"type": "http", "message": "Already Booked"}}) == "already booked"
    assert message_of({"detail": "Already Booked"}) == "already booked"
    assert message_of(None, "Already Booked") == "already booked"


@pytest.mark.parametrize(
    "message",
    [
        "Barber is not available at 17:00 on 2026-11-26",
        "No barbers available at 17:00",
        "This time slot is already booked",
        "Booking must be at least 15 minutes in advance",
    ],
)
def test_the_shops_ways_to_say_that_a_slot_is_lost(message: str) -> None:
    assert refusals.slot_is_lost(reply_of(400, {"error": {"type": "http", "message": message}}))


def test_a_bad_request_with_another_message_is_no_lost_slot() -> None:
    assert not refusals.slot_is_lost(reply_of(400, {"detail": "Cannot book past dates"}))
    assert not refusals.slot_is_lost(reply_of(422, {"detail": "not available"}))
