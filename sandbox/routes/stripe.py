"""Stripe: tells of payments with signed events (https://docs.stripe.com/webhooks#verify-manually)."""

import hashlib
import hmac
from typing import Any

import orjson

from sandbox.operation import Access, Call, Operation
from sandbox.refusal import bad_request

TOLERANCE_S = 300.0
PAYMENT_SUCCEEDED = "payment_intent.succeeded"


def stripe_event(call: Call) -> dict[str, Any]:
    """Take an event; one that was taken before changes nothing."""
    _check_signature(call)
    event_id, kind, intent_id = _event(call.raw)
    store = call.shop.store
    with store.database.transaction():
        if not store.stripe_events.take(event_id, kind):
            return {"status": "success", "duplicate": True}
        if kind == PAYMENT_SUCCEEDED:
            payment = store.payments.by_intent(intent_id)
            if payment is not None:
                store.appointments.by_id(payment.appointment_id, for_update=True)  # first, as confirm locks it
            if payment is not None and payment.gift_code is None and store.payments.capture(payment.id):
                store.appointments.confirm(payment.appointment_id)
    return {"status": "success", "duplicate": False}


def signature(secret: str, body: bytes, unix_s: int) -> str:
    """Return the hexadecimal HMAC-SHA256 of "<time>.<body>"."""
    return hmac.digest(secret.encode(), f"{unix_s}.".encode() + body, hashlib.sha256).hex()


def _check_signature(call: Call) -> None:
    header = call.request.headers.get("stripe-signature")
    if header is None:
        raise bad_request("Missing Stripe-Signature header")
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    moment, given = parts.get("t", ""), parts.get("v1", "")
    if not (moment.isascii() and moment.isdigit() and given.isascii()):
        raise bad_request("Invalid signature")
    if not hmac.compare_digest(signature(call.shop.options.webhook_secret, call.raw, int(moment)), given):
        raise bad_request("Invalid signature")
    if abs(call.moment - int(moment)) > TOLERANCE_S:
        raise bad_request("Timestamp outside the tolerance zone")


def _event(raw: bytes) -> tuple[str, str, str]:
    """Return the event's id, its type and the id of what it is about; raise a 400 where it is no event."""
    try:
        event = orjson.loads(raw)
        return str(event["id"]), str(event["type"]), str(event["data"]["object"]["id"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise bad_request("Invalid payload") from error


OPERATIONS = (Operation("POST", "/api/v2/webhooks/stripe", stripe_event, Access.ANYONE),)
