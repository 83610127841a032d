"""Operations: the rows of the route table."""

from collections import Counter

from sandbox.app import OPERATIONS
from sandbox.operation import Access
from sandbox.routes.stripe import signature

OPEN_TO_ANYONE = {
    "GET /appointments/slots",
    "GET /appointments/slots/next-available",
    "GET /barbers/",
    "GET /health",
    "GET /metrics",
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


def test_whatever_moves_money_is_idempotent() -> None:
    names = {operation.name for operation in OPERATIONS if operation.idempotent}
    assert names == {"POST /payments/create-intent", "POST /payments/confirm", "POST /payments/refund"}


def test_signature_is_the_one_stripe_makes() -> None:
    # echo -n '1700000000.{}' | openssl dgst -sha256 -hmac whsec_sandbox
    expected = "e2ad7c8efc4f466b07d198eb3d3ddca6cb1c14eed72205ab16b9816c682df3e4"
    assert signature("whsec_sandbox", b"{}", 1_700_000_000) == expected
