"""A month: the worst of its runs, findings of all by priority, invariants over all."""

from dataclasses import replace

import pytest

from analysis.judge import judge
from analysis.month import Chapter, Missing, Month, as_document, findings, invariants
from analysis.verdict import Finding, InvariantResult, ObjectiveOutcome, Outcome, Priority
from tests.unit.analysis.build_run import BOOK, Requests, build_run


def chapter(outcome: Outcome, because: str = "why", **changes: object) -> Chapter:
    run = build_run(Requests().add(BOOK, range(60)))
    verdict = replace(judge(run, ()), outcome=outcome, because=(because,), findings=(), invariants=())
    return Chapter(run, replace(verdict, **changes))  # type: ignore[arg-type]  # passed on by name


def finding(priority: Priority, symptom: str) -> Finding:
    return Finding(priority, symptom, "evidence", "cause", "next step", "refuted by", 60, 3600)


def invariant(outcome: ObjectiveOutcome, checked: int, violations: int = 0) -> InvariantResult:
    return InvariantResult("no_double_booking", "No double booking", checked, violations, (), outcome, "")


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        ((Outcome.PASS, Outcome.PASS), Outcome.PASS),
        ((Outcome.PASS, Outcome.INCONCLUSIVE), Outcome.INCONCLUSIVE),
        ((Outcome.INCONCLUSIVE, Outcome.INVALID), Outcome.INVALID),
        ((Outcome.INVALID, Outcome.FAIL, Outcome.PASS), Outcome.FAIL),
    ],
)
def test_a_month_is_as_bad_as_its_worst_run(outcomes: tuple[Outcome, ...], worst: Outcome) -> None:
    month = Month(tuple(chapter(outcome, outcome.value) for outcome in outcomes))
    assert month.outcome is worst
    assert month.because == (f"{month.chapters[0].scenario}: {worst.value}",) * outcomes.count(worst)


def test_what_is_missing_was_not_measured() -> None:
    month = Month((chapter(Outcome.PASS),), (Missing("rush", "no answer"),))
    assert month.outcome is Outcome.INVALID
    assert month.because == ("rush: not carried out, no answer",)
    assert month.exit_code == 4


def test_a_fault_that_was_seen_counts_although_another_run_is_missing() -> None:
    month = Month((chapter(Outcome.FAIL, "broken"),), (Missing("rush", "no answer"),))
    assert month.exit_code == 1


def test_a_month_without_a_run_is_no_pass() -> None:
    assert Month(()).outcome is Outcome.INVALID


def test_the_most_urgent_finding_comes_first_and_of_equal_ones_the_first_runs() -> None:
    one = chapter(Outcome.FAIL, findings=(finding(Priority.LOW, "a"), finding(Priority.HIGH, "b")))
    two = chapter(Outcome.FAIL, findings=(finding(Priority.CRITICAL, "c"), finding(Priority.HIGH, "d")))
    assert [row.symptom for _, row in findings(Month((one, two)))] == ["c", "b", "d", "a"]


def test_an_invariant_is_added_up_and_the_worst_run_gives_its_outcome() -> None:
    held = chapter(Outcome.PASS, invariants=(invariant(ObjectiveOutcome.PASS, 10),))
    broken = chapter(Outcome.FAIL, invariants=(invariant(ObjectiveOutcome.FAIL, 5, 2),))
    (row,) = invariants(Month((held, broken)))
    assert (row.checked, row.violations, row.holds_in, row.of) == (15, 2, 1, 2)
    assert row.worst.outcome is ObjectiveOutcome.FAIL


def test_what_could_not_be_checked_in_one_run_is_no_pass_over_all() -> None:
    held = chapter(Outcome.PASS, invariants=(invariant(ObjectiveOutcome.PASS, 10),))
    unseen = chapter(Outcome.PASS, invariants=(invariant(ObjectiveOutcome.NOT_MEASURED, 0),))
    (row,) = invariants(Month((held, unseen)))
    assert row.worst.outcome is ObjectiveOutcome.NOT_MEASURED


def test_the_document_names_runs_and_gaps() -> None:
    month = Month((chapter(Outcome.PASS, "well"),), (Missing("rush", "no answer"),))
    document = as_document(month, "2026-11-26T03:00:00+00:00")
    assert document["outcome"] == "invalid"
    assert [row["outcome"] for row in document["runs"]] == ["pass"]
    assert document["missing"] == [{"scenario": "rush", "because": "no answer"}]
