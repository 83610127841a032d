"""What each run of the month answers to its question."""

from dataclasses import replace

import pytest

from analysis.month import Chapter
from analysis.verdict import InvariantResult, ObjectiveOutcome, Outcome
from reports.month_answers import answer
from tests.unit.reports.build_example import Example
from tests.unit.reports.build_verdict import passing_verdict


def invariant(name: str, title: str, checked: int, violations: int = 0) -> InvariantResult:
    outcome = ObjectiveOutcome.FAIL if violations else ObjectiveOutcome.PASS
    if checked == 0:
        outcome = ObjectiveOutcome.NOT_MEASURED
    return InvariantResult(name, title, checked, violations, (), outcome, "")


def told(made: Example, scenario: str, *invariants: InvariantResult, outcome: Outcome = Outcome.PASS) -> str:
    plan = made.run.manifest.plan.model_copy(update={"scenario": scenario})
    run = replace(made.run, manifest=made.run.manifest.model_copy(update={"plan": plan}))
    return answer(Chapter(run, replace(passing_verdict(made), invariants=invariants, outcome=outcome)))


def twice(*violations: int, refunds: int = 3) -> tuple[InvariantResult, ...]:
    names = ("no_double_booking", "no_double_charge", "no_excess_refund")
    titles = ("No double booking", "No double charge", "No refund beyond the charge")
    return tuple(map(invariant, names, titles, (195, 87, refunds), violations))


def test_a_correct_rush_says_no_with_what_was_read_back(made: Example) -> None:
    assert told(made, "rush", *twice(0, 0, 0)).startswith(
        "No: 195 bookings, 87 charges and 3 refunds were read back, and none is there twice or too much."
    )


def test_a_broken_rush_says_yes_and_what_was_broken(made: Example) -> None:
    said = told(made, "rush", *twice(0, 2, 1), outcome=Outcome.FAIL)
    assert said.startswith(
        "Yes: no double charge is broken 2 times of 87; no refund beyond the charge is broken 1 time of 3."
    )


def test_a_rush_without_refunds_does_not_say_no(made: Example) -> None:
    assert told(made, "rush", *twice(0, 0, 0, refunds=0)).startswith("Not all of it was checked.")


@pytest.mark.parametrize(
    ("checked", "violations", "expected"),
    [
        (231, 0, "All 231 acknowledged bookings are there."),
        (231, 4, "4 of 231 acknowledged bookings are lost."),
        (0, 0, "Whether acknowledged bookings are kept was not measured."),
    ],
)
def test_an_outage_says_whether_bookings_are_kept(made: Example, checked: int, violations: int, expected: str) -> None:
    row = invariant("bookings_kept", "Every acknowledged booking is kept", checked, violations)
    assert told(made, "database_outage", row).startswith(expected)


def test_an_invalid_run_answers_nothing(made: Example) -> None:
    assert told(made, "rush", *twice(0, 0, 0), outcome=Outcome.INVALID).startswith("Not answered: ")
