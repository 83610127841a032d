"""Payments: begun, confirmed, given back. Stripe is behind them; its time is modelled."""

from typing import Any

from sandbox.cells import moment_of
from sandbox.charges import BEGUN, charged_again, copy_of, new_intent, repeats
from sandbox.deliveries import EMAIL
from sandbox.forms import Confirmation, HistoryQuery, Intent, Refund
from sandbox.operation import Access, Call, Operation
from sandbox.plants import Plant
from sandbox.refusal import bad_request, not_allowed, not_found, refused
from sandbox.routes.appointments import appointment_for
from sandbox.store import Store
from sandbox.store.appointments import CANCELLED
from sandbox.store.payments import COMPLETED, PENDING, REFUNDED, Payment
from sandbox.store.users import BARBER, CLIENT

DAY_S = 24 * 3600.0
PAYMENTS_A_DAY = 10
ALIKE_PAYMENTS = 3
DECLINED_CARD = "declined"


def create_intent(call: Call) -> dict[str, Any]:
    """Begin to pay for an appointment; one that was begun before is returned again."""
    form, store = call.form(Intent), call.shop.store
    appointment = appointment_for(call, form.booking_id, for_update=True)
    if appointment.status == CANCELLED:
        raise bad_request("A cancelled appointment cannot be paid")
    begun = call.seen(BEGUN, lambda: store.payments.of_appointment(appointment.id))
    if begun is not None:
        if begun.status != PENDING:
            raise bad_request("Booking is already paid")
        return _intent(begun)
    _refuse_fraud(call)
    gift_cents = _gift_cents(call, form.gift_certificate_code, appointment.price_cents)
    fully_gifted = gift_cents == appointment.price_cents
    number = store.payments.begin(
        appointment,
        call.user.id,
        intent_id=None if fully_gifted else new_intent(call),
        gift_cents=gift_cents,
        gift_code=form.gift_certificate_code if gift_cents else None,
        unix_s=call.moment,
        copy=copy_of(call),
    )
    payment = store.payments.by_id(number)
    assert payment is not None
    return _intent(payment)


def confirm(call: Call) -> dict[str, Any]:
    """Pay with a card. The sandbox declines the one that the header `X-Test-Card` calls declined."""
    form, store = call.form(Confirmation), call.shop.store
    appointment = appointment_for(call, form.booking_id, for_update=True)
    payment = _payment_for(store, appointment.id, form.payment_intent_id)
    if payment.status == COMPLETED:
        return _confirmed(charged_again(call, appointment, payment) if repeats(call) else payment)
    if payment.status != PENDING:
        raise bad_request("Booking is already paid")
    if appointment.status == CANCELLED:
        raise bad_request("A cancelled appointment cannot be paid")
    if call.request.headers.get("x-test-card") == DECLINED_CARD:
        raise refused(400, "card_error", "Your card was declined")
    _capture(call, payment)
    store.appointments.confirm(appointment.id)
    call.messages = (EMAIL,)
    return _confirmed(payment)


def refund(call: Call) -> dict[str, Any]:
    """Give back, at most what was taken."""
    form, store = call.form(Refund), call.shop.store
    payment = store.payments.by_id(form.payment_id)
    if payment is None:
        raise not_found("Payment")
    if payment.status == PENDING:
        raise bad_request("Payment was not completed: nothing to refund")
    cents = round(form.amount * 100)
    if cents < 1 or not store.payments.refund(payment.id, cents, unguarded=call.unguarded):
        payment = store.payments.by_id(payment.id) or payment  # it may have changed since
        if payment.status == REFUNDED:
            raise bad_request("Payment is already refunded")
        left = (payment.amount_cents - payment.refunded_cents) / 100
        raise bad_request(f"Refund amount exceeds what is left of the payment (${left:.2f})")
    at = moment_of(call.moment)
    stripe_id = f"re_{call.shop.references.getrandbits(96):024x}"
    number = store.payments.note_refund(payment.id, cents, form.reason, stripe_id, call.user.id, at)
    return {
        "id": number,
        "refund_id": number,
        "payment_id": payment.id,
        "amount": cents / 100,
        "reason": form.reason,
        "status": "completed",
        "stripe_refund_id": stripe_id,
        "initiated_by_id": call.user.id,
        "created_at": at,
        "processed_at": at,
    }


def history(call: Call) -> dict[str, Any]:
    """Return payments, the newest first: a client's own, those for a barber's work, or all for the admin."""
    asked, user = call.asked(HistoryQuery), call.user
    if user.role == CLIENT and asked.user_id not in {None, user.id}:
        raise not_allowed("Clients see their own payments")
    if user.role == BARBER and asked.barber_id not in {None, user.id}:
        raise not_allowed("Barbers see the payments for their own work")
    found, totals = call.shop.store.payments.page(
        user_id=user.id if user.role == CLIENT else asked.user_id,
        barber_id=user.id if user.role == BARBER else asked.barber_id,
        status=asked.status,
        skip=(asked.page - 1) * asked.page_size,
        limit=asked.page_size,
    )
    return {
        "organization_id": user.shop_id or 1,
        "payments": [_shown(payment) for payment in found],
        "total_paid": totals.captured_cents / 100,
        "next_payment_date": None,
        "next_payment_amount": None,
        "total": totals.count,
        "page": asked.page,
        "page_size": asked.page_size,
        "total_pages": -(-totals.count // asked.page_size),
    }


def _payment_for(store: Store, appointment_id: int, intent_id: str | None) -> Payment:
    """Return the payment that is confirmed; raise a 404 where there is none."""
    payments = store.payments
    payment = payments.of_appointment(appointment_id) if intent_id is None else payments.by_intent(intent_id)
    if payment is None or payment.appointment_id != appointment_id or payment.intent_id != intent_id:
        raise not_found("Payment")
    return payment


def _new_intent(call: Call) -> str:
    return f"pi_{call.shop.references.getrandbits(96):024x}"


def _refuse_fraud(call: Call) -> None:
    """Raise the 500 that the real system answers to a user with too many payments a day, three of them alike."""
    amounts = call.shop.store.payments.lately(call.user.id, call.moment - DAY_S)
    if len(amounts) >= PAYMENTS_A_DAY and max(map(amounts.count, set(amounts))) >= ALIKE_PAYMENTS:
        raise refused(500, "payment_error", "Payment blocked: suspicious activity")


def _gift_cents(call: Call, code: str | None, price_cents: int) -> int:
    if code is None:
        return 0
    gift = call.shop.store.gifts.by_code(code)
    if gift is None or gift.balance_cents == 0 or gift.valid_until < moment_of(call.moment):
        raise bad_request("Gift certificate is not valid")
    return min(gift.balance_cents, price_cents)


def _capture(call: Call, payment: Payment) -> None:
    store = call.shop.store
    if payment.gift_code is not None and not store.gifts.spend(
        payment.gift_code, payment.gift_cents, moment_of(call.moment)
    ):
        raise bad_request("Gift certificate has too little left")
    if not store.payments.capture(payment.id):
        raise bad_request("Booking is already paid")


def _intent(payment: Payment) -> dict[str, Any]:
    secret = None if payment.intent_id is None else f"{payment.intent_id}_secret_sandbox"
    return {
        "client_secret": secret,
        "payment_intent_id": payment.intent_id,
        "amount": payment.amount_cents / 100,
        "original_amount": payment.original_cents / 100,
        "gift_certificate_used": payment.gift_cents / 100,
        "payment_id": payment.id,
    }


def _confirmed(payment: Payment) -> dict[str, Any]:
    return {
        "message": "Payment confirmed",
        "booking_id": payment.appointment_id,
        "payment_id": payment.id,
        "amount_charged": payment.amount_cents / 100,
        "gift_certificate_used": payment.gift_cents / 100,
    }


def _shown(payment: Payment) -> dict[str, Any]:
    return {
        "id": str(payment.id),
        "amount": payment.amount_cents / 100,
        "currency": "usd",
        "status": payment.status,
        "description": payment.service_name,
        "created_at": payment.created_at,
        "invoice_url": None,
        "booking_id": payment.appointment_id,
        "refunded_amount": payment.refunded_cents / 100,
    }


OPERATIONS = (
    Operation(
        "POST",
        "/api/v2/payments/create-intent",
        create_intent,
        body=Intent,
        idempotent=True,
        race=Plant.DOUBLE_CHARGE,
    ),
    Operation("POST", "/api/v2/payments/confirm", confirm, body=Confirmation, idempotent=True),
    Operation(
        "POST",
        "/api/v2/payments/refund",
        refund,
        Access.STAFF,
        body=Refund,
        idempotent=True,
        race=Plant.REFUND_RACE,
    ),
    Operation("GET", "/api/v2/payments/history", history, query=HistoryQuery),
)
