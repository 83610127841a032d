"""A correct shop is never accused, whatever the order of things; one thing put wrong afterwards is found, with the right witness."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.verdict import ObjectiveOutcome
from records.ledger import Answer, Entry, Write
from records.readback import Row, RowKind
from tests.unit.analysis.audit.build_books import judged
from tests.unit.analysis.audit.model_shop import PRICE_CENTS, Day

seeds = st.integers(0, 2**32)
ratios = st.sampled_from((0.0, 0.1, 0.4))


def broken(ledger: Sequence[Entry], rows: Sequence[Row] | None, **options: object) -> dict[str, str]:
    """Return the reasons of all broken invariants."""
    found = judged(ledger, rows, **options)
    return {name: row.because for name, row in found.items() if row.outcome is ObjectiveOutcome.FAIL}


@settings(max_examples=100, deadline=None)
@given(seeds, ratios, ratios, st.booleans())
def test_a_correct_shop_is_never_accused(seed: int, lost: float, twice: float, exclusive: bool) -> None:
    day = Day(seed, lost_ratio=lost, twice_ratio=twice)
    assert broken(day.ledger, day.rows(), exclusive=exclusive) == {}


@settings(max_examples=60, deadline=None)
@given(seeds, ratios)
def test_clocks_that_differ_accuse_nobody(seed: int, lost: float) -> None:
    day = Day(seed, lost_ratio=lost, clocks_off_s=0.1)
    assert broken(day.ledger, day.rows(), workers=3) == {}


@settings(max_examples=60, deadline=None)
@given(seeds, ratios)
def test_the_answers_alone_accuse_nobody(seed: int, lost: float) -> None:
    assert broken(Day(seed, lost_ratio=lost, twice_ratio=0.4).ledger, None) == {}


@settings(max_examples=60, deadline=None)
@given(seeds, st.data())
def test_what_others_do_at_a_shared_target_accuses_nobody(seed: int, data: st.DataObject) -> None:
    day = Day(seed)
    for number, held in day.shop.appointments.items():
        act = data.draw(st.sampled_from(("nothing", "nothing", "cancel", "move")), label=f"a barber's act on {number}")
        if act == "cancel":
            held["status"] = "cancelled"
        elif act == "move" and held["status"] != "cancelled":
            held["start"] = held["start"].replace(day=2 + number % 20, hour=20)  # nobody of the run went there
            held["barber"] = 7 + number % 2
    assert broken(day.ledger, _not_overlapping(day.rows()), exclusive=False) == {}


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_writes_without_an_answer_are_all_accounted_for(seed: int) -> None:
    day = Day(seed, lost_ratio=0.4)
    unknown = sum(entry.answer is Answer.UNKNOWN for entry in day.ledger)
    assume(unknown)
    because = judged(day.ledger, day.rows())["answers_known"].because
    counts = [int(word) for word in because.replace(",", "").split() if word.isdigit()]
    assert counts[0] == unknown == sum(counts[1:])


def _not_overlapping(rows: Sequence[Row]) -> list[Row]:
    """Return rows without those that the acts of others put on top of each other: that would be a defect."""
    kept: list[Row] = []
    gone: set[int] = set()
    for row in rows:
        if row.row is RowKind.APPOINTMENT and row.status != "cancelled":
            clash = [other for other in kept if (other.row, other.barber_id, (other.start_time or "")[:13]) == (row.row, row.barber_id, (row.start_time or "")[:13]) and other.status != "cancelled" and (row.start_time or "")[11:13] == "20"]  # fmt: skip
            if clash:
                gone.add(row.id)
        if not (row.row in {RowKind.APPOINTMENT, RowKind.SCHEDULE} and row.id in gone):
            kept.append(row)
    return kept


# One thing put wrong.


Ledger = list[Entry]
Spoilt = tuple[Ledger, list[Row], str, int] | None


def _first(rows: Sequence[Row], kind: RowKind, *statuses: str) -> Row | None:
    return next((row for row in rows if row.row is kind and row.status in statuses), None)


def _told(ledger: Ledger, write: Write, number: int) -> Entry | None:
    field = "payment_id" if write in {Write.CONFIRM, Write.REFUND} else "appointment_id"
    return next(
        (e for e in ledger if e.write is write and e.answer is Answer.ACKNOWLEDGED and getattr(e, field) == number),
        None,
    )


def _without(rows: list[Row], row: Row, *kinds: RowKind) -> list[Row]:
    return [other for other in rows if not (other.id == row.id and other.row in kinds)]


def sold_twice(ledger: Ledger, rows: list[Row]) -> Spoilt:
    row = _first(rows, RowKind.APPOINTMENT, "scheduled", "confirmed")
    if row is None:
        return None
    number = 900
    again = Entry(
        900.0,
        900.1,
        Write.BOOK,
        Answer.ACKNOWLEDGED,
        200,
        "late",
        99,
        number,
        row.barber_id,
        row.start_time,
        30,
        owner_id=7,
    )
    twin = row._replace(id=number, owner_id=7, status="scheduled")
    return [*ledger, again], [*rows, twin, twin._replace(row=RowKind.SCHEDULE)], "no_double_booking", row.id


def lost_booking(ledger: Ledger, rows: list[Row]) -> Spoilt:
    row = next((r for r in rows if r.row is RowKind.APPOINTMENT and _told(ledger, Write.BOOK, r.id)), None)
    if row is None:
        return None
    rest = _without(rows, row, RowKind.APPOINTMENT, RowKind.SCHEDULE)
    return ledger, [*rest, Row(RowKind.ABSENT, row.id, 1000.0)], "bookings_kept", row.id


def lost_cancellation(ledger: Ledger, rows: list[Row]) -> Spoilt:
    moved = {e.appointment_id for e in ledger if e.write is Write.RESCHEDULE}
    row = next(
        (r for r in rows if r.row is RowKind.APPOINTMENT and _told(ledger, Write.CANCEL, r.id) and r.id not in moved),
        None,
    )
    if row is None:
        return None
    kept = row._replace(status="scheduled", start_time="2026-12-05T06:00:00")
    return (
        ledger,
        [*_without(rows, row, RowKind.APPOINTMENT), kept, kept._replace(row=RowKind.SCHEDULE)],
        "bookings_kept",
        row.id,
    )


def lost_move(ledger: Ledger, rows: list[Row]) -> Spoilt:
    for row in rows:
        if row.row is not RowKind.APPOINTMENT or row.status == "cancelled":
            continue
        booked = _told(ledger, Write.BOOK, row.id)
        changes = [
            e
            for e in ledger
            if e.appointment_id == row.id
            and e.write in {Write.RESCHEDULE, Write.CANCEL}
            and e.answer is not Answer.REFUSED
        ]
        if (
            booked
            and len(changes) == 1
            and changes[0].answer is Answer.ACKNOWLEDGED
            and changes[0].start_time != booked.start_time
        ):
            back = row._replace(start_time=booked.start_time)
            return ledger, [*_without(rows, row, RowKind.APPOINTMENT), back], "bookings_kept", row.id
    return None


def charged_twice(ledger: Ledger, rows: list[Row]) -> Spoilt:
    row = _first(rows, RowKind.PAYMENT, "completed")
    told = None if row is None else _told(ledger, Write.CONFIRM, row.id)
    if row is None or told is None:
        return None
    twin = row._replace(id=901)
    return (
        [*ledger, told._replace(payment_id=901, key="another", sent_s=900.0, answered_s=900.1)],
        [*rows, twin],
        "no_double_charge",
        row.id,
    )


def refunded_twice(ledger: Ledger, rows: list[Row]) -> Spoilt:
    row = _first(rows, RowKind.PAYMENT, "completed")
    if row is None or _told(ledger, Write.CONFIRM, row.id) is None:
        return None
    back = [Entry(900.0 + n, 900.5 + n, Write.REFUND, Answer.ACKNOWLEDGED, 200, "barber", 99, payment_id=row.id, amount_cents=PRICE_CENTS, key=f"more_{n}") for n in (0, 1)]  # fmt: skip
    shown = row._replace(refunded_cents=2 * PRICE_CENTS, status="refunded")
    return [*ledger, *back], [*_without(rows, row, RowKind.PAYMENT), shown], "no_excess_refund", row.id


def not_captured(ledger: Ledger, rows: list[Row]) -> Spoilt:
    row = next((r for r in rows if r.row is RowKind.PAYMENT and _told(ledger, Write.CONFIRM, r.id)), None)
    if row is None:
        return None
    return ledger, [*_without(rows, row, RowKind.PAYMENT), row._replace(status="pending")], "money_matches", row.id


def key_not_looked_up(ledger: Ledger, rows: list[Row]) -> Spoilt:
    told = next((e for e in ledger if e.write is Write.INTENT and e.answer is Answer.ACKNOWLEDGED), None)
    if told is None or told.payment_id is None:
        return None
    return (
        [*ledger, told._replace(payment_id=902, sent_s=900.0, answered_s=900.1)],
        rows,
        "retries_change_nothing",
        told.payment_id,
    )


def nobodys_booking(ledger: Ledger, rows: list[Row]) -> Spoilt:
    row = Row(RowKind.APPOINTMENT, 903, 1000.0, barber_id=7, status="scheduled", start_time="2026-12-06T06:00:00", duration_minutes=30,
        created_at="2026-11-23T06:05:00", guest=False)  # fmt: skip
    return ledger, [*rows, row], "no_ownerless_booking", 903


def not_in_the_calendar(ledger: Ledger, rows: list[Row]) -> Spoilt:
    row = next((r for r in rows if r.row is RowKind.SCHEDULE and _told(ledger, Write.BOOK, r.id)), None)
    if row is None or sum(r.row is RowKind.SCHEDULE for r in rows) < 2:
        return None
    return ledger, _without(rows, row, RowKind.SCHEDULE), "calendar_matches", row.id


@pytest.mark.parametrize(
    "spoil",
    [sold_twice, lost_booking, lost_cancellation, lost_move, charged_twice, refunded_twice, not_captured, key_not_looked_up, nobodys_booking, not_in_the_calendar],
)  # fmt: skip
@settings(max_examples=15, deadline=None)
@given(seed=seeds, lost=ratios)
def test_one_fault_is_found_and_shown(spoil: Callable[[Ledger, list[Row]], Spoilt], seed: int, lost: float) -> None:
    day = Day(seed, lost_ratio=lost)
    spoilt = spoil(list(day.ledger), day.rows())
    assume(spoilt is not None)
    assert spoilt is not None
    ledger, rows, name, number = spoilt
    row = judged(ledger, rows)[name]
    assert row.outcome is ObjectiveOutcome.FAIL, row.because
    assert row.violations >= 1
    assert number in {item.get(field) for item in row.witness for field in ("id", "appointment_id", "payment_id")}
