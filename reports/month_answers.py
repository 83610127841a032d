"""The question that each run of the month asks, and its answer in a sentence or two: from the verdict, in the words of the question."""

from analysis.month import Chapter, Month
from analysis.staircase import Exhaustion
from analysis.verdict import InvariantResult, ObjectiveOutcome, Outcome, Verdict
from reports import exhaustion, resilience, wording
from reports.summary import reason

QUESTIONS = {
    "peak": "Does the busiest hour hold?",
    "rush": "Is anything sold, charged or given back twice?",
    "exhaustion": "How far does it go, and what breaks first?",
    "failover": "What is lost when something dies?",
    "database_outage": "Is what was acknowledged still there after a crash of the database?",
    "recovery": "How long until the objectives hold again?",
}
TWICE = ("no_double_booking", "no_double_charge", "no_excess_refund")
KEPT = "bookings_kept"
WRITES = "answers_known"
CLIMB_FACTS = ("First to break", "Bottleneck", "After the overload")  # the rest is under "How far it goes"


def answers(month: Month) -> list[tuple[str, str]]:
    """Return each question of the month with its answer."""
    return [
        (QUESTIONS.get(chapter.scenario, chapter.run.manifest.plan.title), answer(chapter))
        for chapter in month.chapters
    ]


def answer(chapter: Chapter) -> str:
    """Return what a run says to its question; where it is invalid, why it does not."""
    verdict = chapter.verdict
    if verdict.outcome is Outcome.INVALID:
        return f"Not answered: {reason(verdict)}"
    told = []
    if verdict.exhaustion is not None:
        told += _climbed(verdict.exhaustion)
    if chapter.scenario == "rush":
        told.append(_twice(verdict))
    if chapter.scenario == "failover":
        told.append(_lost(verdict))
    if chapter.scenario in {"failover", "database_outage"}:
        told.append(_bookings(verdict))
    if verdict.resilience.injections:
        told.append(wording.sentence(resilience.title(verdict)))
    if verdict.exhaustion is None or verdict.outcome is not Outcome.PASS:
        told.append(brief(verdict))
    return " ".join(words for words in told if words)


def brief(verdict: Verdict) -> str:
    """Return why, without what was not compared and not measured where that is all there is to say: the run's own report has it."""
    told = reason(verdict)
    return wording.sentence(told.split(";")[0].rstrip(".")) if verdict.outcome is Outcome.PASS else told


def _climbed(found: Exhaustion) -> list[str]:
    facts = dict(exhaustion.facts(found))
    return [
        wording.sentence(exhaustion.title(found)),
        *(f"{label}: {facts[label]}" for label in CLIMB_FACTS if label in facts),
    ]


def _row(verdict: Verdict, name: str) -> InvariantResult | None:
    """Return an invariant's result, None where it was not measured."""
    found = next((row for row in verdict.invariants if row.name == name), None)
    return None if found is None or found.outcome is ObjectiveOutcome.NOT_MEASURED else found


def _twice(verdict: Verdict) -> str:
    rows = [row for row in (_row(verdict, name) for name in TWICE) if row is not None]
    broken = [row for row in rows if row.violations]
    if broken:
        told = "; ".join(
            f"{wording.plain(row.title).lower()} is broken {wording.counted(row.violations, 'time')} of {wording.count(row.checked)}"
            for row in broken
        )
        return wording.sentence(f"yes: {told}")
    if len(rows) < len(TWICE):
        return "Not all of it was checked."
    bookings, charges, refunds = (wording.count(row.checked) for row in rows)
    return f"No: {bookings} bookings, {charges} charges and {refunds} refunds were read back, and none is there twice or too much."


def _bookings(verdict: Verdict) -> str:
    row = _row(verdict, KEPT)
    if row is None:
        return "Whether acknowledged bookings are kept was not measured."
    if row.violations:
        return f"{wording.count(row.violations)} of {wording.count(row.checked)} acknowledged bookings are lost."
    return f"All {wording.count(row.checked)} acknowledged bookings are there."


def _lost(verdict: Verdict) -> str:
    lost = [row.requests_lost for row in verdict.resilience.injections if row.requests_lost is not None]
    return (
        f"{wording.counted(sum(lost), 'request')} failed while the faults lasted and until it healed." if lost else ""
    )
