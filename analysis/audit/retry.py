"""A retry with the same idempotency key changes nothing: the same answer, and one effect."""

import numpy as np

from analysis.audit.books import Books, Seen
from analysis.audit.charge import dollars
from analysis.audit.groups import first_of_each
from analysis.audit.outcome import Invariant, entries, payment_rows
from analysis.figures import counted
from analysis.verdict import InvariantResult
from records.columns import MISSING, Flags, Ints
from records.ledger import Write

RETRIES = Invariant("retries_change_nothing", "A retry changes nothing")
SHOWN = {"payment_id": "payment", "amount_cents": "amount", "reference": "reference"}


def retries_change_nothing(books: Books) -> InvariantResult:
    """Return whether writes sent again with their key were answered as before and had one effect."""
    ledger = books.ledger
    keyed = np.flatnonzero(ledger.are(Write.INTENT, Write.CONFIRM, Write.REFUND) & (ledger.key.codes != MISSING))
    order = keyed[np.lexsort((ledger.sent_s[keyed], ledger.key.codes[keyed]))]
    codes = ledger.key.codes[order]
    again = np.append(False, codes[1:] == codes[:-1]) if codes.size else np.empty(0, dtype=np.bool_)
    repeated = np.unique(codes[again])
    if repeated.size == 0:
        return RETRIES.not_measured("no write was sent again with the same key")
    told = order[books.acknowledged[order] & np.isin(codes, repeated)]
    differing = _differing(books, told)
    if differing is not None:
        return _answered_otherwise(books, differing, repeated.size)
    if books.seen is not None and books.exclusive:
        more = _more_than_once(books, books.seen, repeated)
        if more is not None:
            return more
    return RETRIES.held(repeated.size)


def _differing(books: Books, told: Ints) -> tuple[Ints, Ints, list[str]] | None:
    """Return the first two answers to one key that differ, how many do, and in what; None where all are alike."""
    ledger = books.ledger
    codes = ledger.key.codes[told]
    same_key = codes[1:] == codes[:-1]
    values = {"payment_id": ledger.payment_id, "amount_cents": ledger.amount_cents, "reference": ledger.reference.codes}
    differs: dict[str, Flags] = {}
    for name, column in values.items():
        here, there = column[told][:-1], column[told][1:]
        differs[name] = same_key & (here != there) & (here != MISSING) & (there != MISSING)
    hits = (
        np.flatnonzero(np.logical_or.reduce(list(differs.values()))) if told.size > 1 else np.empty(0, dtype=np.int64)
    )
    if not hits.size:
        return None
    words = [SHOWN[name] for name, flags in differs.items() if flags[hits[0]]]
    return told[hits[0] : hits[0] + 2], hits, words


def _answered_otherwise(books: Books, found: tuple[Ints, Ints, list[str]], checked: int) -> InvariantResult:
    pair, hits, words = found
    write = books.ledger[int(pair[0])].write.value
    because = (
        f"{counted(hits.size, 'retry', 'retries')} answered otherwise than before: the first is a {write} whose {' and '.join(words)} "
        f"differs (key {books.ledger.key.at(int(pair[0]))})"
    )
    return RETRIES.broken(checked, int(hits.size), because, entries(books, pair))


def _more_than_once(books: Books, seen: Seen, repeated: Ints) -> InvariantResult | None:
    """Return the violation where a repeated refund gave back more than all its keys asked for together, each once."""
    ledger = books.ledger
    alive = (books.acknowledged | books.unknown) & ledger.are(Write.REFUND) & (ledger.payment_id != MISSING)
    index = np.flatnonzero(alive & (ledger.amount_cents != MISSING))
    again = np.unique(ledger.payment_id[index[np.isin(ledger.key.codes[index], repeated)]])
    index = index[np.isin(ledger.payment_id[index], again)]
    keys = np.where(ledger.key.codes[index] == MISSING, -2 - index, ledger.key.codes[index])
    once = index[first_of_each(ledger.payment_id[index], keys)]
    asked = np.bincount(
        np.searchsorted(again, ledger.payment_id[once]), weights=ledger.amount_cents[once], minlength=again.size
    )
    row = seen.payment(again)
    back = np.append(seen.payments.refunded_cents, MISSING)[row]
    more = np.flatnonzero(back > asked)
    if not more.size:
        return None
    payment = int(again[more[0]])
    because = (
        f"{counted(more.size, 'payment')} gave back more than was asked for, each request counted once: payment {payment}, "
        f"{dollars(int(back[more[0]]))} of {dollars(int(asked[more[0]]))}"
    )
    tries = index[ledger.payment_id[index] == payment]
    tries = tries[np.isin(ledger.key.codes[tries], repeated)][:4]
    return RETRIES.broken(
        repeated.size, int(more.size), because, entries(books, tries) + payment_rows(seen, [int(row[more[0]])])
    )
