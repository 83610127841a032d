"""The first page: what is said of a quarter whose truth is known."""

from dataclasses import replace

import pytest

from analysis.planning.capacity import WHOLE
from analysis.quarter.answers import Question, answers_of, outcome_of
from analysis.quarter.climbed import Climbed
from analysis.quarter.document import as_document
from analysis.quarter.quarter import Quarter
from analysis.scaling.nodes import gap
from analysis.verdict import Outcome
from reports.capacity_csv import FORECAST_HEAD, forecast_csv, plan_csv
from reports.capacity_terminal import render_capacity_terminal
from scenarios.growth_rate import parse_growth
from tests.unit.analysis.build_queue import mmc_limit
from tests.unit.analysis.quarter.build_quarter import pool, quarter_with

AT = "2026-11-26T03:00:00+00:00"


@pytest.fixture(scope="module")
def climb() -> Climbed:
    return pool()


def said(quarter: Quarter, question: Question) -> str:
    return next(answer.sentence for answer in answers_of(quarter) if answer.question is question)


def test_what_is_carried_is_what_theory_says_and_the_promise_is_missed(climb: Climbed) -> None:
    quarter = quarter_with(climb)
    assert quarter.sustained.middle_per_s == pytest.approx(mmc_limit(0.05, 4, 0.2), rel=0.07)
    assert outcome_of(quarter) is Outcome.FAIL
    assert said(quarter, Question.HOLDS).startswith("Not 1,000 requests per s: it carries ")
    assert quarter.last.run_id in answers_of(quarter)[0].sources


def test_a_promise_that_is_kept_and_a_small_demand_hold(climb: Climbed) -> None:
    quarter = quarter_with(climb)
    kept = tuple(replace(each, gap=gap(50.0, 60.0, [58.0, 62.0])) for each in quarter.promises)
    assert outcome_of(replace(quarter, promises=kept)) is Outcome.PASS
    close = tuple(replace(each, gap=gap(60.0, 60.0, [58.0, 62.0])) for each in quarter.promises)
    assert outcome_of(replace(quarter, promises=close)) is Outcome.INCONCLUSIVE


def test_demand_that_stays_small_is_carried_for_more_than_a_year_and_nothing_is_bought(climb: Climbed) -> None:
    quarter = quarter_with(climb)
    assert said(quarter, Question.UNTIL).startswith("Longer than 52 weeks, and no date: 0 % of the paths")
    assert said(quarter, Question.DO).startswith("Nothing for the traffic that is expected")


def test_demand_that_grows_past_it_has_a_date_a_purchase_and_a_day_to_decide(climb: Climbed) -> None:
    """By hand: 30 per s at 3 % a week pass about 60 in ln 2 / ln 1.03 = 23 weeks."""
    quarter = quarter_with(climb, 30.0, parse_growth("3 % per week"))
    date = quarter.whole.date.p50
    assert date is not None
    assert abs((date - quarter.plan.as_of).days / 7 - 21) < 5
    assert str(date) in said(quarter, Question.UNTIL)
    assert "decided by" in said(quarter, Question.DO)
    assert "application" in said(quarter, Question.DO)


def test_demand_beyond_it_is_exceeded_now_and_the_decision_overdue(climb: Climbed) -> None:
    quarter = quarter_with(climb, 90.0)
    assert said(quarter, Question.UNTIL).startswith("It is exceeded now")
    assert "overdue since" in said(quarter, Question.DO)


def test_the_document_and_the_tables_name_where_each_number_is_from(climb: Climbed) -> None:
    quarter = quarter_with(climb)
    document = as_document(quarter, AT)
    assert document["runs"] == [climb.run_id]
    assert document["history"]["source"] == "peaks.csv"
    assert {row["target"] for row in document["plan"]["rows"]} >= {WHOLE, "application", "1,000 requests per s"}
    assert "draws_per_s" not in document["sustained"]
    assert climb.run_id in plan_csv(quarter).splitlines()[1]
    lines = forecast_csv(quarter).splitlines()
    assert lines[0] == ",".join(FORECAST_HEAD)
    assert len(lines) == 1 + 10 + 52


def test_the_terminal_has_at_most_25_lines_of_80_columns(climb: Climbed) -> None:
    lines = render_capacity_terminal(quarter_with(climb, 90.0), None).plain.splitlines()
    assert len(lines) <= 25
    assert max(len(line) for line in lines) <= 80
