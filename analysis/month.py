"""A month: several runs that are read together, and what they come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.verdict import EXIT_CODE, Finding, InvariantResult, ObjectiveOutcome, Outcome, Priority, Verdict
from records.run import Run

FORMAT_VERSION = 1
WORST_FIRST = (Outcome.FAIL, Outcome.INVALID, Outcome.INCONCLUSIVE, Outcome.PASS)
PRIORITIES = tuple(Priority)  # the most urgent first
INVARIANT_WORST_FIRST = (
    ObjectiveOutcome.FAIL,
    ObjectiveOutcome.NOT_MEASURED,
    ObjectiveOutcome.MARGINAL,
    ObjectiveOutcome.PASS,
)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One run of the month with its verdict."""

    run: Run
    verdict: Verdict

    @property
    def scenario(self) -> str:
        """Return the name of what was carried out."""
        return self.run.manifest.plan.scenario


@dataclass(frozen=True, slots=True)
class Missing:
    """A scenario that could not be carried out, and why, in one line."""

    scenario: str
    because: str


@dataclass(frozen=True, slots=True)
class Month:
    """All runs of a month in the order in which they were made, and what of it there is not."""

    chapters: tuple[Chapter, ...]
    missing: tuple[Missing, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Return the worst: a fault that was seen is one whatever else could not be measured; what is missing is not measured."""
        outcomes = {chapter.verdict.outcome for chapter in self.chapters}
        if self.missing or not outcomes:
            outcomes.add(Outcome.INVALID)
        return next(outcome for outcome in WORST_FIRST if outcome in outcomes)

    @property
    def exit_code(self) -> int:
        """Return the exit code of the outcome."""
        return EXIT_CODE[self.outcome]

    @property
    def because(self) -> tuple[str, ...]:
        """Return why it came to that: a line for each run with that outcome, and for each that is missing."""
        told = [
            f"{chapter.scenario}: {chapter.verdict.because[0] if chapter.verdict.because else chapter.verdict.outcome.value}"
            for chapter in self.chapters
            if chapter.verdict.outcome is self.outcome
        ]
        return (*told, *(f"{gap.scenario}: not carried out, {gap.because}" for gap in self.missing))


def findings(month: Month) -> list[tuple[str, Finding]]:
    """Return the findings of all runs with their scenarios, the most urgent first; of equal ones the first run's."""
    rows = [(chapter.scenario, finding) for chapter in month.chapters for finding in chapter.verdict.findings]
    return sorted(rows, key=lambda row: PRIORITIES.index(row[1].priority))


@dataclass(frozen=True, slots=True)
class Kept:
    """One invariant over all runs: what was checked and violated in all of them, the worst result, and where it stands."""

    name: str
    title: str
    checked: int
    violations: int
    worst: InvariantResult
    scenario: str
    holds_in: int
    of: int


def invariants(month: Month) -> list[Kept]:
    """Return the invariants over all runs in the order in which runs name them."""
    rows: dict[str, list[tuple[str, InvariantResult]]] = {}
    for chapter in month.chapters:
        for row in chapter.verdict.invariants:
            rows.setdefault(row.name, []).append((chapter.scenario, row))
    return [_kept(found) for found in rows.values()]


def _kept(found: Sequence[tuple[str, InvariantResult]]) -> Kept:
    scenario, worst = min(found, key=lambda pair: INVARIANT_WORST_FIRST.index(pair[1].outcome))
    return Kept(
        name=worst.name,
        title=worst.title,
        checked=sum(row.checked for _, row in found),
        violations=sum(row.violations for _, row in found),
        worst=worst,
        scenario=scenario,
        holds_in=sum(row.outcome is ObjectiveOutcome.PASS for _, row in found),
        of=len(found),
    )


def as_document(month: Month, made_at: str) -> dict[str, Any]:
    """Return the content of `stress.json`; `made_at` is ISO 8601 UTC."""
    return {
        "format_version": FORMAT_VERSION,
        "outcome": month.outcome.value,
        "because": list(month.because),
        "target": month.chapters[0].run.manifest.plan.target.name if month.chapters else None,
        "made_at": made_at,
        "runs": [
            {
                "scenario": chapter.scenario,
                "run_id": chapter.run.manifest.run_id,
                "outcome": chapter.verdict.outcome.value,
                "because": list(chapter.verdict.because),
            }
            for chapter in month.chapters
        ],
        "missing": [{"scenario": gap.scenario, "because": gap.because} for gap in month.missing],
    }
