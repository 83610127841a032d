"""How long something may have been as it was told: the changes of an appointment, searched for a million at once.

An appointment is certainly as a write told it from that write's answer until the first moment at which another one may have taken
effect. One without an answer may do so at any time after it was sent.
"""

from dataclasses import dataclass

import numpy as np

from analysis.audit.books import Books
from records.columns import MISSING, Floats, Ints
from records.ledger import Write

SENT_BITS = 40  # us of 12 days, more than the longest run; the rest of 63 bits numbers 8 million appointments
LATEST_US = (1 << SENT_BITS) - 1
BEFORE_ZERO_S = 60.0  # no write is sent earlier before second 0


def stamped_us(seconds: Floats) -> Ints:
    """Return moments of the run as whole us that sort as they do; infinity is the latest."""
    shifted = np.clip((seconds + BEFORE_ZERO_S) * 1e6, 0, LATEST_US)
    return np.rint(shifted).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Changes:
    """Moves and cancellations that were not refused, sorted by appointment and answer (none at all: the latest)."""

    ids: Ints
    entry: Ints
    answered_key: Ints
    soonest_key: Ints

    @classmethod
    def of(cls, books: Books) -> "Changes":
        """Return those of the books."""
        ledger = books.ledger
        known = ledger.appointment_id != MISSING
        alive = (books.acknowledged | books.unknown) & known
        entry = np.flatnonzero(ledger.are(Write.CANCEL, Write.RESCHEDULE) & alive)
        ids, rank = np.unique(ledger.appointment_id[entry], return_inverse=True)
        assert ids.size < 1 << (63 - SENT_BITS), "a ledger has at most a few million appointments"
        answered_s = np.where(books.unknown[entry], np.inf, ledger.answered_s[entry])
        answered_key = (rank.astype(np.int64) << SENT_BITS) | stamped_us(answered_s)
        order = np.argsort(answered_key, kind="stable")
        sent_key = (rank.astype(np.int64) << SENT_BITS) | stamped_us(ledger.sent_s[entry])
        # From each on, the soonest sent: later appointments have greater keys, so the minimum stays within its own.
        soonest = np.minimum.accumulate(sent_key[order][::-1])[::-1]
        return cls(ids, entry[order], answered_key[order], soonest)

    def until_s(self, books: Books, held: Ints) -> Floats:
        """Return for each write until when it certainly stood, in s of the run; -inf where it never did for certain."""
        ledger = books.ledger
        until = np.full(held.size, np.inf)
        if self.entry.size == 0:
            return until
        rank = np.searchsorted(self.ids, ledger.appointment_id[held])
        rank = np.minimum(rank, self.ids.size - 1)
        touched = np.flatnonzero(self.ids[rank] == ledger.appointment_id[held])
        rank, mine = rank[touched].astype(np.int64), held[touched]
        own = np.full(len(ledger), -1, dtype=np.int64)
        own[self.entry] = np.arange(self.entry.size)
        place = own[mine]
        # The first change that was not certainly over when this one was sent.
        after = np.searchsorted(
            self.answered_key, (rank << SENT_BITS) | stamped_us(ledger.sent_s[mine] - books.slack_s), "right"
        )
        beside = (place >= 0) & (after < place)
        following = np.where(place >= 0, place + 1, after)
        until[touched] = self._soonest_s(following, rank)
        until[touched[beside]] = -np.inf
        return until

    def _soonest_s(self, place: Ints, rank: Ints) -> Floats:
        inside = place < self.entry.size
        key = self.soonest_key[np.minimum(place, self.entry.size - 1)]
        inside &= key >> SENT_BITS == rank
        return np.where(inside, (key & LATEST_US) / 1e6 - BEFORE_ZERO_S, np.inf)
