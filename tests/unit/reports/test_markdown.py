"""Markdown for a pull request: short, escaped, folded."""

from reports.markdown import escaped, render_markdown
from tests.unit.reports.build_example import Example, killed_example
from tests.unit.reports.build_verdict import failing_verdict, invalid_verdict, passing_verdict


def test_the_comment_begins_with_the_verdict_and_why(made: Example) -> None:
    lines = render_markdown(made.run, failing_verdict(made)).splitlines()
    assert lines[0].startswith("## ✗ FAIL: ")
    assert "31.2 % slower" in lines[2]


def test_the_comment_fits_a_pull_request(made: Example) -> None:
    assert len(render_markdown(made.run, failing_verdict(made))) < 65_536


def test_every_fold_is_closed(made: Example) -> None:
    text = render_markdown(made.run, failing_verdict(made))
    assert text.count("<details>") == text.count("</details>") > 2


def test_every_row_has_as_many_cells_as_its_head(hostile: Example) -> None:
    for block in render_markdown(hostile.run, failing_verdict(hostile)).split("\n\n"):
        rows = [line.replace("\\|", "") for line in block.splitlines() if line.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1


def test_names_of_the_target_stay_text() -> None:
    assert escaped("<b>@team *x* `y`") == "&lt;b&gt;&#64;team \\*x\\* \\`y\\`"


def test_what_is_missing_is_said(made: Example) -> None:
    run = killed_example()
    text = render_markdown(run, invalid_verdict(run))
    assert "No objective was judged." in text
    assert "No invariant was checked." in text
    assert "rushhour baseline accept RUN" in text
    assert "### Findings" not in render_markdown(made.run, passing_verdict(made))
