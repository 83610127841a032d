"""JUnit: each outcome has its ending, and an invalid run fails nothing but itself."""

from dataclasses import replace
from xml.etree import ElementTree as ET

from analysis.verdict import Outcome
from reports.junit import render_junit
from tests.unit.reports.build_example import Example, killed_example
from tests.unit.reports.build_verdict import failing_verdict, invalid_verdict, passing_verdict


def endings(suite: ET.Element) -> dict[str, int]:
    """Return how many cases ended how."""
    counts = {"passed": 0, "failure": 0, "skipped": 0, "error": 0}
    for case in suite.findall("testcase"):
        counts[case[0].tag if len(case) else "passed"] += 1
    return counts


def suites(text: str) -> dict[str, ET.Element]:
    """Return the suites by name."""
    return {suite.attrib["name"]: suite for suite in ET.fromstring(text).findall("testsuite")}


def test_a_fail_is_a_failure_and_what_cannot_be_told_is_skipped(made: Example) -> None:
    found = suites(render_junit(failing_verdict(made)))
    assert list(found) == ["objectives", "comparisons", "invariants", "generator"]
    assert endings(found["objectives"])["failure"] == 1
    assert endings(found["objectives"])["skipped"] == 20
    assert endings(found["comparisons"])["failure"] == 3
    assert endings(found["invariants"]) == {"passed": 1, "failure": 1, "skipped": 1, "error": 0}
    assert endings(found["generator"]) == {"passed": 5, "failure": 0, "skipped": 1, "error": 0}


def test_counts_agree_with_the_cases(made: Example) -> None:
    root = ET.fromstring(render_junit(failing_verdict(made)))
    for suite in root.findall("testsuite"):
        counted = endings(suite)
        assert int(suite.attrib["failures"]) == counted["failure"]
        assert int(suite.attrib["skipped"]) == counted["skipped"]
        assert int(suite.attrib["tests"]) == sum(counted.values())
    assert int(root.attrib["tests"]) == sum(int(suite.attrib["tests"]) for suite in root.findall("testsuite"))


def test_a_pass_has_no_failure(made: Example) -> None:
    root = ET.fromstring(render_junit(passing_verdict(made)))
    assert (root.attrib["failures"], root.attrib["errors"]) == ("0", "0")


def test_an_invalid_measurement_is_an_error_and_fails_nothing_else(made: Example) -> None:
    invalid = replace(failing_verdict(made), outcome=Outcome.INVALID, because=("a worker was lost",))
    found = suites(render_junit(invalid))
    assert endings(found["objectives"])["failure"] == 0
    assert endings(found["comparisons"])["failure"] == 0
    assert endings(found["generator"])["error"] == 1


def test_a_missing_baseline_is_skipped_with_what_to_do() -> None:
    case = suites(render_junit(invalid_verdict(killed_example())))["comparisons"].findall("testcase")[0]
    assert "rushhour baseline accept" in case[0].attrib["message"]


def test_names_that_xml_cannot_hold_are_cleaned(hostile: Example) -> None:
    assert suites(render_junit(failing_verdict(hostile)))
