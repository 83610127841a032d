"""Rules of the invariants by what was read back, on rows few enough to see through."""

from analysis.verdict import ObjectiveOutcome
from records.ledger import Answer, Entry, Write
from records.readback import ReadbackEnd, Row, RowKind
from tests.unit.analysis.audit.build_books import END, judged

PASS, FAIL, NOT_MEASURED = ObjectiveOutcome.PASS, ObjectiveOutcome.FAIL, ObjectiveOutcome.NOT_MEASURED
BOOKED = Entry(
    sent_s=1.0, answered_s=1.1, write=Write.BOOK, answer=Answer.ACKNOWLEDGED, status=200, client="ann", session=1,
    appointment_id=1, barber_id=7, start_time="2026-12-01T10:00:00", duration_minutes=30, owner_id=50, service="Shave",
)  # fmt: skip
THERE = Row(
    RowKind.APPOINTMENT, 1, 1000.0, barber_id=7, owner_id=50, status="scheduled", start_time="2026-12-01T10:00:00",
    duration_minutes=30, created_at="2026-11-23T06:00:20",
)  # fmt: skip
MOVED = BOOKED._replace(write=Write.RESCHEDULE, sent_s=2.0, answered_s=2.1, start_time="2026-12-01T15:00:00")
CANCELLED = BOOKED._replace(write=Write.CANCEL, sent_s=3.0, answered_s=3.1)
PAID = Entry(
    sent_s=2.0, answered_s=2.1, write=Write.CONFIRM, answer=Answer.ACKNOWLEDGED, status=200, client="ann", session=1,
    appointment_id=1, payment_id=5, amount_cents=3000, key="confirm_1",
)  # fmt: skip
MONEY = Row(
    RowKind.PAYMENT, 5, 1000.0, barber_id=7, status="completed", appointment_id=1, amount_cents=3000, refunded_cents=0
)
GONE: ReadbackEnd = END.model_copy(
    update={"complete": False, "because": "the target cannot be reached", "barbers": (), "calendars": ()}
)


def test_a_booking_that_is_there_is_kept() -> None:
    row = judged([BOOKED], [THERE])["bookings_kept"]
    assert (row.outcome, row.checked, row.violations) == (PASS, 1, 0)


def test_a_booking_that_is_absent_is_lost_and_the_request_is_shown() -> None:
    row = judged([BOOKED], [Row(RowKind.ABSENT, 1, 1000.0)])["bookings_kept"]
    assert (row.outcome, row.violations) == (FAIL, 1)
    assert "does not know it" in row.because
    assert [item.get("row", item.get("write")) for item in row.witness] == ["book", "absent"]


def test_a_booking_that_was_not_seen_is_not_measured_rather_than_lost() -> None:
    other = THERE._replace(id=2)
    row = judged([BOOKED, BOOKED._replace(appointment_id=2)], [other])["bookings_kept"]
    assert row.outcome is NOT_MEASURED
    assert "1 appointment of 2 could not be seen" in row.because


def test_an_acknowledged_cancellation_that_is_not_there_is_a_lost_write() -> None:
    row = judged([BOOKED, CANCELLED], [THERE])["bookings_kept"]
    assert row.outcome is FAIL
    assert "not cancelled" in row.because
    assert [item.get("row", item.get("write")) for item in row.witness] == ["book", "cancel", "appointment"]


def test_an_acknowledged_move_that_is_not_there_is_a_lost_write() -> None:
    assert "still where it was" in judged([BOOKED, MOVED], [THERE])["bookings_kept"].because
    there = THERE._replace(start_time="2026-12-01T15:00:00")
    assert judged([BOOKED, MOVED], [there])["bookings_kept"].outcome is PASS


def test_a_move_without_an_answer_may_have_happened_or_not() -> None:
    unknown = MOVED._replace(answer=Answer.UNKNOWN)
    for place in ("2026-12-01T10:00:00", "2026-12-01T15:00:00"):
        assert judged([BOOKED, unknown], [THERE._replace(start_time=place)])["bookings_kept"].outcome is PASS
    elsewhere = THERE._replace(start_time="2026-12-01T16:00:00")
    assert judged([BOOKED, unknown], [elsewhere])["bookings_kept"].outcome is FAIL


def test_two_moves_at_once_may_have_gone_either_way() -> None:
    beside = MOVED._replace(sent_s=2.05, answered_s=2.15, start_time="2026-12-01T16:00:00")
    for place in ("2026-12-01T15:00:00", "2026-12-01T16:00:00"):
        assert judged([BOOKED, MOVED, beside], [THERE._replace(start_time=place)])["bookings_kept"].outcome is PASS


def test_a_cancellation_by_nobody_counts_only_where_nobody_else_writes() -> None:
    gone = THERE._replace(status="cancelled")
    assert judged([BOOKED], [gone])["bookings_kept"].outcome is FAIL
    assert judged([BOOKED], [gone], exclusive=False)["bookings_kept"].outcome is PASS


def test_somebody_elses_cancellation_frees_the_chair_for_the_next() -> None:
    later = BOOKED._replace(appointment_id=2, client="bob", sent_s=9.0, answered_s=9.1)
    rows = [THERE._replace(status="cancelled"), THERE._replace(id=2)]
    assert judged([BOOKED, later], rows, exclusive=False)["no_double_booking"].outcome is PASS


def test_a_booking_of_another_account_than_was_told_is_a_violation() -> None:
    assert "another one's" in judged([BOOKED], [THERE._replace(owner_id=51)])["bookings_kept"].because


def test_a_paid_appointment_that_still_waits_for_payment_is_a_lost_write() -> None:
    assert "waiting for payment" in judged([BOOKED, PAID], [THERE, MONEY])["bookings_kept"].because
    paid = judged([BOOKED, PAID], [THERE._replace(status="confirmed"), MONEY])
    assert paid["bookings_kept"].outcome is PASS


def test_two_rows_in_one_chair_are_a_double_booking_even_if_only_one_was_acknowledged() -> None:
    unknown = BOOKED._replace(appointment_id=None, client="bob", answer=Answer.UNKNOWN, status=0)
    row = judged([BOOKED, unknown], [THERE, THERE._replace(id=2, owner_id=51)])["no_double_booking"]
    assert (row.outcome, row.violations) == (FAIL, 1)
    assert [item["id"] for item in row.witness if "row" in item] == [1, 2]


def test_a_double_booking_of_others_is_not_this_runs() -> None:
    rows = [
        THERE,
        THERE._replace(id=8, start_time="2026-12-01T12:00:00"),
        THERE._replace(id=9, start_time="2026-12-01T12:00:00"),
    ]
    assert judged([BOOKED], rows, exclusive=False)["no_double_booking"].outcome is PASS


def test_rows_that_changed_between_two_readings_prove_nothing() -> None:
    rows = [THERE, THERE._replace(id=2, steady=False)]
    assert judged([BOOKED], rows)["no_double_booking"].outcome is PASS


def test_a_guests_time_is_compared_only_where_the_shops_zone_is_known() -> None:
    guest = BOOKED._replace(barber_id=None, duration_minutes=None, owner_id=None, start_time="2026-12-01T11:00:00")
    row = THERE._replace(owner_id=None)
    assert judged([guest], [row], timezone="Europe/Berlin")["bookings_kept"].outcome is PASS
    assert judged([guest], [row], timezone="UTC")["bookings_kept"].outcome is FAIL
    assert judged([guest], [row], timezone=None)["bookings_kept"].outcome is PASS


def test_money_that_was_acknowledged_but_not_captured_is_a_violation() -> None:
    row = judged([BOOKED, PAID], [THERE, MONEY._replace(status="pending")])["money_matches"]
    assert row.outcome is FAIL
    assert "not captured" in row.because


def test_money_is_told_in_sum_where_it_matches() -> None:
    row = judged([BOOKED, PAID], [THERE._replace(status="confirmed"), MONEY])["money_matches"]
    assert (row.outcome, row.checked) == (PASS, 1)
    assert row.because == "30.00 captured in 1 payment, 0.00 given back, as acknowledged"


def test_a_refund_without_an_answer_may_have_been_given() -> None:
    asked = PAID._replace(
        write=Write.REFUND, answer=Answer.UNKNOWN, sent_s=5.0, answered_s=9.0, key="refund_1", appointment_id=None
    )
    given_back = MONEY._replace(refunded_cents=3000, status="refunded")
    assert judged([BOOKED, PAID, asked], [MONEY])["money_matches"].outcome is PASS
    assert judged([BOOKED, PAID, asked], [given_back])["money_matches"].outcome is PASS
    assert judged([BOOKED, PAID], [given_back])["money_matches"].outcome is FAIL
    assert judged([BOOKED, PAID], [given_back], exclusive=False)["money_matches"].outcome is PASS


def test_a_refund_told_but_not_given_is_a_violation() -> None:
    told = PAID._replace(write=Write.REFUND, sent_s=5.0, answered_s=5.1, key="refund_1", appointment_id=None)
    assert "less than was acknowledged" in judged([BOOKED, PAID, told], [MONEY])["money_matches"].because


def test_a_payment_that_its_barbers_history_does_not_show_is_lost() -> None:
    second = PAID._replace(appointment_id=2, payment_id=6, key="confirm_2")
    ledger = [BOOKED, BOOKED._replace(appointment_id=2, start_time="2026-12-01T11:00:00"), PAID, second]
    rows = [
        THERE._replace(status="confirmed"),
        THERE._replace(id=2, start_time="2026-12-01T11:00:00", status="confirmed"),
        MONEY,
    ]
    assert "does not show it" in judged(ledger, rows)["money_matches"].because
    unread = END.model_copy(update={"payers": ()})
    assert judged(ledger, rows, end=unread)["money_matches"].outcome is NOT_MEASURED


REFUSED = BOOKED._replace(
    appointment_id=None, client="bob", answer=Answer.REFUSED, status=400, business=True, sent_s=5.0, answered_s=5.1, duration_minutes=None,
)  # fmt: skip


def test_a_cancelled_slot_that_is_refused_to_the_next_is_a_violation() -> None:
    row = judged([BOOKED, CANCELLED, REFUSED], [THERE._replace(status="cancelled")])["cancelled_is_free"]
    assert (row.outcome, row.checked, row.violations) == (FAIL, 1, 1)
    assert [item["write"] for item in row.witness] == ["book", "cancel", "book"]


def test_a_cancelled_slot_that_is_booked_again_holds() -> None:
    again = BOOKED._replace(appointment_id=2, client="bob", sent_s=5.0, answered_s=5.1)
    row = judged([BOOKED, CANCELLED, again], [THERE._replace(status="cancelled"), THERE._replace(id=2)])[
        "cancelled_is_free"
    ]
    assert (row.outcome, row.checked, row.because) == (PASS, 1, "1 slot given up and booked again")


def test_a_refusal_while_the_cancellation_is_under_way_is_none() -> None:
    during = REFUSED._replace(sent_s=3.05)
    assert judged([BOOKED, CANCELLED, during], [])["cancelled_is_free"].outcome is NOT_MEASURED


def test_a_refusal_of_a_slot_that_somebody_may_have_is_none() -> None:
    for way in (
        BOOKED._replace(appointment_id=2, client="eve", sent_s=4.0, answered_s=4.1),
        BOOKED._replace(appointment_id=None, client="eve", sent_s=4.0, answered_s=34.0, answer=Answer.UNKNOWN),
        BOOKED._replace(
            appointment_id=None, barber_id=None, client="eve", sent_s=4.0, answered_s=34.0, answer=Answer.UNKNOWN
        ),
    ):
        assert judged([BOOKED, CANCELLED, REFUSED, way], None)["cancelled_is_free"].outcome is PASS


def test_a_refusal_of_longer_work_than_was_given_up_is_none() -> None:
    long = REFUSED._replace(service="Haircut & Shave")
    told = BOOKED._replace(
        appointment_id=3, start_time="2026-12-02T15:00:00", duration_minutes=60, service="Haircut & Shave"
    )
    assert judged([BOOKED, CANCELLED, long, told], [])["cancelled_is_free"].outcome is NOT_MEASURED
    nameless = REFUSED._replace(service=None)
    assert judged([BOOKED, CANCELLED, nameless], [])["cancelled_is_free"].outcome is NOT_MEASURED


def test_a_refusal_for_another_reason_than_the_slot_is_none() -> None:
    limited = REFUSED._replace(business=None, status=429)
    assert judged([BOOKED, CANCELLED, limited], [])["cancelled_is_free"].outcome is NOT_MEASURED


def test_unknown_bookings_are_settled_by_the_rows() -> None:
    unknown = BOOKED._replace(appointment_id=None, answer=Answer.UNKNOWN, start_time="2026-12-01T12:00:00", sent_s=4.0)
    another = unknown._replace(start_time="2026-12-01T13:00:00")
    rows = [THERE, THERE._replace(id=2, start_time="2026-12-01T12:00:00")]
    row = judged([BOOKED, unknown, another], rows)["answers_known"]
    assert row.outcome is PASS
    assert row.because == "2 writes had no known answer: 1 happened, 1 did not"


def test_a_target_that_cannot_be_read_makes_nothing_pass() -> None:
    found = judged([BOOKED, PAID], [], end=GONE)
    assert {row.outcome for row in found.values()} == {NOT_MEASURED} | {found["answers_known"].outcome}
    assert all(
        "cannot be reached" in found[name].because for name in ("no_double_booking", "bookings_kept", "money_matches")
    )


def test_a_reading_that_was_cut_off_makes_nothing_pass() -> None:
    assert "cut off" in judged([BOOKED], [THERE], end=None)["bookings_kept"].because


def test_the_calendar_must_show_the_bookings_and_no_cancelled_ones() -> None:
    entry = THERE._replace(row=RowKind.SCHEDULE)
    second = BOOKED._replace(appointment_id=2, start_time="2026-12-01T12:00:00")
    there = THERE._replace(id=2, start_time="2026-12-01T12:00:00")
    ledger, rows = [BOOKED, second], [THERE, there]
    assert judged(ledger, [*rows, entry, there._replace(row=RowKind.SCHEDULE)])["calendar_matches"].outcome is PASS
    assert "not in the schedule" in judged(ledger, [*rows, entry])["calendar_matches"].because
    ghost = [THERE, there._replace(status="cancelled"), entry, there._replace(row=RowKind.SCHEDULE)]
    assert "though cancelled" in judged(ledger, ghost)["calendar_matches"].because
    late = entry._replace(start_time="2026-12-01T10:30:00")
    assert "another time" in judged([BOOKED], [THERE, late])["calendar_matches"].because
