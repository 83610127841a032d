"""Each form says how one run became three, and what of a stage was compared; a run with one stage says nothing of it."""

from dataclasses import replace
from xml.etree import ElementTree as ET

from analysis.two_stage import RunUse, TwoStage
from analysis.verdict import Steadiness, Verdict
from reports.html import render_html
from reports.junit import render_junit
from reports.markdown import render_markdown
from reports.terminal import render_terminal
from tests.unit.reports.build_example import Example
from tests.unit.reports.build_verdict import failing_verdict

ALERT = "GET /appointments/slots p95 in stage baseline +31.2 % beside what all moved"
TOLD = f"the first run alerted because {ALERT}; 2 reruns; decided on 3 runs"
RUNS = (
    RunUse("weekly-1", "new", counted=True, because=""),
    RunUse("weekly-2", "new", counted=True, because=""),
    RunUse("weekly-3", "old", counted=False, because="its loop was late"),
)
UNSTEADY = Steadiness("plus_50", 600.0, 0.0, 600.0, steady=False, because="not steady: p50 moved by +40 %")
STEADY = Steadiness(
    "baseline", 140.0, 20.0, 580.0, steady=True, because="its first 20 s are still a transient (MSER-5)"
)


def decided(made: Example) -> Verdict:
    verdict = failing_verdict(made)
    return replace(
        verdict,
        because=(*verdict.because, TOLD),
        two_stage=TwoStage(ALERT, RUNS, 3, 0, TOLD),
        steadiness=(STEADY, UNSTEADY),
    )


def test_the_terminal_says_on_how_many_runs_it_was_decided_within_its_25_lines(made: Example) -> None:
    lines = render_terminal(made.run, decided(made), report=None).plain.split("\n")
    assert any(line.startswith("Runs        Decided on 3 runs; the first one alerted because") for line in lines)
    assert any("✗ plus_50: not steady: p50 moved by +40 %" in line for line in lines)
    assert len(lines) <= 25
    assert "Runs  " not in render_terminal(made.run, failing_verdict(made), report=None).plain


def test_the_terminal_does_not_say_twice_why_a_run_is_undecided(made: Example) -> None:
    verdict = replace(decided(made), because=(TOLD,))
    assert "Runs  " not in render_terminal(made.run, verdict, report=None).plain


def test_the_comment_lists_the_runs_and_why_one_does_not_count(made: Example) -> None:
    text = render_markdown(made.run, decided(made))
    assert "### Two stages" in text
    assert "| weekly-2 | this build | ✓ counts |  |" in text
    assert "| weekly-3 | the build before | – does not count | Its loop was late. |" in text
    assert "- ✓ baseline: steady; its first 20 s are still a transient (MSER-5). Compared are 9 min 40 s" in text
    assert "### Two stages" not in render_markdown(made.run, failing_verdict(made))


def test_the_report_shows_the_runs_and_opens_what_was_not_steady(made: Example) -> None:
    html = render_html(made.run, decided(made), ())
    assert "decided on 3 runs" in html
    assert "<code>weekly-3</code>" in html
    assert '<details class="numbers" open><summary>What of each stage is compared' in html


def test_junit_has_the_runs_as_properties_of_the_comparisons(made: Example) -> None:
    suites = {suite.attrib["name"]: suite for suite in ET.fromstring(render_junit(decided(made))).findall("testsuite")}
    found = [(row.attrib["name"], row.attrib["value"]) for row in suites["comparisons"].iter("property")]
    assert ("run", "weekly-3: the build before, does not count Its loop was late.") in found
    assert found[0][0] == "two stages"
    assert "decided on 3 runs" in found[0][1]
    assert not list(suites["objectives"].iter("property"))
