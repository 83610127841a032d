"""What of the target a ledger touches."""

from datetime import date

from loadgen.audit.scope import scope_of
from records.ledger import Answer, Entry, Write
from records.ledger_columns import Ledger

BOOKED = Entry(1.0, 1.1, Write.BOOK, Answer.ACKNOWLEDGED, 200, "ann", 1, 4, 7, "2026-12-01T10:00:00", 30)


def test_barbers_days_and_acknowledged_appointments_are_read() -> None:
    later = BOOKED._replace(appointment_id=5, barber_id=8, start_time="2026-12-09T10:00:00")
    scope = scope_of(Ledger.of([BOOKED, later]))
    assert (scope.barbers, scope.everyone, scope.appointments) == ((7, 8), False, {4: "ann", 5: "ann"})
    assert (scope.first_day, scope.last_day) == (date(2026, 11, 30), date(2026, 12, 10))


def test_refused_writes_touch_nothing() -> None:
    assert scope_of(Ledger.of([BOOKED._replace(answer=Answer.REFUSED, appointment_id=None)])).is_empty
    assert scope_of(Ledger.of([])).is_empty


def test_a_guest_may_be_with_any_barber() -> None:
    guest = BOOKED._replace(barber_id=None, appointment_id=6)
    assert scope_of(Ledger.of([guest])).everyone
    assert scope_of(Ledger.of([BOOKED._replace(barber_id=None, answer=Answer.UNKNOWN, appointment_id=None)])).everyone


def test_paying_for_a_known_appointment_adds_no_barber() -> None:
    paid = BOOKED._replace(write=Write.CONFIRM, barber_id=None, start_time=None, payment_id=1)
    assert not scope_of(Ledger.of([BOOKED, paid])).everyone
    assert scope_of(Ledger.of([paid])).everyone
