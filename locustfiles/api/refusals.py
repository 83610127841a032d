"""Refusals: 4xx answers that are business, told by their message because the shop has one status for all of them."""

from loadgen.visit import Reply
from locustfiles.api.answers import message_of

BAD_REQUEST = 400
PAYMENT_REQUIRED = 402
NOT_FOUND = 404
CONFLICT = 409

_LOST_SLOT = (
    "not available",
    "no barbers available",
    "already booked",
    "already have",
    "no longer available",
    "15 minutes in advance",
)
_DECLINED = ("declin",)
_NOT_CONNECTED = ("not connected",)
_NOTHING_TO_GIVE_BACK = ("refund", "exceed", "already")
_NOT_TO_BE_PAID = ("already", "cannot be paid", "cancel", "not payable")
_UNDER_WAY = (
    "in progress",
    "being processed",
    "in flight",
)  # with a 409, as of a key whose first request has no answer yet


def slot_is_lost(reply: Reply) -> bool:
    """Tell whether another customer has the slot, or it is no longer to be had."""
    return reply.status in {BAD_REQUEST, CONFLICT} and _says(reply, _LOST_SLOT)


def card_is_declined(reply: Reply) -> bool:
    """Tell whether the bank said no."""
    return reply.status == PAYMENT_REQUIRED or (reply.status == BAD_REQUEST and _says(reply, _DECLINED))


def calendar_is_not_connected(reply: Reply) -> bool:
    """Tell whether the barber has no Google Calendar connected."""
    return reply.status == BAD_REQUEST and _says(reply, _NOT_CONNECTED)


def nothing_to_give_back(reply: Reply) -> bool:
    """Tell whether the payment was given back before, or is being given back at this moment."""
    return is_under_way(reply) or (reply.status in {BAD_REQUEST, CONFLICT} and _says(reply, _NOTHING_TO_GIVE_BACK))


def cannot_be_changed(reply: Reply) -> bool:
    """Tell whether the appointment was changed by someone else: cancelled, paid, or its new slot taken."""
    return slot_is_lost(reply) or (reply.status in {BAD_REQUEST, CONFLICT} and _says(reply, ("already", "cancel")))


def is_not_to_be_paid(reply: Reply) -> bool:
    """Tell whether the appointment was paid or cancelled by someone else, or is being paid at this moment."""
    return is_under_way(reply) or (reply.status in {BAD_REQUEST, CONFLICT} and _says(reply, _NOT_TO_BE_PAID))


def payment_is_refused(reply: Reply) -> bool:
    """Tell whether the bank said no, or there is nothing to be paid."""
    return card_is_declined(reply) or is_not_to_be_paid(reply)


def intent_is_of_no_use(reply: Reply) -> bool:
    """Tell whether a payment is refused, or another intent for the same appointment has taken this one's place."""
    return payment_is_refused(reply) or reply.status == NOT_FOUND


def is_under_way(reply: Reply) -> bool:
    """Tell whether the shop is still busy with the same request, sent a moment before."""
    return reply.status == CONFLICT and _says(reply, _UNDER_WAY)


def _says(reply: Reply, words: tuple[str, ...]) -> bool:
    message = message_of(reply.body, reply.text)
    return any(word in message for word in words)
