"""The terminal summary: 25 lines, 80 columns, the order of the report, good without colour."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from analysis.verdict import Outcome, Verdict
from reports.terminal import render_terminal
from tests.unit.reports.build_example import Example, killed_example
from tests.unit.reports.build_verdict import failing_verdict, inconclusive_verdict, invalid_verdict, passing_verdict

REPORT = Path("results/weekly/report.html")


def lines_of(made: Example, outcome: Outcome) -> list[str]:
    """Return the summary's lines for a verdict of one outcome."""
    if outcome is Outcome.INVALID:
        run = killed_example()
        return render_terminal(run, invalid_verdict(run), report=REPORT).plain.split("\n")
    verdicts: dict[Outcome, Callable[[Example], Verdict]] = {
        Outcome.PASS: passing_verdict,
        Outcome.FAIL: failing_verdict,
        Outcome.INCONCLUSIVE: inconclusive_verdict,
    }
    return render_terminal(made.run, verdicts[outcome](made), report=REPORT).plain.split("\n")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_summary_fits_25_lines_of_80_columns(made: Example, outcome: Outcome) -> None:
    lines = lines_of(made, outcome)
    assert len(lines) <= 25
    assert max(cell_len(line) for line in lines) <= 80


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_first_line_is_the_verdict_in_a_word(made: Example, outcome: Outcome) -> None:
    assert lines_of(made, outcome)[0].split()[1] == outcome.value.upper()


def test_the_order_is_that_of_the_report(made: Example) -> None:
    heads = [line.split()[0] for line in lines_of(made, Outcome.FAIL)[1:] if not line.startswith(" ")]
    assert heads == [
        "Why",
        "Next",
        "Findings",
        "Objectives",
        "Baseline",
        "Correctness",
        "Stages",
        "Generator",
        "Report",
    ]


def test_a_name_of_the_target_cannot_steer_the_terminal(hostile: Example) -> None:
    text = render_terminal(hostile.run, failing_verdict(hostile), report=None)
    assert "\x1b" not in text.plain
    assert "<script>alert" in text.plain


def test_without_colour_nothing_is_lost(made: Example) -> None:
    text = render_terminal(made.run, failing_verdict(made), report=REPORT)
    shown = io.StringIO()
    Console(file=shown, no_color=True, width=80).print(text)
    assert "\x1b" not in shown.getvalue()
    assert shown.getvalue().rstrip("\n") == text.plain
