"""A cancelled slot is free again: who wants it afterwards is not refused where nobody else can have it.

A refusal is held against the target only where it names a chair that the run gave up before, for work no longer than what was given
up, and nothing in the ledger or the rows can have been there meanwhile: no booking, however late its answer, by anybody.
"""

from dataclasses import dataclass

import numpy as np

from analysis.audit.books import GONE, Books
from analysis.audit.outcome import Invariant, entries
from analysis.audit.spans import stamped_us
from analysis.figures import counted
from analysis.verdict import InvariantResult
from records.columns import MISSING, Floats, Ints
from records.ledger import Answer, Write

RELEASE = Invariant("cancelled_is_free", "A cancelled slot is free again")
AHEAD_S = 3600.0  # a slot nearer than that may be refused for being too near
BESIDE_S = 3600.0  # work so near may need the time between, unless it was there together with the one given up
LONGEST_MINUTES = 240  # work of unknown length may take so long
MOST_EXAMINED = 5_000  # refusals, the first ones: each is held against all that happened in its chair


@dataclass(frozen=True, slots=True)
class _Given:
    """Acknowledged bookings that were cancelled and never moved: the writes, and their cancellations."""

    booked: Ints
    cancel: Ints


@dataclass(frozen=True, slots=True)
class _Work:
    """What may have been in a chair, sorted by `group` (chair or client) and begin. `gone_s`: certainly over from then on."""

    group: Ints
    begin_s: Floats
    finish_s: Floats
    sent_s: Floats
    answered_s: Floats
    gone_s: Floats
    appointment: Ints

    def sorted(self) -> "_Work":
        """Return it by group and begin."""
        order = np.lexsort((self.begin_s, self.group))
        return _Work(*(getattr(self, name)[order] for name in self.__dataclass_fields__))

    def of(self, group: int, from_s: float, to_s: float) -> slice:
        """Return what of a group begins between two times."""
        low, high = np.searchsorted(self.group, (group, group + 1))
        begins = self.begin_s[low:high]
        return slice(int(low + np.searchsorted(begins, from_s)), int(low + np.searchsorted(begins, to_s)))


def cancelled_is_free(books: Books) -> InvariantResult:
    """Return whether a slot given up was ever refused to the next who wanted it, with nobody in it."""
    if not books.exclusive:
        return RELEASE.not_measured(
            "others may book at this target, so that a refusal proves nothing (exclusive, in its profile)"
        )
    given = _given_up(books)
    pairs = _wanted_again(books, given, _refused(books))
    taken = len(_wanted_again(books, given, _booked(books)))
    if not pairs and not taken:
        return RELEASE.not_measured("nobody wanted a slot that the run had given up before")
    holders = np.flatnonzero((books.acknowledged | books.unknown) & books.ledger.are(Write.BOOK, Write.RESCHEDULE))
    if np.isnan(books.start_s[holders]).any():
        return RELEASE.not_measured("bookings whose time is not known may have been in the way")
    chairs, people = _work(books, holders)
    broken = [pair for pair in pairs if not _may_be_taken(books, chairs, people, *pair)]
    if not broken:
        return RELEASE.held(len(pairs) + taken, f"{counted(taken, 'slot')} given up and booked again")
    booked, cancel, wish = broken[0]
    because = (
        f"{counted(len(broken), 'refusal')} of a slot that was given up and that nobody can have had: the first is barber "
        f"{int(books.ledger.barber_id[wish])}, {books.ledger.start_time.at(wish)}"
    )
    return RELEASE.broken(len(pairs) + taken, len(broken), because, entries(books, (booked, cancel, wish)))


def _given_up(books: Books) -> _Given:
    ledger = books.ledger
    booked = books.acknowledged & ledger.are(Write.BOOK) & (ledger.barber_id != MISSING) & ~np.isnan(books.start_s)
    index = np.flatnonzero(booked & ~np.isin(ledger.appointment_id, _moved(books)))
    ids, cancels = _cancellations(books)
    if not ids.size:
        return _Given(index[:0], index[:0])
    place = np.minimum(np.searchsorted(ids, ledger.appointment_id[index]), ids.size - 1)
    hit = ids[place] == ledger.appointment_id[index]
    return _Given(index[hit], cancels[place[hit]])


def _moved(books: Books) -> Ints:
    return books.ledger.appointment_id[books.ledger.are(Write.RESCHEDULE)]


def _cancellations(books: Books) -> tuple[Ints, Ints]:
    """Return the appointments with an acknowledged cancellation, sorted, and the first one of each."""
    ledger = books.ledger
    cancels = np.flatnonzero(books.acknowledged & ledger.are(Write.CANCEL) & (ledger.appointment_id != MISSING))
    cancels = cancels[np.lexsort((ledger.answered_s[cancels], ledger.appointment_id[cancels]))]
    ids, first = np.unique(ledger.appointment_id[cancels], return_index=True)
    return ids, cancels[first]


def _refused(books: Books) -> Ints:
    """Return bookings of a named chair, far enough ahead, that were refused because the slot was lost."""
    ledger = books.ledger
    mask = ledger.told(Answer.REFUSED) & ledger.are(Write.BOOK) & (ledger.business == 1) & (ledger.barber_id != MISSING)
    return np.flatnonzero(mask & (books.start_s > books.began_s + ledger.answered_s + AHEAD_S))


def _booked(books: Books) -> Ints:
    """Return acknowledged bookings whose chair and time are known."""
    known = (books.ledger.barber_id != MISSING) & ~np.isnan(books.start_s)
    return np.flatnonzero(books.acknowledged & books.ledger.are(Write.BOOK) & known)


def _wanted_again(books: Books, given: _Given, wishes: Ints) -> list[tuple[int, int, int]]:
    """Return (booking, cancellation, later wish for the same chair and time), where the work wished for cannot be longer."""
    ledger = books.ledger
    if not given.booked.size or not wishes.size:
        return []
    both = np.append(given.booked, wishes)
    _, barber = np.unique(ledger.barber_id[both], return_inverse=True)
    _, start = np.unique(books.start_s[both], return_inverse=True)
    rank = barber.astype(np.int64) * (int(start.max()) + 1) + start
    _, rank = np.unique(rank, return_inverse=True)
    mine, theirs = rank[: given.booked.size].astype(np.int64), rank[given.booked.size :].astype(np.int64)
    key = (mine << 40) | stamped_us(ledger.answered_s[given.cancel])
    order = np.argsort(key, kind="stable")
    wanted = (theirs << 40) | stamped_us(ledger.sent_s[wishes] - books.slack_s)
    before = np.searchsorted(key[order], wanted, "right") - 1  # the last one given up before the wish was sent
    place = order[np.maximum(before, 0)]
    minutes = np.maximum(ledger.duration_minutes[wishes], _minutes_of(books, wishes))
    fits = (minutes != MISSING) & (minutes <= ledger.duration_minutes[given.booked[place]])
    chosen = np.flatnonzero((before >= 0) & (mine[place] == theirs) & fits)
    chosen = chosen[np.argsort(ledger.sent_s[wishes[chosen]], kind="stable")][:MOST_EXAMINED]
    return [
        (int(given.booked[place[each]]), int(given.cancel[place[each]]), int(wishes[each])) for each in chosen.tolist()
    ]


def _minutes_of(books: Books, wishes: Ints) -> Ints:
    """Return how long the work takes that is wished for, as acknowledged bookings of it told; -1 where none did."""
    ledger = books.ledger
    told = np.flatnonzero(books.acknowledged & ledger.are(Write.BOOK) & (ledger.service.codes != MISSING))
    longest = np.full(len(ledger.service.words) + 1, MISSING, dtype=np.int64)  # the last: no service is named
    np.maximum.at(longest, ledger.service.codes[told], ledger.duration_minutes[told])
    return longest[ledger.service.codes[wishes]]


def _work(books: Books, holders: Ints) -> tuple[_Work, _Work]:
    """Return all that may have been in a chair, by barber (-1: not known) and by client."""
    ledger = books.ledger
    minutes = np.maximum(ledger.duration_minutes[holders], _minutes_of(books, holders))
    finish_s = books.start_s[holders] + 60 * np.where(minutes > 0, minutes, LONGEST_MINUTES)
    barber = ledger.barber_id[holders]
    ids, cancels = _cancellations(books)
    gone_s = np.full(holders.size, np.inf)
    if ids.size:
        place = np.minimum(np.searchsorted(ids, ledger.appointment_id[holders]), ids.size - 1)
        gone = (ids[place] == ledger.appointment_id[holders]) & books.acknowledged[holders]
        gone &= ~np.isin(ledger.appointment_id[holders], _moved(books))
        gone_s[gone] = ledger.answered_s[cancels[place[gone]]]
    begin_s, sent_s, answered_s = books.start_s[holders], ledger.sent_s[holders], ledger.answered_s[holders]
    ours = (begin_s, finish_s, sent_s, answered_s, gone_s, ledger.appointment_id[holders])
    people = _Work(ledger.client.codes[holders], *ours).sorted()
    if books.seen is None:
        return _Work(barber, *ours).sorted(), people
    rows = books.seen.appointments
    row = books.seen.appointment(ledger.appointment_id[holders])
    barber = np.where((barber == MISSING) & (row >= 0), np.append(rows.barber_id, MISSING)[row], barber)
    strange = ~np.isin(rows.id, ledger.appointment_id[holders]) & ~np.isnan(books.seen.start_s)
    strange &= ~rows.status.are(*GONE)
    count = int(strange.sum())
    theirs = (
        books.seen.start_s[strange],
        books.seen.start_s[strange] + 60 * np.maximum(rows.duration_minutes[strange], 1),
        np.full(count, -np.inf),
        np.full(count, np.inf),
        np.full(count, np.inf),
        rows.id[strange],
    )
    columns = [np.append(mine, others) for mine, others in zip(ours, theirs, strict=True)]
    return _Work(np.append(barber, rows.barber_id[strange]), *columns).sorted(), people


def _may_be_taken(books: Books, chairs: _Work, people: _Work, booked: int, cancel: int, wish: int) -> bool:
    """Tell whether anything but the booking given up may have been in the way of a wish, or the person themself elsewhere."""
    ledger = books.ledger
    begin_s = float(books.start_s[wish])
    finish_s = begin_s + 60.0 * float(ledger.duration_minutes[booked])
    longest_s = float((chairs.finish_s - chairs.begin_s).max(initial=0.0))

    def in_the_way(work: _Work, group: int, beside_s: float) -> bool:
        near = work.of(group, begin_s - longest_s - beside_s, finish_s + beside_s)
        there = work.finish_s[near] > begin_s - beside_s
        there &= work.sent_s[near] < ledger.answered_s[wish] + books.slack_s
        there &= work.gone_s[near] > ledger.sent_s[wish] - books.slack_s
        there &= work.appointment[near] != ledger.appointment_id[booked]
        within = (work.finish_s[near] > begin_s) & (work.begin_s[near] < finish_s)
        together = work.answered_s[near] <= ledger.sent_s[cancel] - books.slack_s
        return bool((there & (within | ~together)).any())

    return (
        in_the_way(chairs, int(ledger.barber_id[wish]), BESIDE_S)
        or in_the_way(chairs, MISSING, BESIDE_S)
        or in_the_way(people, int(ledger.client.codes[wish]), 0.0)
    )
