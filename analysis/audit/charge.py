"""Nobody pays twice, and nobody gets back more than they paid: by what was told, and by what the target shows."""

from collections.abc import Sequence

import numpy as np

from analysis.audit.books import CAPTURED, Books, Seen
from analysis.audit.groups import first_of_each, several
from analysis.audit.outcome import Invariant, entries, first_entries, payment_rows
from analysis.figures import counted
from analysis.verdict import InvariantResult
from records.columns import MISSING, Flags, Ints
from records.ledger import Write

DOUBLE_CHARGE = Invariant("no_double_charge", "No double charge")
EXCESS_REFUND = Invariant("no_excess_refund", "No refund beyond the charge")


def dollars(cents: int) -> str:
    """Return cents as an amount of money."""
    return f"{cents / 100:,.2f}"


# One booking, one charge.


def no_double_charge(books: Books) -> InvariantResult:
    """Return whether an appointment was charged twice by payments of one amount, the first not given back before the second."""
    charges = _charges(books)
    paid = np.unique(books.ledger.appointment_id[charges])
    pairs = _charged_twice(books, charges)
    if pairs:
        first, second = min(pairs, key=lambda pair: (books.ledger.answered_s[pair[1]], pair))
        ledger = books.ledger
        because = (
            f"{counted(len(pairs), 'appointment')} charged twice: the first is appointment {int(ledger.appointment_id[first])}, "
            f"payments {int(ledger.payment_id[first])} and {int(ledger.payment_id[second])}, both acknowledged"
        )
        witness = entries(books, (first, second))
        if books.seen is not None:
            rows = books.seen.payment(ledger.payment_id[[first, second]])
            witness += payment_rows(books.seen, rows[rows >= 0])
        return DOUBLE_CHARGE.broken(paid.size, len(pairs), because, witness)
    if books.seen is not None:
        by_rows = _standing_twice(books, books.seen, paid)
        if by_rows is not None:
            return by_rows
    return (
        DOUBLE_CHARGE.held(paid.size)
        if paid.size
        else DOUBLE_CHARGE.not_measured("no acknowledged payment is in the ledger")
    )


def _charges(books: Books) -> Ints:
    ledger = books.ledger
    mask = books.acknowledged & ledger.are(Write.CONFIRM)
    return np.flatnonzero(mask & (ledger.appointment_id != MISSING) & (ledger.payment_id != MISSING))


def _charged_twice(books: Books, charges: Ints) -> list[tuple[int, int]]:
    """Return for each appointment charged twice its first such two writes."""
    ledger = books.ledger
    order = charges[
        np.lexsort((ledger.payment_id[charges], ledger.answered_s[charges], ledger.appointment_id[charges]))
    ]
    ids = ledger.appointment_id[order]
    refunded_s = _refunded_s(books)
    pairs = [_first_pair(books, group, refunded_s) for group in several(order, ids)]
    return [pair for pair in pairs if pair is not None]


def _first_pair(books: Books, charges: Ints, refunded_s: dict[int, float]) -> tuple[int, int] | None:
    ledger = books.ledger
    firsts: list[int] = []
    for second in charges.tolist():
        for first in firsts:
            same = ledger.amount_cents[first] == ledger.amount_cents[second]
            given_back_s = refunded_s.get(int(ledger.payment_id[first]), np.inf)
            if (
                same
                and ledger.payment_id[first] != ledger.payment_id[second]
                and given_back_s > ledger.answered_s[second]
            ):
                return first, second
        if all(ledger.payment_id[first] != ledger.payment_id[second] for first in firsts):
            firsts.append(second)
    return None


def _refunded_s(books: Books) -> dict[int, float]:
    """Return when a payment may first have been given back: by the run, or, on a target that is not its alone, by anybody."""
    ledger = books.ledger
    sent = np.flatnonzero(
        (books.acknowledged | books.unknown) & ledger.are(Write.REFUND) & (ledger.payment_id != MISSING)
    )
    found: dict[int, float] = {}
    for index in sent.tolist():
        payment = int(ledger.payment_id[index])
        found[payment] = min(float(ledger.sent_s[index]), found.get(payment, np.inf))
    if books.seen is not None and not books.exclusive:
        rows = books.seen.payments
        for payment in rows.id[(rows.refunded_cents > 0) | rows.status.are("refunded", "partially_refunded")].tolist():
            found.setdefault(payment, -np.inf)
    return found


def _standing_twice(books: Books, seen: Seen, paid: Ints) -> InvariantResult | None:
    """Return the violation where two charges of one amount stand on one appointment of the run, neither of them given back."""
    rows = seen.payments
    standing = (
        rows.status.are(*CAPTURED) & (rows.refunded_cents <= 0) & ~rows.status.are("refunded", "partially_refunded")
    )
    standing &= np.isin(rows.appointment_id, paid) & (rows.appointment_id != MISSING)
    index = np.flatnonzero(standing)
    order = index[np.lexsort((rows.id[index], rows.amount_cents[index], rows.appointment_id[index]))]
    same = (rows.appointment_id[order][1:] == rows.appointment_id[order][:-1]) & (
        rows.amount_cents[order][1:] == rows.amount_cents[order][:-1]
    )
    if not same.any():
        return None
    place = int(np.flatnonzero(same)[0])
    pair = (int(order[place]), int(order[place + 1]))
    appointment = int(rows.appointment_id[pair[0]])
    because = (
        f"{counted(int(same.sum()), 'charge')} beside another one of the same appointment and amount, as the target shows it: "
        f"appointment {appointment}, payments {int(rows.id[pair[0]])} and {int(rows.id[pair[1]])}, "
        f"{dollars(int(rows.amount_cents[pair[0]]))} each"
    )
    about = np.flatnonzero(books.ledger.are(Write.INTENT, Write.CONFIRM) & (books.ledger.appointment_id == appointment))
    witness = entries(books, about[np.argsort(books.ledger.sent_s[about])][:4]) + payment_rows(seen, pair)
    return DOUBLE_CHARGE.broken(paid.size, int(same.sum()), because, witness)


# What was given back was paid.


def no_excess_refund(books: Books) -> InvariantResult:
    """Return whether acknowledged refunds of one payment, one an idempotency key, are more than was paid, or the target shows so."""
    refunds, cents = distinct_refunds(books)
    payments = np.unique(books.ledger.payment_id[refunds])
    charged = _charged_cents(books, payments)
    known = charged != MISSING
    total = np.bincount(
        np.searchsorted(payments, books.ledger.payment_id[refunds]), weights=cents, minlength=payments.size
    )
    excess = np.flatnonzero(known & (total > charged))
    if excess.size:
        payment = int(payments[excess[0]])
        because = (
            f"{counted(excess.size, 'payment')} gave back more than was paid: payment {payment}, "
            f"{dollars(int(total[excess[0]]))} of {dollars(int(charged[excess[0]]))}"
        )
        mine = refunds[books.ledger.payment_id[refunds] == payment]
        witness = entries(books, _enough(books, mine, int(charged[excess[0]])))
        if books.seen is not None:
            rows = books.seen.payment(np.array([payment]))
            witness += payment_rows(books.seen, rows[rows >= 0])
        return EXCESS_REFUND.broken(int(known.sum()), int(excess.size), because, witness)
    if books.seen is not None:
        by_rows = _shown_excess(books, books.seen)
        if by_rows is not None:
            return by_rows
    if not known.any():
        return EXCESS_REFUND.not_measured("no acknowledged refund of a payment of this run is in the ledger")
    return EXCESS_REFUND.held(int(known.sum()))


def distinct_refunds(books: Books) -> tuple[Ints, Ints]:
    """Return the acknowledged refunds and their cents: a second try has the same key and is the same refund."""
    ledger = books.ledger
    mask = (
        books.acknowledged
        & ledger.are(Write.REFUND)
        & (ledger.payment_id != MISSING)
        & (ledger.amount_cents != MISSING)
    )
    index = np.flatnonzero(mask)
    index = index[np.argsort(ledger.answered_s[index], kind="stable")]
    keys = np.where(
        ledger.key.codes[index] == MISSING, -2 - index, ledger.key.codes[index]
    )  # without a key each is its own
    chosen = index[first_of_each(ledger.payment_id[index], keys)]
    return chosen, ledger.amount_cents[chosen]


def _charged_cents(books: Books, payments: Ints) -> Ints:
    """Return what each payment took: as it was acknowledged, else as the target shows it, else -1."""
    ledger = books.ledger
    confirms = np.flatnonzero(books.acknowledged & ledger.are(Write.CONFIRM) & (ledger.payment_id != MISSING))
    charged = np.full(payments.size, MISSING, dtype=np.int64)
    place = np.minimum(np.searchsorted(payments, ledger.payment_id[confirms]), max(0, payments.size - 1))
    if payments.size:
        hit = payments[place] == ledger.payment_id[confirms]
        np.maximum.at(charged, place[hit], ledger.amount_cents[confirms[hit]])
    if books.seen is not None and payments.size:
        row = books.seen.payment(payments)
        shown = np.append(books.seen.payments.amount_cents, MISSING)[row]
        charged = np.where(charged == MISSING, shown, charged)
    return charged


def _enough(books: Books, refunds: Ints, charged_cents: int) -> Sequence[int]:
    """Return the first refunds that together are too much: the smallest witness in the order of time."""
    total, found = 0, []
    for index in refunds.tolist():
        found.append(index)
        total += int(books.ledger.amount_cents[index])
        if total > charged_cents:
            break
    return found


def _shown_excess(books: Books, seen: Seen) -> InvariantResult | None:
    rows = seen.payments
    back = np.maximum(rows.refunded_cents, _sum_of_refund_rows(seen))
    ours = np.isin(rows.id, books.ledger.payment_id[books.ledger.payment_id != MISSING])
    excess: Flags = ours & (rows.amount_cents != MISSING) & (back > rows.amount_cents)
    if not excess.any():
        return None
    row = int(np.flatnonzero(excess)[0])
    payment = int(rows.id[row])
    because = (
        f"{counted(int(excess.sum()), 'payment')} gave back more than was paid, as the target shows it: payment {payment}, "
        f"{dollars(int(back[row]))} of {dollars(int(rows.amount_cents[row]))}"
    )
    about = np.flatnonzero(books.ledger.are(Write.REFUND))
    witness = entries(books, first_entries(books, about, books.ledger.payment_id, [payment])) + payment_rows(
        seen, [row]
    )
    return EXCESS_REFUND.broken(int(ours.sum()), int(excess.sum()), because, witness)


def _sum_of_refund_rows(seen: Seen) -> Ints:
    place = seen.payment(seen.refunds.payment_id)
    known = place >= 0
    sums = np.bincount(place[known], weights=seen.refunds.amount_cents[known], minlength=len(seen.payments))
    return sums.astype(np.int64)
