"""How long the audit takes over a million writes and as many rows read back: `python -m benchmarks.audit_speed [--writes N]`.

The aim is under 10 s and under 1 GB, with the files read from disk, in a process of its own. The shop is correct, so that every rule looks
at all of it; then one double booking and one lost write are added, which must be found.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from analysis.audit.judge import judge_audit
from analysis.verdict import ObjectiveOutcome
from benchmarks.table import Row, deliver
from records.folder import AUDIT, LEDGER, create_folder, write_manifest
from records.ledger import Answer, Entry, Write
from records.manifest import Ended, Fingerprint, Manifest
from records.readback import ReadbackEnd, RowKind
from records.readback import Row as Seen
from records.run import read_run
from scenarios.library import load_plan

WANTED_S = 10.0
WANTED_BYTES = 1e9
BARBERS = 60
SLOTS_A_DAY = 18
STARTED = datetime(2026, 2, 1, tzinfo=UTC)
MOVE_EVERY, CANCEL_EVERY, PAY_EVERY, REFUND_EVERY = 9, 7, 2, 20  # of the bookings
WRITES_A_BOOKING = (
    1 + 1 / MOVE_EVERY + 0.5 / CANCEL_EVERY + 2 / PAY_EVERY + 2 / REFUND_EVERY
)  # only the unpaid are cancelled


def main() -> int:
    """Make the folders, judge each in a process of its own, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writes", type=int, default=1_000_000)
    parser.add_argument("--judge", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.judge is not None:
        return _judge(options.judge)
    with tempfile.TemporaryDirectory() as results:
        folder = _folder(Path(results), options.writes)
        clean = _measured(folder)
        _put_wrong(folder, options.writes)
        faulty = _measured(folder)
    print(f"{clean['writes']:,} writes, {clean['rows']:,} rows; {clean['outcomes']}")
    took_s = max(clean["took_s"], faulty["took_s"])
    peak_bytes = max(clean["peak_bytes"], faulty["peak_bytes"])
    found = sorted(faulty["broken"])
    wanted = ["bookings_kept", "no_double_booking"]
    what = f"{clean['writes']:,} writes and {clean['rows']:,} rows, read and audited"
    return deliver("Audit", [
        Row(what, f"{took_s:.1f} s (reading {clean['read_s']:.1f} s; CPU {clean['cpu_s']:.1f} s with the start of Python)", f"< {WANTED_S:g} s", took_s < WANTED_S),
        Row("peak memory of that process", f"{peak_bytes / 1e6:,.0f} MB", f"< {WANTED_BYTES / 1e6:,.0f} MB", peak_bytes < WANTED_BYTES),
        Row("accused in the correct million", ", ".join(clean["broken"]) or "none", "none", not clean["broken"]),
        Row("found of one double booking, one lost write", ", ".join(found) or "none", " and ".join(wanted), found == wanted),
    ])  # fmt: skip


def _measured(folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.audit_speed", "--judge", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _judge(folder: Path) -> int:
    began = time.perf_counter()
    run = read_run(folder)
    read_s = time.perf_counter() - began
    results = judge_audit(run)
    took_s, cpu_s = time.perf_counter() - began, time.process_time()
    assert run.readback is not None
    back = run.readback
    print(json.dumps({
        "writes": len(run.ledger),
        "rows": sum(len(rows) for rows in (back.appointments, back.payments, back.refunds, back.schedule, back.absent)),
        "read_s": read_s,
        "took_s": took_s,
        "cpu_s": cpu_s,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "broken": [row.name for row in results if row.outcome is ObjectiveOutcome.FAIL],
        "outcomes": ", ".join(f"{row.name} {row.outcome.value} of {row.checked:,}" for row in results),
    }))  # fmt: skip
    return 0


def _bookings(writes: int) -> int:
    return int(writes / WRITES_A_BOOKING)


def _folder(results: Path, writes: int) -> Path:
    folder, bookings = create_folder(results, "audit"), _bookings(writes)
    manifest = Manifest(
        run_id=folder.name, scenario_text="", plan=load_plan("smoke"), started_at=STARTED.isoformat(), workers=2, versions={}, commit=None,
        target_build=None, fingerprint=Fingerprint(machine="x", cpu="x", cores=1, system="x", python="3"), command=(), load_command=(),
        ended=Ended(reason="completed", at_s=3600.0),
    )  # fmt: skip
    write_manifest(folder, manifest)
    with (folder / LEDGER).open("wb") as file:
        for number in range(1, bookings + 1):
            file.writelines(
                orjson.dumps(entry.as_record(), option=orjson.OPT_APPEND_NEWLINE) for entry in _writes(number)
            )
    with (folder / AUDIT).open("wb") as file:
        for number in range(1, bookings + 1):
            file.writelines(orjson.dumps(row.as_record(), option=orjson.OPT_APPEND_NEWLINE) for row in _rows(number))
        file.write(orjson.dumps(_end(bookings).model_dump(), option=orjson.OPT_APPEND_NEWLINE))
    return folder


def _put_wrong(folder: Path, writes: int) -> None:
    """Add a booking of a chair that somebody has, and one that is not there afterwards."""
    bookings = _bookings(writes)
    twin = next(_writes(100))._replace(appointment_id=bookings + 1, client="another", session=bookings + 1)
    lost = next(_writes(bookings + 2 * BARBERS))._replace(appointment_id=bookings + 2)
    with (folder / LEDGER).open("ab") as file:
        file.writelines(orjson.dumps(entry.as_record(), option=orjson.OPT_APPEND_NEWLINE) for entry in (twin, lost))
    with (folder / AUDIT).open("ab") as file:
        absent = Seen(RowKind.ABSENT, bookings + 2, 4000.0)
        file.write(orjson.dumps(absent.as_record(), option=orjson.OPT_APPEND_NEWLINE))
        file.write(orjson.dumps(_end(bookings).model_dump(), option=orjson.OPT_APPEND_NEWLINE))


def _start(number: int, *, moved: bool) -> str:
    """Return a time that nobody else has with this barber: a move goes to the same hour of another year."""
    day, slot = divmod(number // BARBERS, SLOTS_A_DAY)
    start = datetime(2028 if moved else 2026, 3, 1, 9, tzinfo=UTC) + timedelta(days=day, minutes=30 * slot)
    return f"{start:%Y-%m-%dT%H:%M:%S}"


def _is_moved(number: int) -> bool:
    return number % MOVE_EVERY == 1


def _is_cancelled(number: int) -> bool:
    return number % CANCEL_EVERY == 3 and not _is_paid(number)


def _is_paid(number: int) -> bool:
    return number % PAY_EVERY == 0


def _writes(number: int) -> Iterator[Entry]:
    at_s = number % 3000 + (number % 997) / 1000
    base = Entry(
        sent_s=at_s, answered_s=at_s + 0.05, write=Write.BOOK, answer=Answer.ACKNOWLEDGED, status=200,
        client=f"client{number % 20_000:05d}@shop.example", session=number, appointment_id=number, barber_id=number % BARBERS,
        start_time=_start(number, moved=False), duration_minutes=30, owner_id=number % 20_000,
    )  # fmt: skip
    yield base
    if _is_moved(number):
        yield base._replace(
            write=Write.RESCHEDULE,
            sent_s=at_s + 2,
            answered_s=at_s + 2.05,
            start_time=_start(number, moved=True),
            owner_id=None,
        )
    if _is_cancelled(number):
        yield base._replace(write=Write.CANCEL, sent_s=at_s + 9, answered_s=at_s + 9.05, owner_id=None)
    if not _is_paid(number):
        return
    money = Entry(
        sent_s=at_s + 4, answered_s=at_s + 4.1, write=Write.INTENT, answer=Answer.ACKNOWLEDGED, status=200, client=base.client,
        session=number, appointment_id=number, payment_id=number, amount_cents=3000, key=f"intent_{number:032x}", reference=f"pi_{number:024x}",
    )  # fmt: skip
    yield money
    paid = money._replace(write=Write.CONFIRM, sent_s=at_s + 6, answered_s=at_s + 6.1, key=f"confirm_{number:032x}")
    if number % REFUND_EVERY == 0:  # tried twice: the first answer was lost
        yield paid._replace(answer=Answer.UNKNOWN, status=0)
    yield paid._replace(sent_s=at_s + 7, answered_s=at_s + 7.1)
    if number % REFUND_EVERY == 0:
        yield paid._replace(
            write=Write.REFUND, sent_s=at_s + 20, answered_s=at_s + 20.1, key=f"refund_{number:032x}", reference=None
        )


def _rows(number: int) -> Iterator[Seen]:
    made = STARTED + timedelta(seconds=number % 3000, microseconds=number % 997 * 1000)
    status = "cancelled" if _is_cancelled(number) else "confirmed" if _is_paid(number) else "scheduled"
    row = Seen(
        RowKind.APPOINTMENT, number, 4000.0, barber_id=number % BARBERS, owner_id=number % 20_000, status=status,
        start_time=_start(number, moved=_is_moved(number)), duration_minutes=30, created_at=f"{made:%Y-%m-%dT%H:%M:%S.%f}",
    )  # fmt: skip
    yield row
    if status != "cancelled":
        yield row._replace(row=RowKind.SCHEDULE, created_at=None)
    if _is_paid(number):
        refunded = number % REFUND_EVERY == 0
        yield Seen(
            RowKind.PAYMENT, number, 4000.0, barber_id=number % BARBERS, status="refunded" if refunded else "completed",
            appointment_id=number, amount_cents=3000, refunded_cents=3000 if refunded else 0,
        )  # fmt: skip


def _end(bookings: int) -> ReadbackEnd:
    everyone = tuple(range(BARBERS))
    return ReadbackEnd(
        source="api", from_s=4000.0, to_s=4100.0, requests=bookings // 50, pages=bookings // 100, complete=True, barbers=everyone,
        payers=everyone, calendars=everyone, first_day="2026-02-01", last_day="2032-01-01", everyone=True,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
