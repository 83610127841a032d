"""What is certainly broken already while the load goes on: from two readings of one barber's books, some time apart, and the ledger so far.

A reading takes its time, and writes go on meanwhile: one row may be seen before a move, and another after it. Only what both readings
show alike is looked at. A charge that stands and money given back never go back to what they were, so what two readings show alike was so in
between. An appointment may be moved away and back again: where the ledger knows of a move that may have happened since the first
reading, nothing is said. The last word on every invariant is the audit's, after the run.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.audit.books import CAPTURED, GONE, SLACK_S
from analysis.audit.chair import DEFAULT_MINUTES, DOUBLE_BOOKING
from analysis.audit.charge import DOUBLE_CHARGE, EXCESS_REFUND, dollars
from analysis.audit.moments import second_of
from analysis.audit.outcome import Invariant
from analysis.audit.overlap import Holds, collisions
from records.ledger import Answer, Entry, Write
from records.readback import Row, RowKind

GIVEN_BACK = ("refunded", "partially_refunded")
MADE_BEFORE_S = 60.0  # the target's clock and ours need not agree to the second
MOST_SHOWN = 2  # requests of a witness, in a line


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What two readings showed alike that no correct shop may hold: the rows, as they were last seen."""

    invariant: Invariant
    rows: tuple[Row, ...]
    because: str

    @property
    def appointments(self) -> frozenset[int]:
        """Return the appointments it is about."""
        told = {row.id if row.row is RowKind.APPOINTMENT else row.appointment_id for row in self.rows}
        return frozenset(number for number in told if number is not None)

    @property
    def payments(self) -> frozenset[int]:
        """Return the payments it is about."""
        return frozenset(row.id for row in self.rows if row.row is RowKind.PAYMENT)


def alike(before: Sequence[Row], after: Sequence[Row]) -> list[Row]:
    """Return the rows of the later reading that the earlier one showed in the same way."""
    known = {(row.row, row.id): row for row in before}
    found = {(row.row, row.id): row for row in after}
    return [row for key, row in found.items() if (old := known.get(key)) and old._replace(read_s=row.read_s) == row]


def suspicions(rows: Sequence[Row], began_s: float) -> list[Suspicion]:
    """Return what is broken in the rows of one barber, the first of each kind. `began_s`: the run's start, s since 1970."""
    found = (_chair_twice(rows, began_s), _charged_twice(rows), _more_back_than_paid(rows))
    return [suspicion for suspicion in found if suspicion is not None]


def is_certain(suspicion: Suspicion, about: Sequence[Entry], from_s: float) -> bool:
    """Tell whether a suspicion is of this run's making, and no move explains it.

    `about` are the ledger's writes so far on its appointments and payments, `from_s` when the first reading began (s of the run).
    """
    if not any(entry.answer is Answer.ACKNOWLEDGED for entry in about):
        return False
    if suspicion.invariant is not DOUBLE_BOOKING:
        return True
    changes = [entry for entry in about if entry.write in {Write.RESCHEDULE, Write.CANCEL}]
    return not any(_may_be_later(entry, from_s) for entry in changes)


def in_words(suspicion: Suspicion, about: Sequence[Entry], read_s: tuple[float, float]) -> str:
    """Return a certain suspicion as one line with its witness: what was shown at both readings (s of the run), and who asked for it."""
    asked = [entry for entry in about if entry.answer is Answer.ACKNOWLEDGED and entry.write is not Write.CANCEL]
    asked = sorted(asked, key=lambda entry: entry.answered_s)[:MOST_SHOWN]
    told = "; ".join(
        f"{entry.client} sent {entry.write} at {entry.sent_s:.3f} s, answered {entry.status} at {entry.answered_s:.3f} s"
        for entry in asked
    )
    return f"{suspicion.because}, as the target showed it at {read_s[0]:.1f} s and at {read_s[1]:.1f} s; {told}"


def _may_be_later(entry: Entry, from_s: float) -> bool:
    """Tell whether a change may have happened after a moment; one without an answer may do so at any time."""
    match entry.answer:
        case Answer.REFUSED:
            return False
        case Answer.UNKNOWN:
            return True
        case Answer.ACKNOWLEDGED:
            return entry.answered_s >= from_s - SLACK_S


def _chair_twice(rows: Sequence[Row], began_s: float) -> Suspicion | None:
    live = [
        row for row in rows if row.row is RowKind.APPOINTMENT and row.barber_id is not None and row.status not in GONE
    ]
    live = [row for row in live if not np.isnan(second_of(row.start_time or ""))]
    begin_s = np.array([second_of(row.start_time or "") for row in live], dtype=np.float64)
    minutes = np.array([row.duration_minutes or DEFAULT_MINUTES for row in live], dtype=np.float64)
    ids = np.array([row.id for row in live], dtype=np.int64)
    pair = collisions(
        Holds(
            index=np.arange(ids.size),
            chair=np.array([row.barber_id for row in live], dtype=np.int64),
            begin_s=begin_s,
            finish_s=begin_s + 60 * minutes,
            since_s=ids.astype(np.float64),
            until_s=np.full(ids.size, np.inf),
            appointment=ids,
            ours=np.array([_is_of_the_run(row, began_s) for row in live], dtype=np.bool_),
        )
    ).first
    if pair is None:
        return None
    first, second = (live[place] for place in pair)
    because = (
        f"barber {first.barber_id}: appointments {first.id} ({first.start_time}) and {second.id} ({second.start_time}) "
        "hold one chair at one time"
    )
    return Suspicion(DOUBLE_BOOKING, (first, second), because)


def _is_of_the_run(row: Row, began_s: float) -> bool:
    """Tell whether an appointment may have been made by the run; a shared target has others."""
    made_s = second_of(row.created_at or "")
    return bool(np.isnan(made_s)) or made_s >= began_s - MADE_BEFORE_S


def _charged_twice(rows: Sequence[Row]) -> Suspicion | None:
    standing: defaultdict[tuple[int, int], list[Row]] = defaultdict(list)
    for row in rows:
        is_captured = row.row is RowKind.PAYMENT and row.status in CAPTURED and row.status not in GIVEN_BACK
        if is_captured and not row.refunded_cents and row.appointment_id is not None and row.amount_cents is not None:
            standing[row.appointment_id, row.amount_cents].append(row)
    for (appointment, cents), charges in standing.items():
        if len(charges) > 1:
            first, second = sorted(charges, key=lambda row: row.id)[:2]
            because = f"appointment {appointment}: payments {first.id} and {second.id} of {dollars(cents)} both stand"
            return Suspicion(DOUBLE_CHARGE, (first, second), because)
    return None


def _more_back_than_paid(rows: Sequence[Row]) -> Suspicion | None:
    for row in rows:
        if row.row is not RowKind.PAYMENT or row.amount_cents is None or row.refunded_cents is None:
            continue
        if row.refunded_cents > row.amount_cents:
            because = f"payment {row.id}: {dollars(row.refunded_cents)} given back of {dollars(row.amount_cents)}"
            return Suspicion(EXCESS_REFUND, (row,), because)
    return None
