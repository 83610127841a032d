"""The contract: every route answers in the shape of the real system's description (openapi.json, the part served here)."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sandbox.app import OPERATIONS
from sandbox.operation import Operation
from sandbox.routes.stripe import signature
from tests.integration.sandbox.conftest import ADMIN, API, BARBER, CLIENT, TOMORROW, Counterpart

pytestmark = pytest.mark.integration

DESCRIPTION: dict[str, Any] = json.loads((Path(__file__).parent / "openapi.json").read_text())
ONLY_HERE = {operation.name for operation in OPERATIONS if operation.is_control or operation.path == "/metrics"}
SPAN = {"start_date": f"{TOMORROW}T00:00:00", "end_date": f"{TOMORROW}T23:59:59"}
GUEST = {"first_name": "Guest", "last_name": "One", "email": "guest@sandbox.example", "phone": "+1 555 0100"}
NEW_CLIENT = {"email": "new@sandbox.example", "first_name": "New", "last_name": "Client", "password": "long enough"}
GIFT = {"amount": 50, "purchaser_name": "Someone", "purchaser_email": "someone@sandbox.example"}


def test_every_answer_has_the_shape_described(shop: Counterpart) -> None:
    answers = every_answer(shop)
    assert set(answers) == {operation.name for operation in OPERATIONS} - ONLY_HERE
    for operation in OPERATIONS:
        if operation.name not in ONLY_HERE:
            schema = {**answer_schema(operation), "components": DESCRIPTION["components"]}
            jsonschema.Draft202012Validator(schema).validate(answers[operation.name])


def test_validation_errors_have_the_shape_described(shop: Counterpart) -> None:
    schema = {"$ref": "#/components/schemas/HTTPValidationError", "components": DESCRIPTION["components"]}
    for operation in OPERATIONS:
        if operation.body is None or operation.body.__name__ == "CalendarSettings":
            continue  # all of the settings have defaults
        answer = shop.ask(operation.method, operation.template.replace("{id}", "1"), ADMIN, json={})
        assert answer.status_code == 422, operation.name
        jsonschema.Draft202012Validator(schema).validate(answer.json())
        assert {"type", "loc", "msg", "input"} == set(answer.json()["detail"][0])


def test_path_without_its_slash_is_redirected(shop: Counterpart) -> None:
    for path in ("services", "barbers", "appointments"):
        answer = shop.ask("GET", f"{API}/{path}", CLIENT)
        assert (answer.status_code, answer.headers["location"]) == (307, f"http://sandbox{API}/{path}/")


def test_unknown_path_and_wrong_method_answer_in_the_error_shape(shop: Counterpart) -> None:
    for method, path, status in (("GET", "/nothing", 404), ("DELETE", f"{API}/auth/login", 405)):
        answer = shop.ask(method, path)
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"type", "message"}


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40])
def test_number_that_no_column_holds_is_refused_not_failed(shop: Counterpart, number: int) -> None:
    assert shop.ask("GET", f"{API}/appointments/{abs(number)}", CLIENT).status_code == 404
    intent = shop.ask("POST", f"{API}/payments/create-intent", CLIENT, content=f'{{"booking_id": {number}}}')
    assert intent.status_code == 422
    looked = shop.ask("GET", f"{API}/appointments/slots?appointment_date={TOMORROW}&barber_id={number}")
    assert looked.status_code == 422


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"booking_id": "\\ud800"}', b"9" * 2_000])
def test_body_that_is_no_form_is_refused_not_failed(shop: Counterpart, body: bytes) -> None:
    assert shop.ask("POST", f"{API}/payments/create-intent", CLIENT, content=body).status_code == 422


def test_body_that_is_too_long_is_refused(shop: Counterpart) -> None:
    assert shop.ask("POST", f"{API}/auth/login", content=b" " * 1_000_001).status_code == 413


def test_metrics_are_in_prometheus_form(shop: Counterpart) -> None:
    shop.free_times()
    answer = shop.ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    route = 'method="GET",route="/api/v2/appointments/slots",status_class="2xx"'
    assert f"http_request_duration_seconds_count{{{route}}} 1" in answer.text.splitlines()
    for line in answer.text.splitlines():
        assert line.startswith("# ") or float(line.rpartition(" ")[2]) >= 0


def answer_schema(operation: Operation) -> dict[str, Any]:
    found = DESCRIPTION["paths"][operation.template][operation.method.lower()]["responses"]["200"]
    schema: dict[str, Any] = found["content"]["application/json"]["schema"]
    return schema


def every_answer(shop: Counterpart) -> dict[str, Any]:
    """Return one successful answer of each operation, by its name."""
    answers: dict[str, Any] = {}
    by_name = {operation.name: operation for operation in OPERATIONS}

    def ask(name: str, who: str | None = None, number: int | None = None, **sent: Any) -> Any:
        operation = by_name[name]
        answer = shop.ask(operation.method, operation.template.replace("{id}", str(number)), who, **sent)
        assert answer.status_code == 200, (name, answer.text)
        answers[name] = answer.json()
        return answers[name]

    for part in ("", "detailed", "database", "redis", "dependencies"):
        ask(f"GET /api/v1/health/{part}")
    ask("GET /health")
    looking_and_booking(ask)
    paying(ask, shop)
    calendars(ask)
    return answers


def looking_and_booking(ask: Any) -> None:
    tokens = ask("POST /auth/login", json={"email": "client00001@sandbox.example", "password": "sandbox"})
    ask("POST /auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    ask("POST /auth/register-client", json=NEW_CLIENT)
    ask("GET /auth/me", BARBER)
    ask("GET /services/", CLIENT)
    ask("GET /barbers/")
    ask("GET /appointments/slots", params={"appointment_date": TOMORROW})
    ask("GET /appointments/slots/next-available")
    wish = {"date": TOMORROW, "time": "10:00", "service": "Haircut"}
    ask("POST /appointments/guest", json={**wish, "guest_info": GUEST})
    moved = ask("POST /appointments/", CLIENT, json={**wish, "barber_id": 1, "time": "11:00"})["id"]
    ask("POST /appointments/{id}/reschedule", CLIENT, moved, json={"date": TOMORROW, "time": "12:00"})
    ask("PUT /appointments/{id}/cancel", CLIENT, moved)
    ask("POST /appointments/", CLIENT, json={**wish, "barber_id": 1, "time": "13:00"})
    ask("GET /appointments/", CLIENT)
    ask("GET /appointments/{id}", CLIENT, moved)
    days = {"start_date": TOMORROW, "end_date": TOMORROW}
    ask("GET /barber-availability/schedule/{id}", BARBER, 1, params=days)


def paying(ask: Any, shop: Counterpart) -> None:
    booking_id = shop.book("14:00").json()["id"]
    intent = ask("POST /payments/create-intent", CLIENT, json={"booking_id": booking_id})
    confirmation = {"booking_id": booking_id, "payment_intent_id": intent["payment_intent_id"]}
    ask("POST /payments/confirm", CLIENT, json=confirmation)
    ask("GET /payments/history", CLIENT)
    ask("POST /payments/refund", BARBER, json={"payment_id": intent["payment_id"], "amount": 5, "reason": "late"})
    code = ask("POST /payments/gift-certificates", CLIENT, json=GIFT)["code"]
    ask("GET /payments/gift-certificates", CLIENT)
    ask("POST /payments/gift-certificates/validate", json={"code": code})
    event = {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_unknown"}}}
    body, moment = json.dumps(event).encode(), int(shop.clock())
    header = f"t={moment},v1={signature('whsec_sandbox', body, moment)}"
    ask("POST /webhooks/stripe", content=body, headers={"Stripe-Signature": header})


def calendars(ask: Any) -> None:
    for part in ("status", "list", "sync-status"):
        ask(f"GET /calendar/{part}", BARBER)
    ask("GET /calendar/free-busy", BARBER, params=SPAN)
    ask("GET /calendar/availability", BARBER, params={"start_time": SPAN["start_date"], "end_time": SPAN["end_date"]})
    ask("POST /calendar/sync-appointments", BARBER, json=SPAN)
    ask("POST /calendar/bulk-sync", BARBER, json=SPAN)
    ask("POST /calendar/validate", BARBER)
    ask("POST /calendar/sync-appointment/{id}", BARBER, 1)
    ask("POST /calendar/check-conflicts/{id}", BARBER, 1)
    settings = ask("GET /google-calendar/settings", BARBER)
    ask("PUT /google-calendar/settings", BARBER, json=settings)
    for part in ("connect", "status", "sync-logs"):
        ask(f"GET /google-calendar/{part}", BARBER)
    ask("GET /google-calendar/events", BARBER, params=SPAN)
    ask("POST /google-calendar/sync", BARBER)
