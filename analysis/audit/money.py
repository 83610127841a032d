"""The money is what the ledger says: each payment captured, and given back, as was acknowledged; what has no answer bounds it."""

from dataclasses import dataclass

import numpy as np

from analysis.audit.books import CAPTURED, Books, Seen
from analysis.audit.charge import distinct_refunds, dollars
from analysis.audit.groups import first_of_each
from analysis.audit.outcome import Invariant, entries, payment_rows
from analysis.figures import counted
from analysis.verdict import InvariantResult
from records.columns import MISSING, Flags, Ints
from records.ledger import Write

MONEY_MATCHES = Invariant("money_matches", "The money is what the ledger says")


@dataclass(frozen=True, slots=True)
class _Accounts:
    """Payments of the run that were seen, shape (n,): their row, what was captured, and between what the refunds must be."""

    ids: Ints
    row: Ints
    captured: Flags
    maybe_captured: Flags
    amount_cents: Ints
    least_back_cents: Ints
    most_back_cents: Ints


def money_matches(books: Books) -> InvariantResult:
    """Return whether captured and refunded money is as acknowledged, payment by payment and so in sum."""
    seen, ledger = books.seen, books.ledger
    if seen is None:
        return MONEY_MATCHES.not_measured(books.unread)
    about = ledger.are(Write.CONFIRM, Write.REFUND, Write.WEBHOOK) & (ledger.payment_id != MISSING)
    ids = np.unique(ledger.payment_id[about & (books.acknowledged | books.unknown)])
    if ids.size == 0:
        return MONEY_MATCHES.not_measured("no payment is in the ledger")
    found = _accounts(books, seen, ids)
    if not (found.row >= 0).any():
        return MONEY_MATCHES.not_measured(books.unread or "the target shows none of the run's payments")
    lost = _lost(books, seen, found)
    wrong = _wrong(books, seen, found)
    missing = int(((found.row < 0) & ~lost).sum())
    checked = ids.size - missing
    if lost.any() or any(flags.any() for flags, _ in wrong):
        return _broken(books, seen, found, lost, wrong, checked)
    told = _in_sum(seen, found)
    if missing:
        why = books.unread or "their payments are not among those shown"
        return MONEY_MATCHES.not_measured(
            f"{told}, but {counted(missing, 'payment')} could not be seen ({why})", checked
        )
    return MONEY_MATCHES.held(checked, told)


def _accounts(books: Books, seen: Seen, ids: Ints) -> _Accounts:
    ledger = books.ledger
    row = seen.payment(ids)
    place = np.minimum(np.searchsorted(ids, ledger.payment_id), ids.size - 1)
    rank = np.where(ids[place] == ledger.payment_id, place, -1)

    def any_of(mask: Flags) -> Flags:
        flags = np.zeros(ids.size, dtype=np.bool_)
        flags[rank[mask & (rank >= 0)]] = True
        return flags

    confirms, alive = ledger.are(Write.CONFIRM), books.acknowledged | books.unknown
    amount = np.full(ids.size, MISSING, dtype=np.int64)
    told = np.flatnonzero(confirms & books.acknowledged & (rank >= 0))
    np.maximum.at(amount, rank[told], ledger.amount_cents[told])
    refunds, cents = distinct_refunds(books)
    least = np.bincount(rank[refunds], weights=cents, minlength=ids.size).astype(np.int64)
    return _Accounts(
        ids,
        row,
        any_of(confirms & books.acknowledged),
        any_of((confirms | ledger.are(Write.WEBHOOK)) & alive),
        amount,
        least,
        least + _unknown_back(books, rank, ids.size),
    )


def _unknown_back(books: Books, rank: Ints, size: int) -> Ints:
    """Return what refunds without an answer may have given back beside, one a key that was never acknowledged."""
    ledger = books.ledger
    refunds = ledger.are(Write.REFUND) & (rank >= 0) & (ledger.amount_cents != MISSING)
    told = np.unique(ledger.key.codes[refunds & books.acknowledged & (ledger.key.codes != MISSING)])
    index = np.flatnonzero(refunds & books.unknown & ~np.isin(ledger.key.codes, told))
    keys = np.where(ledger.key.codes[index] == MISSING, -2 - index, ledger.key.codes[index])
    chosen = index[first_of_each(rank[index], keys)]
    return np.bincount(rank[chosen], weights=ledger.amount_cents[chosen], minlength=size).astype(np.int64)


def _lost(books: Books, seen: Seen, found: _Accounts) -> Flags:
    """Tell of each acknowledged payment whether it is certainly not there: all payments for that barber's work were read, and others seen."""
    ledger = books.ledger
    gone = found.captured & (found.row < 0)
    if not gone.any():
        return gone
    confirms = np.flatnonzero(books.acknowledged & ledger.are(Write.CONFIRM) & (ledger.payment_id != MISSING))
    appointment = np.full(found.ids.size, MISSING, dtype=np.int64)
    place = np.searchsorted(found.ids, ledger.payment_id[confirms])
    appointment[np.minimum(place, found.ids.size - 1)] = ledger.appointment_id[confirms]
    barber = np.append(seen.appointments.barber_id, MISSING)[seen.appointment(appointment)]
    read = np.isin(barber, np.array(seen.end.payers, dtype=np.int64)) & (barber != MISSING)
    lost: Flags = gone & read
    return lost


def _wrong(books: Books, seen: Seen, found: _Accounts) -> list[tuple[Flags, str]]:
    """Return what is wrong with payments that were seen, with words for it."""
    rows, there = seen.payments, found.row >= 0
    captured = np.append(rows.status.are(*CAPTURED), False)[found.row]
    amount = np.append(rows.amount_cents, MISSING)[found.row]
    back = np.append(rows.refunded_cents, MISSING)[found.row]
    known = there & (back != MISSING)
    wrong = [
        (there & found.captured & ~captured, "acknowledged as paid, but not captured"),
        (there & found.captured & (found.amount_cents != MISSING) & (amount != MISSING) & (amount != found.amount_cents), "captured another amount than was acknowledged"),
        (known & (back < found.least_back_cents), "gave back less than was acknowledged"),
    ]  # fmt: skip
    if books.exclusive:
        wrong += [
            (there & captured & ~found.maybe_captured, "captured, though nobody was told so"),
            (known & (back > found.most_back_cents), "gave back more than anybody asked for"),
        ]
    return wrong


def _in_sum(seen: Seen, found: _Accounts) -> str:
    row = found.row[found.row >= 0]
    captured = row[seen.payments.status.are(*CAPTURED)[row]]
    taken = int(seen.payments.amount_cents[captured].clip(0).sum())
    back = int(seen.payments.refunded_cents[row].clip(0).sum())
    return (
        f"{dollars(taken)} captured in {counted(captured.size, 'payment')}, {dollars(back)} given back, as acknowledged"
    )


def _broken(
    books: Books, seen: Seen, found: _Accounts, lost: Flags, wrong: list[tuple[Flags, str]], checked: int
) -> InvariantResult:
    kinds = [(lost, "acknowledged as paid, but the target does not show it"), *wrong]
    told = [f"{counted(int(flags.sum()), 'payment')} {words}" for flags, words in kinds if flags.any()]
    place = next(int(np.flatnonzero(flags)[0]) for flags, _ in kinds if flags.any())
    payment = int(found.ids[place])
    because = f"{'; '.join(told)}: the first is payment {payment}"
    violations = int(np.logical_or.reduce([flags for flags, _ in kinds]).sum())
    ledger = books.ledger
    about = np.flatnonzero((ledger.payment_id == payment) & ledger.are(Write.CONFIRM, Write.REFUND))
    witness = entries(books, about[np.argsort(ledger.sent_s[about])][:4])
    if found.row[place] >= 0:
        witness += payment_rows(seen, [int(found.row[place])])
    else:
        witness.append({"row": "absent", "payment_id": payment})
    return MONEY_MATCHES.broken(checked, violations, because, witness)
