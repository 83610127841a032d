"""Pressing a button: once, as people do; twice within milliseconds; many times at once; or once more after the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import assert_never

from loadgen.visit import Reply, Visit
from locustfiles.journeys.second_try import with_second_try
from records.window import Outcome
from scenarios.provoke import Provocation

Send = Callable[[str | None, int], Reply]
"""One request with a key or none, the n-th of its kind from 0; it enters itself into the ledger."""

DOUBLE = 2
VOLLEY = 4  # at once where a whole payment or refund is repeated: enough for a race on any machine, and no flood


@dataclass(frozen=True, slots=True)
class Manner:
    """How a button is pressed: so many `copies` at the same moment, `keyed` with one key for all; `again` after the answer."""

    provocation: Provocation | None = None
    copies: int = 1
    keyed: bool = True
    again: bool = False


ONCE = Manner()


@dataclass(frozen=True, slots=True)
class Pressed:
    """What pressing brought: the answer that counts for the person, and how long they waited for it."""

    reply: Reply
    waited_us: float


def manner_of(visit: Visit, *kinds: Provocation) -> Manner:
    """Return how this person presses a button that may be pressed in these manners."""
    kind = visit.provocation(*kinds)
    match kind:
        case None:
            return ONCE
        case Provocation.DOUBLE_CLICK:
            return Manner(kind, copies=DOUBLE)
        case Provocation.CONCURRENT_PAYMENT:
            return Manner(kind, copies=VOLLEY, keyed=False)
        case Provocation.CONCURRENT_REFUND:  # half of them each as two screens and as one screen send it
            return Manner(kind, copies=VOLLEY, keyed=visit.chance(0.5))
        case Provocation.RETRY:
            return Manner(kind, again=True)
        case Provocation.HOT_CHAIR | Provocation.REPEAT | Provocation.RESCHEDULE_RACE:
            raise AssertionError(f"{kind} is no manner of pressing a button")
        case _:
            assert_never(kind)


def press(visit: Visit, manner: Manner, send: Send, prefix: str | None = None) -> Pressed:
    """Press a button; `prefix` is that of its idempotency key, None where the shop knows none for it.

    Only who presses once has second thoughts after a failure (`second_try`): of a volley, one answer is enough.
    """
    key = visit.new_key(prefix) if prefix is not None and manner.keyed else None
    numbers = count()
    replies: list[Reply] = []

    def once() -> Reply:
        reply = send(key, next(numbers))
        replies.append(reply)
        return reply

    if manner.copies > 1:
        visit.together([once] * manner.copies)
        return Pressed(_counting(replies), max(reply.response_us for reply in replies))
    if not manner.again:
        with_second_try(visit, once)
        return Pressed(replies[-1], sum(reply.response_us for reply in replies))
    first = once()
    if first.outcome is not Outcome.RATE_LIMITED:  # who was answered, or waited in vain, sends the same again
        once()
    counting = _counting(replies)
    return Pressed(counting, first.response_us if first.ok else sum(reply.response_us for reply in replies))


def _counting(replies: list[Reply]) -> Reply:
    """Return the answer that counts: the first that brought what was wanted, else the last."""
    return next((reply for reply in replies if reply.ok), replies[-1])
