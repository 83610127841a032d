"""The verdict as JUnit XML, for the test view of a CI server.

A fail is a failure; what cannot be told or was not measured is skipped with its reason; an invalid measurement is an error,
and then nothing that depends on it is reported as failed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

from analysis.verdict import (
    ComparisonResult,
    Gate,
    GeneratorCheck,
    InvariantResult,
    ObjectiveOutcome,
    ObjectiveResult,
    Outcome,
    Verdict,
)
from reports import two_stage, wording
from reports.summary import accept_command, accept_words, change_words
from reports.witness import witness_lines

Ending = Literal["passed", "failure", "skipped", "error"]


@dataclass(frozen=True, slots=True)
class Case:
    """One test case: how it ended, and why; `details` are further lines of the text, such as a witness."""

    name: str
    ending: Ending
    message: str
    details: tuple[str, ...] = ()


def render_junit(verdict: Verdict) -> str:
    """Return `junit.xml`: the suites objectives, comparisons, invariants and generator."""
    valid = verdict.outcome is not Outcome.INVALID
    suites = {
        "objectives": [_trusted(_objective(row), verdict, valid=valid) for row in verdict.objectives],
        "comparisons": [_trusted(case, verdict, valid=valid) for case in _comparisons(verdict)],
        "invariants": [_invariant(row) for row in verdict.invariants],
        "generator": _generator(verdict, valid=valid),
    }
    told = {} if verdict.two_stage is None else {"comparisons": _properties(verdict)}
    return suites_text(f"{verdict.scenario} on {verdict.target}", suites, told)


def suites_text(
    title: str, suites: Mapping[str, Sequence[Case]], properties: Mapping[str, Sequence[tuple[str, str]]] | None = None
) -> str:
    """Return suites of cases as JUnit XML; `properties` are names and values of a suite."""
    root = ET.Element("testsuites", {"name": _clean(title), **_counts([c for s in suites.values() for c in s])})
    for name, cases in suites.items():
        suite = ET.SubElement(root, "testsuite", {"name": name, **_counts(cases)})
        _write_properties(suite, (properties or {}).get(name, ()))
        for case in cases:
            _write(suite, name, case)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _properties(verdict: Verdict) -> list[tuple[str, str]]:
    """Return on which runs the comparisons stand."""
    runs = (
        f"{row.run_id}: {row.build}, {row.counts.split(' ', 1)[1]} {row.because}".strip()
        for row in two_stage.run_rows(verdict)
    )
    return [("two stages", two_stage.told(verdict)), *(("run", told) for told in runs)]


def _write_properties(suite: ET.Element, told: Sequence[tuple[str, str]]) -> None:
    if told:
        listed = ET.SubElement(suite, "properties")
        for name, value in told:
            ET.SubElement(listed, "property", {"name": name, "value": _clean(value)})


def _write(suite: ET.Element, group: str, case: Case) -> None:
    element = ET.SubElement(suite, "testcase", {"classname": f"rushhour.{group}", "name": _clean(case.name)})
    if case.ending != "passed":
        child = ET.SubElement(element, case.ending, {"message": _clean(case.message)})
        if case.ending != "skipped":
            child.text = "\n".join(_clean(line) for line in (case.message, *case.details))


def _clean(text: str) -> str:
    """Return text without the characters that XML cannot hold."""
    return wording.plain(text, 2000)


def _counts(cases: Sequence[Case]) -> dict[str, str]:
    def ended(ending: Ending) -> str:
        return str(sum(case.ending == ending for case in cases))

    return {
        "tests": str(len(cases)),
        "failures": ended("failure"),
        "errors": ended("error"),
        "skipped": ended("skipped"),
    }


def _trusted(case: Case, verdict: Verdict, *, valid: bool) -> Case:
    """Return the case as it is, or skipped where the measurement is invalid: it must not make the target look bad or good."""
    if valid or case.ending == "skipped":
        return case
    return Case(case.name, "skipped", f"the measurement is invalid: {'; '.join(verdict.because[:1])}")


def _objective(row: ObjectiveResult) -> Case:
    where = f"{row.title}, {wording.operation(row.operation)}, {row.stage or 'whole run'}"
    bound = wording.limit(row.limit, row.unit, higher_is_better=row.higher_is_better)
    observed = f"{wording.quantity(row.observed, row.unit)}, {bound} (count {wording.count(row.count)})"
    between = wording.interval(row.interval, row.unit, "90 %")
    message = "; ".join(part for part in (observed, between, row.because) if part)
    match row.outcome:
        case ObjectiveOutcome.PASS:
            return Case(where, "passed", message)
        case ObjectiveOutcome.FAIL:
            return Case(where, "failure", message)
        case ObjectiveOutcome.MARGINAL:
            return Case(where, "skipped", f"too close to tell: {message}")
        case ObjectiveOutcome.NOT_MEASURED:
            return Case(where, "skipped", f"not measured: {row.because}")


def _comparisons(verdict: Verdict) -> list[Case]:
    if verdict.comparisons:
        return [_comparison(row) for row in (*verdict.comparisons, *verdict.anchored)]
    if verdict.baseline.missing is None:
        return []
    message = f"{verdict.baseline.missing}; {accept_words(verdict)} {accept_command(verdict)}"
    return [Case("baseline", "skipped", message)]


def _comparison(row: ComparisonResult) -> Case:
    versus = ", against the anchor" if row.against == "anchor" else ""
    name = f"{row.operation} {wording.metric(row.metric)}, {row.stage}{versus}"
    told = f"{wording.STATEMENT_WORD[row.statement]}: {change_words(row)}; {row.because}"
    endings: dict[Gate, Ending] = {
        Gate.PASS: "passed",
        Gate.FAIL: "failure",
        Gate.INCONCLUSIVE: "skipped",
        Gate.NOT_GATED: "skipped",
    }
    return Case(name, endings[row.gate], told)


def _invariant(row: InvariantResult) -> Case:
    told = f"{wording.count(row.violations)} of {wording.count(row.checked)} violate it; {row.because}"
    match row.outcome:
        case ObjectiveOutcome.PASS:
            return Case(row.title, "passed", told)
        case ObjectiveOutcome.FAIL:
            return Case(row.title, "failure", told, tuple(witness_lines(row)))
        case ObjectiveOutcome.MARGINAL | ObjectiveOutcome.NOT_MEASURED:
            return Case(row.title, "skipped", f"{wording.OBJECTIVE_WORD[row.outcome]}: {row.because}")


def _generator(verdict: Verdict, *, valid: bool) -> list[Case]:
    cases = [_check(check) for check in verdict.generator]
    if not valid and not any(case.ending == "error" for case in cases):
        cases.append(Case("the measurement", "error", "; ".join(verdict.because)))
    return cases


def _check(check: GeneratorCheck) -> Case:
    observed, limit = wording.quantity(check.observed, check.unit), wording.quantity(check.limit, check.unit)
    told = f"{observed}, limit {limit}; {check.because}"
    if not check.healthy:
        return Case(check.title, "error", told)
    return Case(check.title, "passed", told) if check.observed is not None else Case(check.title, "skipped", told)
