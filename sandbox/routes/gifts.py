"""Gift certificates: bought and looked at."""

import datetime
from typing import Any

from sandbox.cells import moment_of
from sandbox.deliveries import EMAIL
from sandbox.forms import GiftCode, GiftPurchase
from sandbox.operation import Access, Call, Operation
from sandbox.refusal import not_found
from sandbox.store.gifts import Gift

DAYS_A_MONTH = 30


def buy(call: Call) -> dict[str, Any]:
    """Sell a certificate."""
    form, gifts = call.form(GiftPurchase), call.shop.store.gifts
    begin = call.moment
    days = datetime.timedelta(days=DAYS_A_MONTH * form.validity_months)
    code = f"GIFT-{call.shop.references.getrandbits(48):012X}"
    cents = max(1, round(form.amount * 100))
    gifts.add(
        Gift(
            id=0,
            code=code,
            owner_id=call.user.id,
            amount_cents=cents,
            balance_cents=cents,
            purchaser_name=form.purchaser_name,
            purchaser_email=form.purchaser_email,
            recipient_name=form.recipient_name,
            recipient_email=form.recipient_email,
            message=form.message,
            valid_from=moment_of(begin),
            valid_until=moment_of(begin + days.total_seconds()),
            used_at=None,
        )
    )
    sold = gifts.by_code(code)
    assert sold is not None
    call.messages = (EMAIL,)
    return _shown(sold)


def owned(call: Call) -> list[dict[str, Any]]:
    """Return the certificates that the user bought."""
    return [_shown(gift) for gift in call.shop.store.gifts.of_owner(call.user.id)]


def validate(call: Call) -> dict[str, Any]:
    """Tell what a code is worth."""
    gift = call.shop.store.gifts.by_code(call.form(GiftCode).code)
    if gift is None:
        raise not_found("Gift certificate")
    valid = gift.balance_cents > 0 and gift.valid_until >= moment_of(call.moment)
    return {"valid": valid, "code": gift.code, "balance": gift.balance_cents / 100, "valid_until": gift.valid_until}


def _shown(gift: Gift) -> dict[str, Any]:
    return {
        "id": gift.id,
        "code": gift.code,
        "amount": gift.amount_cents / 100,
        "balance": gift.balance_cents / 100,
        "status": "active" if gift.balance_cents else "used",
        "purchaser_name": gift.purchaser_name,
        "purchaser_email": gift.purchaser_email,
        "recipient_name": gift.recipient_name,
        "recipient_email": gift.recipient_email,
        "message": gift.message,
        "valid_from": gift.valid_from,
        "valid_until": gift.valid_until,
        "created_at": gift.valid_from,
        "used_at": gift.used_at,
    }


OPERATIONS = (
    Operation("POST", "/api/v2/payments/gift-certificates", buy, body=GiftPurchase),
    Operation("GET", "/api/v2/payments/gift-certificates", owned),
    Operation("POST", "/api/v2/payments/gift-certificates/validate", validate, Access.ANYONE, body=GiftCode),
)
