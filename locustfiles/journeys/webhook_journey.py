"""Stripe: tells the shop that a payment came in, signed as https://docs.stripe.com/webhooks#verify-manually has it."""

import hashlib
import hmac
import json
import time
from typing import Any

from loadgen.visit import Reply, Visit
from locustfiles.api.shop_api import ShopApi
from locustfiles.journeys.recent_payments import RECENT, RecentPayment
from locustfiles.journeys.second_try import with_second_try
from records.ledger import Write

PAYMENT_SUCCEEDED = "payment_intent.succeeded"


def stripe_webhook(visit: Visit) -> None:
    """Tell of one payment; Stripe repeats an event that was not taken. Without a secret there is nothing to sign with."""
    if visit.webhook_secret is None:
        return
    visit.client = "stripe"
    payment = RECENT[-1] if RECENT else None
    event = payment_event(visit, payment)
    with_second_try(visit, lambda: deliver(visit, ShopApi(visit), event, payment))


def deliver(visit: Visit, api: ShopApi, event: dict[str, Any], payment: RecentPayment | None) -> Reply:
    """Send one event; the signature is of this very moment, as Stripe signs each delivery anew."""
    assert visit.webhook_secret is not None
    body = json.dumps(event, separators=(",", ":")).encode()
    reply = api.stripe_event(body, signature(visit.webhook_secret, body, int(time.time())))
    visit.enter(
        Write.WEBHOOK,
        reply,
        payment_id=None if payment is None else payment.payment_id,
        key=event["id"],
        reference=event["data"]["object"]["id"],
    )
    return reply


def payment_event(visit: Visit, payment: RecentPayment | None) -> dict[str, Any]:
    """Return an event about a payment made lately, or about one that the shop has never heard of."""
    unique = f"{visit.rng.getrandbits(96):024x}"
    intent_id = f"pi_unknown_{unique}" if payment is None else payment.payment_intent_id
    metadata = {} if payment is None else {"booking_id": str(payment.appointment_id)}
    return {
        "id": f"evt_{unique}",
        "object": "event",
        "type": PAYMENT_SUCCEEDED,
        "created": int(time.time()),
        "data": {
            "object": {
                "id": intent_id,
                "object": "payment_intent",
                "status": "succeeded",
                "currency": "usd",
                "amount": 3000 if payment is None else payment.amount_cents,
                "metadata": metadata,
            }
        },
    }


def signature(secret: str, body: bytes, unix_s: int) -> str:
    """Return the header `Stripe-Signature`: HMAC-SHA256 of "<time>.<body>"."""
    digest = hmac.new(secret.encode(), f"{unix_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={unix_s},v1={digest}"
