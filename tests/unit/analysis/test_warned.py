"""What the audit's sample saw during a run, as findings: confirmed by the audit afterwards, or not."""

from dataclasses import replace

import pytest

from analysis.judge import judge
from analysis.verdict import Priority
from analysis.warned import warnings_of
from records.event import Event, EventKind
from records.ledger import Answer, Entry, Write
from records.readback import Row, RowKind
from tests.unit.analysis.audit.build_books import run_of

BOOKED = [
    Entry(1.0, 1.1, Write.BOOK, Answer.ACKNOWLEDGED, 200, f"client{number}", number, appointment_id=number, barber_id=7,
          start_time="2026-12-01T10:00:00", duration_minutes=30, owner_id=number)
    for number in (1, 2)
]  # fmt: skip
ROWS = [
    Row(RowKind.APPOINTMENT, number, 1000.0, barber_id=7, owner_id=number, status="scheduled", start_time="2026-12-01T10:00:00", duration_minutes=30)
    for number in (1, 2)
]  # fmt: skip
LATER = Event(64.0, EventKind.ALERT, "audit sample: no_double_booking", "barber 8: appointments 5 and 6")
FIRST = Event(34.4, EventKind.ALERT, "audit sample: no_double_booking", "barber 7: appointments 1 and 2")
RULE = Event(70.0, EventKind.ALERT, "the run is ended: aborted", "a rule")


def test_warnings_are_told_once_an_invariant_with_the_first_of_them() -> None:
    (one,) = warnings_of([LATER, FIRST, RULE, replace(FIRST, kind=EventKind.NOTE, at_s=1.0)])
    assert (one.invariant, one.at_s, one.line, one.count) == ("no_double_booking", 34.4, FIRST.detail, 2)


@pytest.mark.parametrize("events", [(FIRST, LATER), ()])
def test_what_the_audit_confirms_is_one_finding_that_tells_when_it_was_seen_first(events: tuple[Event, ...]) -> None:
    verdict = judge(replace(run_of(BOOKED, ROWS), events=events), [])
    (finding,) = [one for one in verdict.findings if "double booking" in one.symptom]
    assert ("seen at 34 s of the run already" in finding.evidence) is bool(events)
    assert not [one for one in verdict.findings if one.symptom.startswith("Broken while")]


@pytest.mark.parametrize("events", [(FIRST, LATER), ()])
def test_what_the_audit_does_not_confirm_is_a_finding_of_its_own_and_breaks_no_invariant(
    events: tuple[Event, ...],
) -> None:
    ledger = [BOOKED[0], BOOKED[1]._replace(start_time="2026-12-01T11:00:00")]
    rows = [ROWS[0], ROWS[1]._replace(start_time="2026-12-01T11:00:00")]
    verdict = judge(replace(run_of(ledger, rows), events=events), [])
    found = [one for one in verdict.findings if one.symptom.startswith("Broken while the load went on")]
    assert len(found) == (1 if events else 0)
    (row,) = [row for row in verdict.invariants if row.name == "no_double_booking"]
    assert row.outcome.value == "pass"
    for one in found:
        assert one.priority is Priority.CRITICAL
        assert "(no_double_booking, at 34 s): barber 7: appointments 1 and 2" in one.symptom
        assert one.evidence == "2 warnings of the audit's sample; the audit after the run: holds"
