"""Charges beside the one that is meant to be alone: what plants do to payments."""

from sandbox.operation import Call
from sandbox.plants import Plant
from sandbox.store.appointments import Appointment
from sandbox.store.payments import Payment

BEGUN = "begun"
"""What create-intent looks at before it writes: the payment that was begun."""
AS_IF_NEW = {BEGUN: None}
"""What a request has seen that is done again as though it had never been done."""


def new_intent(call: Call) -> str:
    """Return an id as Stripe makes them."""
    return f"pi_{call.shop.references.getrandbits(96):024x}"


def repeats(call: Call) -> bool:
    """Tell whether a plant has what was captured captured again."""
    return call.unguarded or call.shop.has(Plant.DOUBLE_CHARGE)


def charged_again(call: Call, appointment: Appointment, payment: Payment) -> Payment:
    """Return a second charge for what is paid already."""
    payments = call.shop.store.payments
    number = payments.begin(
        appointment,
        call.user.id,
        intent_id=new_intent(call),
        gift_cents=payment.gift_cents,
        gift_code=None,
        unix_s=call.moment,
        copy=_beside(call),
    )
    payments.capture(number)
    charged = payments.by_id(number)
    assert charged is not None
    return charged


def copy_of(call: Call) -> int:
    """Return which copy of a payment is written: 0, of which there is one, or under a plant one beside it."""
    return _beside(call) if call.unguarded else 0


def _beside(call: Call) -> int:
    return 1 + call.shop.references.getrandbits(62)
