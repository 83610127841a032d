"""Rules of the invariants by the answers alone, on ledgers small enough to see through."""

from hypothesis import given
from hypothesis import strategies as st

from analysis.verdict import InvariantResult, ObjectiveOutcome
from records.ledger import Answer, Entry, Write
from tests.unit.analysis.audit.build_books import judged

BOOKED = Entry(
    sent_s=1.0, answered_s=1.1, write=Write.BOOK, answer=Answer.ACKNOWLEDGED, status=201, client="ann", session=1,
    appointment_id=1, barber_id=7, start_time="2026-12-01T10:00:00", duration_minutes=30,
)  # fmt: skip
PAID = Entry(
    sent_s=2.0, answered_s=2.1, write=Write.CONFIRM, answer=Answer.ACKNOWLEDGED, status=200, client="ann", session=1,
    appointment_id=1, payment_id=1, amount_cents=3000, key="confirm_1",
)  # fmt: skip
REFUNDED = PAID._replace(write=Write.REFUND, sent_s=3.0, answered_s=3.1, client="barber", key="refund_1")


def another(**changes: object) -> Entry:
    """Return a second booking of the same chair and time by somebody else."""
    base = BOOKED._replace(sent_s=1.05, answered_s=1.15, client="bob", session=2, appointment_id=2)
    return base._replace(**changes)  # type: ignore[arg-type]  # fields by name


def result(name: str, *ledger: Entry) -> InvariantResult:
    return judged(ledger)[name]


def double_booking(*ledger: Entry) -> InvariantResult:
    return result("no_double_booking", *ledger)


def test_one_chair_acknowledged_to_two_is_a_double_booking_with_both_as_witness() -> None:
    row = double_booking(another(), BOOKED)
    assert (row.outcome, row.checked, row.violations) == (ObjectiveOutcome.FAIL, 2, 1)
    assert [entry["client"] for entry in row.witness] == ["ann", "bob"]


def test_overlapping_times_are_enough() -> None:
    assert double_booking(BOOKED, another(start_time="2026-12-01T10:15:00")).violations == 1


def test_a_long_appointment_is_seen_across_a_short_one() -> None:
    long = BOOKED._replace(duration_minutes=120)
    short = another(start_time="2026-12-01T10:30:00", duration_minutes=15, barber_id=8)
    late = another(start_time="2026-12-01T11:30:00", appointment_id=3)
    assert double_booking(long, short, late).violations == 1


def test_back_to_back_appointments_do_not_overlap() -> None:
    assert double_booking(BOOKED, another(start_time="2026-12-01T10:30:00")).outcome is ObjectiveOutcome.PASS


def test_other_chairs_do_not_collide() -> None:
    assert double_booking(BOOKED, another(barber_id=8)).outcome is ObjectiveOutcome.PASS


def test_an_unknown_answer_is_no_proof() -> None:
    assert double_booking(BOOKED, another(answer=Answer.UNKNOWN)).outcome is ObjectiveOutcome.PASS


def test_a_refused_booking_holds_nothing() -> None:
    assert double_booking(BOOKED, another(answer=Answer.REFUSED)).outcome is ObjectiveOutcome.PASS


def test_a_chair_given_up_may_be_booked_again() -> None:
    cancel = BOOKED._replace(write=Write.CANCEL, sent_s=5.0, answered_s=5.2)
    assert double_booking(BOOKED, cancel, another(sent_s=5.05, answered_s=5.1)).outcome is ObjectiveOutcome.PASS


def test_a_cancellation_of_unknown_outcome_may_have_given_it_up() -> None:
    cancel = BOOKED._replace(write=Write.CANCEL, sent_s=5.0, answered_s=35.0, answer=Answer.UNKNOWN)
    assert double_booking(BOOKED, cancel, another(sent_s=6.0, answered_s=6.1)).outcome is ObjectiveOutcome.PASS


def test_a_refused_cancellation_gives_up_nothing() -> None:
    cancel = BOOKED._replace(write=Write.CANCEL, sent_s=5.0, answered_s=5.1, answer=Answer.REFUSED)
    assert double_booking(BOOKED, cancel, another(sent_s=6.0, answered_s=6.1)).violations == 1


def test_booked_before_the_cancellation_was_sent_is_a_violation() -> None:
    cancel = BOOKED._replace(write=Write.CANCEL, sent_s=5.0, answered_s=5.2)
    assert double_booking(BOOKED, cancel, another(sent_s=4.0, answered_s=4.9)).violations == 1


def test_moving_onto_a_held_chair_is_a_violation_and_moving_away_frees_it() -> None:
    moved = another(write=Write.RESCHEDULE, sent_s=3.0, answered_s=3.1)
    away = another(start_time="2026-12-01T15:00:00")
    assert double_booking(BOOKED, away, moved).violations == 1
    left = BOOKED._replace(write=Write.RESCHEDULE, sent_s=2.0, answered_s=2.1, start_time="2026-12-01T16:00:00")
    assert double_booking(BOOKED, left, another(sent_s=2.5, answered_s=2.6)).outcome is ObjectiveOutcome.PASS


def test_the_same_appointment_twice_is_no_violation() -> None:
    assert double_booking(BOOKED, BOOKED._replace(sent_s=2.0, answered_s=2.1)).outcome is ObjectiveOutcome.PASS


def test_times_with_and_without_a_zone_are_not_compared() -> None:
    assert double_booking(BOOKED, another(start_time="2026-12-01T10:00:00+00:00")).outcome is ObjectiveOutcome.PASS


def test_a_hundred_bookings_of_one_slot_are_ninety_nine_too_many() -> None:
    many = [another(appointment_id=number, session=number) for number in range(2, 101)]
    assert double_booking(BOOKED, *many).violations == 99


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.integers(1, 6), st.integers(0, 9)), max_size=12))
def test_it_agrees_with_comparing_all_pairs(drawn: list[tuple[int, int, int, int]]) -> None:
    ledger = [
        BOOKED._replace(appointment_id=number, session=number, barber_id=barber, answered_s=float(at), sent_s=float(at) - 0.1,
            start_time=f"2026-12-01T{8 + start // 4:02d}:{start % 4 * 15:02d}:00", duration_minutes=15 * length,
        )
        for number, (barber, start, length, at) in enumerate(drawn)
    ]  # fmt: skip
    ranks = sorted(range(len(drawn)), key=lambda number: drawn[number][3])
    later = set()
    for place, second in enumerate(ranks):
        for first in ranks[:place]:
            one, two = drawn[first], drawn[second]
            if one[0] == two[0] and one[1] < two[1] + two[2] and two[1] < one[1] + one[2]:
                later.add(second)
    found = double_booking(*ledger).violations
    assert (found > 0) == bool(later)


def test_two_payments_of_one_appointment_are_a_double_charge() -> None:
    row = result("no_double_charge", PAID, PAID._replace(payment_id=2, answered_s=2.5, key="confirm_2"))
    assert (row.outcome, row.violations) == (ObjectiveOutcome.FAIL, 1)
    assert [entry["payment_id"] for entry in row.witness] == [1, 2]


def test_the_same_payment_acknowledged_twice_is_none() -> None:
    assert result("no_double_charge", PAID, PAID._replace(answered_s=2.5)).outcome is ObjectiveOutcome.PASS


def test_paying_again_after_a_refund_is_none() -> None:
    again = PAID._replace(payment_id=2, sent_s=4.0, answered_s=4.1)
    assert result("no_double_charge", PAID, REFUNDED, again).outcome is ObjectiveOutcome.PASS


def test_refunds_beyond_the_charge_are_a_violation() -> None:
    row = result("no_excess_refund", PAID, REFUNDED, REFUNDED._replace(key="refund_2"))
    assert (row.outcome, row.violations) == (ObjectiveOutcome.FAIL, 1)
    assert "60.00 of 30.00" in row.because


def test_a_second_try_of_a_refund_is_the_same_refund() -> None:
    assert result("no_excess_refund", PAID, REFUNDED, REFUNDED._replace(sent_s=3.5)).outcome is ObjectiveOutcome.PASS


def test_refunds_of_payments_made_before_the_run_are_not_judged() -> None:
    assert result("no_excess_refund", REFUNDED).outcome is ObjectiveOutcome.NOT_MEASURED


def test_unknown_answers_are_counted_and_break_nothing() -> None:
    row = result("answers_known", BOOKED, another(answer=Answer.UNKNOWN))
    assert (row.outcome, row.violations) == (ObjectiveOutcome.NOT_MEASURED, 0)
    assert row.because.startswith("1 write had no known answer")
    assert result("answers_known", BOOKED).outcome is ObjectiveOutcome.PASS


def test_an_empty_ledger_measures_nothing() -> None:
    assert {row.outcome for row in judged([]).values()} == {ObjectiveOutcome.NOT_MEASURED}
