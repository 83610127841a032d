"""The books: what the run was told, beside what the target shows afterwards, made comparable once for all invariants.

**Certain** is what follows whatever the order in which writes under way took effect, however late a write without an answer did, and
whoever else wrote where the target is not the run's alone. Only that is held against a target.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

import numpy as np

from analysis.audit.moments import local_seconds_of, seconds_of, zoned
from records.columns import MISSING, Flags, Floats, Ints
from records.ledger import Answer, Write
from records.ledger_columns import Ledger
from records.manifest import Manifest
from records.readback import Readback, ReadbackEnd, Rows
from records.run import Run

SLACK_S = 0.2  # two clocks of workers, each at most 0.1 s off the master's (loadgen.clock_offsets.TOLERATED_S)
GONE = ("cancelled", "canceled", "no_show", "deleted")  # states in which an appointment holds no chair
CANCELLED = ("cancelled", "canceled")
UNPAID = ("scheduled", "pending")
CAPTURED = ("completed", "succeeded", "paid", "captured", "refunded", "partially_refunded")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read back, one row an id, sorted by it. Times in s since 1970, NaN where none was shown."""

    appointments: Rows
    payments: Rows
    refunds: Rows
    schedule: Rows
    absent: Ints
    start_s: Floats
    created_s: Floats
    end: ReadbackEnd

    def appointment(self, ids: Ints) -> Ints:
        """Return the places of appointments by id, -1 where one was not seen."""
        return places(self.appointments.id, ids)

    def payment(self, ids: Ints) -> Ints:
        """Return the places of payments by id, -1 where one was not seen."""
        return places(self.payments.id, ids)


@dataclass(frozen=True, slots=True)
class Books:
    """Ledger and rows. `start_s`: the chair time of each write in s since 1970, NaN where it is not known in UTC.

    `seen` is None where nothing was read back, and `unread` says why; `looked` tells whether anybody tried. `zone` is the shop's. `exclusive`: nobody else wrote, and no write of the run is missing from
    the ledger. `slack_s`: closer moments have no known order. `began_s`: the run's start, s since 1970.
    """

    ledger: Ledger
    start_s: Floats
    has_zone: Flags
    acknowledged: Flags
    unknown: Flags
    seen: Seen | None
    unread: str
    looked: bool
    zone: tzinfo | None
    exclusive: bool
    slack_s: float
    began_s: float

    @property
    def guest_wish(self) -> Flags:
        """Tell of each booking whether it says no barber: a guest's, or a wish for anyone free."""
        wish: Flags = self.ledger.are(Write.BOOK) & (self.ledger.barber_id == MISSING)
        return wish


def open_books(run: Run) -> Books:
    """Return the books of a run."""
    manifest = run.manifest
    audit = manifest.plan.target.audit
    ledger = run.ledger
    acknowledged, unknown = ledger.told(Answer.ACKNOWLEDGED), ledger.told(Answer.UNKNOWN)
    zone = None if audit.timezone is None else ZoneInfo(audit.timezone)
    told_in_utc = acknowledged & ~(ledger.are(Write.BOOK) & (ledger.barber_id == MISSING))
    start_s = np.where(told_in_utc, seconds_of(ledger.start_time), local_seconds_of(ledger.start_time, zone))
    seen, unread = _seen(run.readback)
    return Books(
        ledger=ledger,
        start_s=start_s,
        has_zone=zoned(ledger.start_time),
        acknowledged=acknowledged,
        unknown=unknown,
        seen=seen,
        unread=unread,
        looked=run.readback is not None,
        zone=zone,
        exclusive=audit.exclusive and _whole(manifest) and "ledger.jsonl" not in run.torn_lines,
        slack_s=SLACK_S if manifest.workers > 1 else 0.0,
        began_s=datetime.fromisoformat(manifest.started_at).timestamp(),
    )


def places(known: Ints, wanted: Ints) -> Ints:
    """Return where each wanted value is in a sorted array, -1 where it is not (or is missing)."""
    if known.size == 0:
        return np.full(wanted.shape, -1, dtype=np.int64)
    found = np.minimum(np.searchsorted(known, wanted), known.size - 1)
    return np.where((known[found] == wanted) & (wanted != MISSING), found, -1)


def _whole(manifest: Manifest) -> bool:
    """Tell whether all writes are in the ledger: a killed run, or a lost worker, takes some with it."""
    return manifest.ended is not None and manifest.ended.reason != "failed"


def _seen(readback: Readback | None) -> tuple[Seen | None, str]:
    if readback is None:
        return None, "the target was not read back"
    if readback.end is None:
        return None, "reading the target back was cut off"
    appointments, payments = _last_of_each(readback.appointments), _last_of_each(readback.payments)
    if not (len(appointments) or len(payments) or len(readback.absent)) and not readback.end.complete:
        return None, readback.end.because
    seen = Seen(
        appointments=appointments,
        payments=payments,
        refunds=readback.refunds,
        schedule=readback.schedule,
        absent=np.unique(readback.absent.id),
        start_s=seconds_of(appointments.start_time),
        created_s=seconds_of(appointments.created_at),
        end=readback.end,
    )
    return seen, "" if readback.end.complete else readback.end.because


def _last_of_each(rows: Rows) -> Rows:
    """Return the row that was read last of each id, sorted by id."""
    order = np.argsort(rows.id, kind="stable")
    ids = rows.id[order]
    last = np.append(ids[1:] != ids[:-1], True) if ids.size else np.empty(0, dtype=np.bool_)
    return rows.take(order[last])
