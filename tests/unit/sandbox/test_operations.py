"""Operations: the rows of the route table."""

from collections import Counter

from sandbox.app import OPERATIONS
from sandbox.operation import Access
from sandbox.plants import Plant
from sandbox.routes.stripe import signature
from sandbox.timing import AT_ONCE

OPEN_TO_ANYONE = {
    "GET /appointments/slots",
    "GET /appointments/slots/next-available",
    "GET /barbers/",
    "GET /health",
    "DELETE /sandbox/instances/{id}",
    "DELETE /sandbox/plants/{name}",
    "GET /metrics",
    "GET /sandbox/instances",
    "GET /sandbox/log",
    "GET /sandbox/plants",
    "PUT /sandbox/instances/{id}",
    "PUT /sandbox/plants/{name}",
    "POST /appointments/guest",
    "POST /auth/login",
    "POST /auth/refresh",
    "POST /auth/register-client",
    "POST /payments/gift-certificates/validate",
    "POST /webhooks/stripe",
}


def test_no_two_operations_have_the_same_name_or_route() -> None:
    assert max(Counter(operation.name for operation in OPERATIONS).values()) == 1
    assert max(Counter((operation.method, operation.path) for operation in OPERATIONS).values()) == 1


def test_names_leave_out_the_prefix_and_its_double() -> None:
    names = {operation.name for operation in OPERATIONS}
    assert {"GET /google-calendar/events", "PUT /appointments/{id}/cancel", "GET /calendar/status"} <= names
    assert not any("/api/v2" in name for name in names)


def test_every_other_operation_needs_a_token() -> None:
    anyone = {operation.name for operation in OPERATIONS if operation.access is Access.ANYONE}
    assert {name for name in anyone if "/api/v1/health/" not in name} == OPEN_TO_ANYONE


def test_controls_and_health_are_left_alone_by_plants_and_take_no_time() -> None:
    unfailing = {operation.name for operation in OPERATIONS if operation.is_unfailing}
    assert unfailing == AT_ONCE
    assert {name for name in unfailing if "/sandbox/" not in name} == {"GET /health", "GET /metrics"}


def test_whatever_books_races_where_a_race_is_planted() -> None:
    races = {operation.name: operation.race for operation in OPERATIONS if operation.race is not None}
    assert races == {
        "POST /appointments/": Plant.DOUBLE_BOOKING_RACE,
        "POST /appointments/guest": Plant.DOUBLE_BOOKING_RACE,
        "POST /appointments/{id}/reschedule": Plant.DOUBLE_BOOKING_RACE,
        "POST /payments/create-intent": Plant.DOUBLE_CHARGE,
        "POST /payments/refund": Plant.REFUND_RACE,
    }


def test_whatever_moves_money_is_idempotent() -> None:
    names = {operation.name for operation in OPERATIONS if operation.idempotent}
    assert names == {"POST /payments/create-intent", "POST /payments/confirm", "POST /payments/refund"}


def test_signature_is_the_one_stripe_makes() -> None:
    # echo -n '1700000000.{}' | openssl dgst -sha256 -hmac whsec_sandbox
    expected = "e2ad7c8efc4f466b07d198eb3d3ddca6cb1c14eed72205ab16b9816c682df3e4"
    assert signature("whsec_sandbox", b"{}", 1_700_000_000) == expected
