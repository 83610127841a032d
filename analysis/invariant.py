"""Invariants from the ledger alone: no chair sold twice, no appointment paid twice, no refund beyond the charge.

Only what is certain counts: an acknowledged write happened; what has no known answer may or may not have. So a
violation found here is one; that none is found is a statement about the answers, not about the target's database.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from analysis.figures import counted, number
from analysis.verdict import InvariantResult, ObjectiveOutcome
from records.ledger import Answer, Entry, Write

DEFAULT_MINUTES = 1  # an appointment of unknown length: only the same start, or a start inside another, overlaps
MOST_NEIGHBOURS = (
    500  # bookings looked at after each one that may overlap it; more are sold twice hundreds of times over
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def judge_invariants(ledger: Sequence[Entry]) -> tuple[InvariantResult, ...]:
    """Return all invariants in a fixed order."""
    return (_no_double_booking(ledger), _no_double_charge(ledger), _no_excess_refund(ledger), _answers_known(ledger))


# No chair is sold twice.


@dataclass(frozen=True, slots=True)
class _Holds:
    """Appointments as they were held, shape (n,), sorted by chair and start. `entry` indexes `entries`.

    Held for certain from the acknowledgement (`since_s`) until a change of it was sent (`until_s`).
    """

    entries: list[Entry]
    chair: Ints
    begin_s: Floats
    finish_s: Floats
    since_s: Floats
    until_s: Floats
    appointment: Ints


def _no_double_booking(ledger: Sequence[Entry]) -> InvariantResult:
    name, title = "no_double_booking", "No double booking"
    holds = _holds(ledger)
    checked = len(holds.entries)
    if checked == 0:
        return _not_measured(name, title, "no acknowledged booking is in the ledger")
    pairs = _colliding(holds)
    if not pairs:
        return InvariantResult(name, title, checked, 0, (), ObjectiveOutcome.PASS, "")
    at_s, first, second = min(pairs)
    violations = len({later for _, _, later in pairs})
    told = holds.entries[first]
    because = (
        f"{counted(violations, 'booking')} acknowledged for a chair that somebody else held: the first at {number(at_s)} s, "
        f"barber {told.barber_id}, {told.start_time} (appointments {told.appointment_id} and {holds.entries[second].appointment_id})"
    )
    witness = tuple(holds.entries[index].as_record() for index in (first, second))
    return InvariantResult(name, title, checked, violations, witness, ObjectiveOutcome.FAIL, because)


def _holds(ledger: Sequence[Entry]) -> _Holds:
    """Return all certain holds: acknowledged bookings and moves with a barber and a time."""
    releases = _releases(ledger)
    moments: dict[str, tuple[float, bool] | None] = {}
    chairs: dict[tuple[int, bool], int] = {}
    entries: list[Entry] = []
    columns: list[list[float]] = [[] for _ in range(6)]
    chair, begin, finish, since, until, appointment = (column.append for column in columns)
    for entry in ledger:
        if entry.answer is not Answer.ACKNOWLEDGED or (
            entry.write is not Write.BOOK and entry.write is not Write.RESCHEDULE
        ):
            continue
        text = entry.start_time
        if text is None or entry.barber_id is None or entry.appointment_id is None:
            continue
        if text not in moments:
            moments[text] = _moment(text)
        time = moments[text]
        if time is None:
            continue
        begin_s, has_zone = time
        entries.append(entry)
        chair(chairs.setdefault((entry.barber_id, has_zone), len(chairs)))
        begin(begin_s)
        finish(begin_s + 60 * (entry.duration_minutes or DEFAULT_MINUTES))
        since(entry.answered_s)
        until(_released_s(releases.get(entry.appointment_id), entry.answered_s))
        appointment(entry.appointment_id)
    arrays = np.array(columns, dtype=np.float64)
    order = np.lexsort((arrays[3], arrays[1], arrays[0]))
    arrays = arrays[:, order]
    return _Holds(
        [entries[index] for index in order.tolist()], arrays[0].astype(np.int64), arrays[1], arrays[2], arrays[3],
        arrays[4], arrays[5].astype(np.int64),
    )  # fmt: skip


def _released_s(sent_s: Sequence[float] | None, since_s: float) -> float:
    """Return when a hold may have been given up: the first change sent after it was acknowledged."""
    return np.inf if sent_s is None else next((sent for sent in sent_s if sent >= since_s), np.inf)


def _releases(ledger: Sequence[Entry]) -> dict[int, list[float]]:
    """Return when an appointment may have been given up: each cancellation or move that was sent and not refused."""
    releases: dict[int, list[float]] = defaultdict(list)
    for entry in ledger:
        if entry.write is not Write.CANCEL and entry.write is not Write.RESCHEDULE:
            continue
        if entry.answer is not Answer.REFUSED and entry.appointment_id is not None:
            releases[entry.appointment_id].append(entry.sent_s)
    return {appointment: sorted(sent) for appointment, sent in releases.items()}


def _moment(text: str) -> tuple[float, bool] | None:
    """Return an ISO time in s and whether it has a zone; None where it is none. Those with and without never compare."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp(), time.tzinfo is not None


def _colliding(holds: _Holds) -> list[tuple[float, int, int]]:
    """Return collisions as (when both were held for certain, earlier hold, later hold).

    Sorted by chair and start, each hold is compared with its next neighbours, one distance at a time for all at once.
    """
    found: list[tuple[float, int, int]] = []
    size = holds.chair.size
    longest_s = float((holds.finish_s - holds.begin_s).max(initial=0.0))
    for distance in range(1, min(size, MOST_NEIGHBOURS + 1)):
        here, there = slice(0, size - distance), slice(distance, size)
        near = (holds.chair[here] == holds.chair[there]) & (holds.begin_s[there] < holds.begin_s[here] + longest_s)
        if not near.any():
            break
        overlap = near & (holds.begin_s[there] < holds.finish_s[here])
        both_s = np.maximum(holds.since_s[here], holds.since_s[there])
        held = both_s < np.minimum(holds.until_s[here], holds.until_s[there])
        other = holds.appointment[here] != holds.appointment[there]
        for index in np.flatnonzero(overlap & held & other).tolist():
            pair = sorted((index, index + distance), key=lambda place: (holds.since_s[place], place))
            found.append((float(both_s[index]), pair[0], pair[1]))
    return found


# Nobody pays twice.


def _no_double_charge(ledger: Sequence[Entry]) -> InvariantResult:
    name, title = "no_double_charge", "No double charge"
    charges: dict[int, list[Entry]] = defaultdict(list)
    refunded_s: dict[int, float] = {}
    for entry in ledger:
        if entry.write is Write.CONFIRM and entry.answer is Answer.ACKNOWLEDGED and entry.appointment_id is not None:
            charges[entry.appointment_id].append(entry)
        if entry.write is Write.REFUND and entry.answer is not Answer.REFUSED and entry.payment_id is not None:
            refunded_s[entry.payment_id] = min(entry.sent_s, refunded_s.get(entry.payment_id, np.inf))
    if not charges:
        return _not_measured(name, title, "no acknowledged payment is in the ledger")
    pairs = [pair for found in charges.values() if (pair := _charged_twice(found, refunded_s)) is not None]
    if not pairs:
        return InvariantResult(name, title, len(charges), 0, (), ObjectiveOutcome.PASS, "")
    first, second = min(pairs, key=lambda pair: (pair[1].answered_s, pair[1].appointment_id))
    because = (
        f"{counted(len(pairs), 'appointment')} charged twice: the first is appointment {first.appointment_id}, "
        f"payments {first.payment_id} and {second.payment_id}, both acknowledged"
    )
    witness = (first.as_record(), second.as_record())
    return InvariantResult(name, title, len(charges), len(pairs), witness, ObjectiveOutcome.FAIL, because)


def _charged_twice(charges: Sequence[Entry], refunded_s: dict[int, float]) -> tuple[Entry, Entry] | None:
    """Return two acknowledged charges of different payments, the first not given back before the second."""
    ordered = sorted(charges, key=lambda entry: (entry.answered_s, entry.payment_id or 0))
    for place, second in enumerate(ordered):
        for first in ordered[:place]:
            if first.payment_id is None or second.payment_id is None or first.payment_id == second.payment_id:
                continue
            if refunded_s.get(first.payment_id, np.inf) > second.answered_s:
                return first, second
    return None


# Nobody gets back more than they paid.


def _no_excess_refund(ledger: Sequence[Entry]) -> InvariantResult:
    name, title = "no_excess_refund", "No refund beyond the charge"
    charged: dict[int, int] = {}
    refunds: dict[int, dict[str, Entry]] = defaultdict(dict)
    for entry in ledger:
        if entry.answer is not Answer.ACKNOWLEDGED or entry.payment_id is None or entry.amount_cents is None:
            continue
        if entry.write is Write.CONFIRM:
            charged[entry.payment_id] = max(charged.get(entry.payment_id, 0), entry.amount_cents)
        if entry.write is Write.REFUND:  # a second try has the same key and is the same refund
            refunds[entry.payment_id].setdefault(entry.key or f"{entry.session}:{entry.sent_s}", entry)
    known = sorted(payment for payment in refunds if payment in charged)
    if not known:
        return _not_measured(name, title, "no acknowledged refund of a payment of this run is in the ledger")
    excess = [
        payment
        for payment in known
        if sum(entry.amount_cents or 0 for entry in refunds[payment].values()) > charged[payment]
    ]
    if not excess:
        return InvariantResult(name, title, len(known), 0, (), ObjectiveOutcome.PASS, "")
    worst = sorted(refunds[excess[0]].values(), key=lambda entry: entry.answered_s)
    total = sum(entry.amount_cents or 0 for entry in worst)
    because = (
        f"{counted(len(excess), 'payment')} gave back more than was paid: payment {excess[0]}, "
        f"{total / 100:,.2f} of {charged[excess[0]] / 100:,.2f}"
    )
    witness = tuple(entry.as_record() for entry in worst)
    return InvariantResult(name, title, len(known), len(excess), witness, ObjectiveOutcome.FAIL, because)


# What nobody was told.


def _answers_known(ledger: Sequence[Entry]) -> InvariantResult:
    """Count writes without a known answer. They break nothing by themselves; only reading back can tell."""
    name, title = "answers_known", "Every write was answered"
    unknown = sum(entry.answer is Answer.UNKNOWN for entry in ledger)
    if not ledger:
        return _not_measured(name, title, "no write is in the ledger")
    if unknown == 0:
        return InvariantResult(name, title, len(ledger), 0, (), ObjectiveOutcome.PASS, "")
    because = f"{counted(unknown, 'write')} had no known answer and may or may not have happened; only reading the target back can tell"
    return InvariantResult(name, title, len(ledger), 0, (), ObjectiveOutcome.NOT_MEASURED, because)


def _not_measured(name: str, title: str, because: str) -> InvariantResult:
    return InvariantResult(name, title, 0, 0, (), ObjectiveOutcome.NOT_MEASURED, because)
