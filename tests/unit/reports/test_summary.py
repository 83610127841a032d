"""What is worst, and how much of a limit is used."""

from dataclasses import replace

import pytest

from analysis.verdict import BaselineUse, ObjectiveOutcome, ObjectiveResult
from reports.palette import DARK, LIGHT
from reports.rows import change_table, funnel_note, funnel_title
from reports.summary import key_figures, next_step, ranked_objectives, used, worst_of_each
from tests.unit.reports.build_example import SLOTS, Example
from tests.unit.reports.build_verdict import failing_verdict, inconclusive_verdict

ROW = ObjectiveResult(
    "x", "X", "baseline", None, "response_p95", "s", False, 0.2, None, 0.1, None, 10, False, ObjectiveOutcome.PASS, ""
)  # fmt: skip
TEXT = ("ink", "muted", "candidate", "pass", "fail", "marginal", "unknown", "invalid")


@pytest.mark.parametrize(
    ("unit", "higher_is_better", "limit", "observed", "share"),
    [
        ("s", False, 0.2, 0.1, 0.5),
        ("s", False, 0.2, 0.3, 1.5),
        ("ratio", True, 0.999, 0.9995, 0.5),
        ("ratio", True, 0.999, 0.998, 2.0),
        ("per_s", True, 1000, 2000, 0.5),
        ("ratio", False, 0.0, 0.0, 0.0),
    ],
)
def test_a_limit_is_used_up_at_one_whichever_way_is_better(
    unit: str, higher_is_better: bool, limit: float, observed: float, share: float
) -> None:
    row = replace(ROW, unit=unit, higher_is_better=higher_is_better, limit=limit, observed=observed)
    assert used(row, row.observed) == pytest.approx(share)


def test_what_was_not_measured_uses_nothing() -> None:
    assert used(replace(ROW, observed=None), None) is None


def test_the_short_list_shows_what_did_not_hold_and_the_worst_of_each(made: Example) -> None:
    rows = ranked_objectives(failing_verdict(made))
    short = worst_of_each(rows)
    assert {row.name for row in rows} == {rows[index].name for index in short}
    for index, row in enumerate(rows):
        if row.outcome in {ObjectiveOutcome.FAIL, ObjectiveOutcome.MARGINAL}:
            assert index in short


def test_what_blocks_the_release_comes_first_in_the_comparison(made: Example) -> None:
    table = change_table(failing_verdict(made))
    assert table is not None
    assert table.rows[0].operation == SLOTS
    assert [head.metric for head in table.heads] == ["p50", "p95", "p99", "rate"]
    assert table.heads[3].tolerated == "tolerated −10 %"


def test_the_funnel_says_how_many_bookings_were_made_and_paid(made: Example) -> None:
    title = funnel_title(failing_verdict(made).funnel)
    assert title == "88 % of the bookings begun were made, 82.9 % paid and confirmed online"


def test_bookings_completed_are_those_made_paid_or_not(made: Example) -> None:
    """As the objective counts them: a guest cannot pay online."""
    figures = {figure.label: figure.value for figure in key_figures(made.run, failing_verdict(made))}
    assert figures["bookings completed"] == "88 %"


def test_the_funnel_says_where_unpaid_bookings_went(made: Example) -> None:
    assert "guests always pay there" in funnel_note(made.run)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize("ground", ["paper", "raised"])
def test_text_stands_out_from_its_ground_by_4_5_to_1(palette: dict[str, str], name: str, ground: str) -> None:
    bright, dark = sorted((_luminance(palette[name]), _luminance(palette[ground])), reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= 4.5


def test_where_a_required_baseline_is_missing_the_next_step_is_to_make_it(made: Example) -> None:
    missing = "no accepted run of baseline on sandbox yet, 5 are missing"
    use = BaselineUse((), (), missing)
    verdict = replace(inconclusive_verdict(made), baseline=use, findings=())
    required = replace(verdict, because=(f"the scenario requires a comparison: {missing}",))
    assert next_step(required).command == "rushhour baseline build weekly_regression --target sandbox"
    assert next_step(replace(verdict, because=("too close to tell",))).command is None
