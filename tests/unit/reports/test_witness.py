"""What a witness says, in words."""

from analysis.verdict import InvariantResult, ObjectiveOutcome
from reports.witness import short_lines, witness_lines, witness_table

ANN = {
    "sent_s": 12.2234, "answered_s": 12.286, "write": "book", "answer": "acknowledged", "status": 200, "client": "ann@shop.example",
    "session": 1, "appointment_id": 23, "barber_id": 9, "start_time": "2026-12-02T12:30:00", "duration_minutes": 60,
}  # fmt: skip
BOB = {**ANN, "sent_s": 17.083, "answered_s": 17.125, "client": "bob@shop.example", "appointment_id": 112}
ROW = {
    "row": "appointment",
    "id": 112,
    "barber_id": 9,
    "status": "scheduled",
    "start_time": "2026-12-02T12:30:00",
    "owner_id": 242,
}
STRANGER = {**ROW, "id": 300}
REFUND = {
    "sent_s": 1.0,
    "answered_s": 2.0,
    "write": "refund",
    "answer": "unknown",
    "client": "barber@shop.example",
    "payment_id": 5,
    "amount_cents": 3050,
}


def invariant(*witness: dict[str, object]) -> InvariantResult:
    return InvariantResult("x", "X", 2, 1, witness, ObjectiveOutcome.FAIL, "because")


def test_requests_stand_side_by_side_with_what_was_found_of_each() -> None:
    table = witness_table(invariant(ANN, BOB, ROW))
    fields = dict(table.fields)
    assert table.titles == ["request 1", "request 2"]
    assert fields["who"] == ["ann@shop.example", "bob@shop.example"]
    assert fields["asked"] == ["for the chair", "for the chair"]
    assert fields["answer"] == ["acknowledged (200)", "acknowledged (200)"]
    assert fields["sent"] == ["12.223 s", "17.083 s"]
    assert fields["found after"] == [
        "",
        "appointment 112, barber 9, time 2026-12-02T12:30:00, account 242, scheduled",
    ]


def test_a_row_that_no_request_is_about_has_a_column_of_its_own() -> None:
    table = witness_table(invariant(ANN, STRANGER))
    assert table.titles == ["request 1", "found"]
    assert dict(table.fields)["appointment"] == ["23", "300"]


def test_labels_without_a_value_are_left_out() -> None:
    assert "payment" not in dict(witness_table(invariant(ANN)).fields)


def test_what_is_not_there_is_told() -> None:
    absent = {"row": "absent", "id": 23}
    assert dict(witness_table(invariant(ANN, absent)).fields)["found after"] == ["nothing: appointment 23"]
    assert short_lines(invariant(absent), 1) == ["found: nothing, of appointment 23"]


def test_lines_tell_who_asked_for_what_and_what_was_answered() -> None:
    assert witness_lines(invariant(REFUND)) == [
        "1.000 s barber@shop.example asked for a refund (payment 5, amount 30.50): unknown at 2.000 s"
    ]


def test_short_lines_fit_a_terminal() -> None:
    lines = short_lines(invariant(ANN, BOB, ROW), 3)
    assert lines[0] == "12.223 s ann: 12-02 12:30, barber 9, appointment 23: ok"
    assert lines[2] == "found: 12-02 12:30, barber 9, appointment 112, scheduled"
    assert max(map(len, lines)) <= 68
