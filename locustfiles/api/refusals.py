"""Refusals: 4xx answers that are business, told by their message because the shop has one status for all of them."""

from loadgen.visit import Reply
from locustfiles.api.answers import message_of

BAD_REQUEST = 400
PAYMENT_REQUIRED = 402
CONFLICT = 409

_LOST_SLOT = ("not available", "no barbers available", "already booked", "no longer available", "15 minutes in advance")
_DECLINED = ("declin",)
_NOT_CONNECTED = ("not connected",)
_NOTHING_TO_GIVE_BACK = ("refund", "exceed", "already")
_NOT_TO_BE_PAID = ("already", "cannot be paid", "cancel", "not payable")


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
    """Tell whether the payment was given back before."""
    return reply.status in {BAD_REQUEST, CONFLICT} and _says(reply, _NOTHING_TO_GIVE_BACK)


def cannot_be_changed(reply: Reply) -> bool:
    """Tell whether the appointment was changed by someone else: cancelled, paid, or its new slot taken."""
    return slot_is_lost(reply) or (reply.status in {BAD_REQUEST, CONFLICT} and _says(reply, ("already", "cancel")))


def is_not_to_be_paid(reply: Reply) -> bool:
    """Tell whether the appointment was paid or cancelled by someone else."""
    return reply.status in {BAD_REQUEST, CONFLICT} and _says(reply, _NOT_TO_BE_PAID)


def _says(reply: Reply, words: tuple[str, ...]) -> bool:
    message = message_of(reply.body, reply.text)
    return any(word in message for word in words)
