"""Rules of change points: suspected, confirmed, answered; what lies behind them; what may be believed of a page."""

import numpy as np
import pytest

from analysis.case import ALL
from analysis.trend.change import Status
from analysis.trend.chronicle import Told, as_document, happenings, tell
from analysis.trend.course import courses
from analysis.trend.family import believable
from records.acknowledgement import Acknowledgement, Answer
from records.baseline import Baseline
from tests.unit.analysis.trend.build_history import KEY, PAY, SLOTS, accepted, operation, weeks


def levels(runs: int, first: int, ratio: float, seed: int = 1, sd: float = 0.02) -> list[float]:
    values = 80_000.0 * np.exp(np.random.default_rng(seed).normal(0, sd, runs))
    values[first:] *= 1 + ratio
    return [float(value) for value in values]


def told(runs: list[Baseline], *answers: Acknowledgement) -> Told:
    (only,) = tell(courses(runs), {"shop": answers})
    return only


def answer_to(found: Told, answered: Answer = Answer.ACKNOWLEDGED) -> Acknowledgement:
    point = next(point for point in found.points if (point.operation, point.metric) == (PAY, "response_p95"))
    return Acknowledgement(
        id=point.id, answer=answered, started_at=point.started_at, run_id=point.run_id, stage=point.stage,
        operation=point.operation, metric=point.metric, reason="a new provider",
    )  # fmt: skip


def standing(found: Told, metric: str = "response_p95") -> list[tuple[str, Status]]:
    return [(point.run_id, point.status) for point in found.points if (point.operation, point.metric) == (PAY, metric)]


def test_two_runs_are_suspected_and_the_third_confirms() -> None:
    assert standing(told(weeks(levels(22, 20, 0.3)))) == [("weekly-020", Status.SUSPECTED)]
    assert standing(told(weeks(levels(23, 20, 0.3)))) == [("weekly-020", Status.CONFIRMED)]


def test_two_bad_runs_that_were_followed_by_a_good_one_are_not_confirmed() -> None:
    values = levels(23, 20, 0.3)
    values[22] /= 1.3
    assert Status.CONFIRMED not in [status for _, status in standing(told(weeks(values)))]


def test_a_change_point_names_size_commits_and_builds() -> None:
    found = told(weeks(levels(30, 20, 0.2, sd=0.005), builds={20: "2.14"}))
    point = next(point for point in found.points if (point.operation, point.metric) == (PAY, "response_p95"))
    assert point.change_ratio == pytest.approx(0.2, abs=0.01)
    assert point.code == "commits c019..c020; builds 2.13 to 2.14"
    assert point.surroundings == ("build of the target differs (2.13, here 2.14)",)
    assert (point.is_worse, point.runs) == (True, (20, 10))


def test_the_other_operation_is_silent() -> None:
    found = told(weeks(levels(30, 20, 0.2)))
    assert {point.operation for point in found.points} == {PAY, ALL}


def test_an_acknowledged_change_keeps_its_place_and_is_open_no_more() -> None:
    runs = weeks(levels(30, 20, 0.2))
    answer = answer_to(told(runs))
    after = told(runs, answer)
    assert standing(after) == [("weekly-020", Status.ACKNOWLEDGED)]
    assert "response_p95" not in [p.metric for each in happenings([after]) for p in each.points if p.operation == PAY]


def test_a_hidden_change_is_not_found_again_a_run_beside() -> None:
    runs = weeks(levels(30, 20, 0.2))
    hidden = answer_to(told(runs), Answer.HIDDEN).model_copy(
        update={"run_id": "weekly-021", "started_at": runs[21].started_at}
    )
    assert standing(told(runs, hidden)) == [("weekly-021", Status.HIDDEN)]


def test_an_answer_outlives_the_run_it_names() -> None:
    runs = weeks(levels(30, 20, 0.2))
    answer = answer_to(told(runs))
    del runs[20]
    assert standing(told(runs, answer)) == [("weekly-021", Status.ACKNOWLEDGED)]


def test_a_new_level_is_silent_until_it_has_eight_runs() -> None:
    runs = weeks(levels(26, 20, 0.2))
    after = told(runs, answer_to(told(runs)))
    trace = next(t for t in after.traces if (t.series.operation, t.series.metric.name) == (PAY, "response_p95"))
    assert trace.silent == "6 of 8 runs since weekly-020: 2 more runs until it can speak"


def test_errors_that_come_to_stay_are_a_change_and_single_ones_are_none() -> None:
    def runs(failed: list[int]) -> list[Baseline]:
        return [accepted(week, {PAY: operation(50_000.0, failed=count)}) for week, count in enumerate(failed)]

    few = [0, 1, 0, 0, 2, 0, 1, 0, 0, 0, 1, 0, 0, 1, 1]
    assert [point.metric for point in told(runs(few)).points] == []
    more = told(runs([*few, 20, 24, 18, 22, 19]))
    assert {(point.metric, point.run_id, point.status) for point in more.points} == {
        ("error_ratio", "weekly-015", Status.CONFIRMED)
    }
    assert more.points[0].change_ratio is None


def test_a_changed_machine_divides_no_course_and_is_named() -> None:
    other = KEY.model_copy(update={"fingerprint": KEY.fingerprint.model_copy(update={"cores": 16})})
    runs = [accepted(week, {SLOTS: operation(50_000.0)}, key=other if week >= 6 else KEY) for week in range(10)]
    (move,) = told(runs).moves
    assert (move.run_id, move.lines) == ("weekly-006", ("environment: cores differs (8, here 16)",))


def test_another_load_is_another_course_the_newest_first() -> None:
    other = KEY.model_copy(update={"load_digest": "fedcba9876543210"})
    runs = [accepted(week, {SLOTS: operation(50_000.0)}, key=other if week >= 6 else KEY) for week in range(10)]
    assert [len(course.visits) for course in courses(runs)] == [4, 6]
    assert [each.missing_runs for each in tell(courses(runs), {})] == [4, 2]


def test_an_accepted_run_is_taken_once_and_others_are_marked() -> None:
    runs = weeks(levels(10, 9, 0.0))
    (course,) = courses(runs[:8], runs[6:])
    assert [visit.accepted for visit in course.visits] == [True] * 8 + [False] * 2


def test_a_run_with_too_few_requests_is_missing_in_the_percentile_only() -> None:
    runs = [accepted(week, {PAY: operation(50_000.0, count=1_000)}) for week in range(9)]
    (course,) = courses(runs)
    assert {s.metric.name for s in course.series if s.operation == PAY} == {
        "response_p50", "response_p95", "rate", "error_ratio",
    }  # fmt: skip


def test_sixty_series_ask_for_more_than_one() -> None:
    assert believable([0.009]) == 0.009
    assert believable([0.009, *[0.5] * 59]) == 0.0
    assert believable([*[0.002] * 6, *[0.5] * 54]) == 0.002


def test_the_document_names_every_value_and_change() -> None:
    found = told(weeks(levels(23, 20, 0.3)))
    (course,) = as_document([found])["courses"]
    series = next(s for s in course["series"] if (s["operation"], s["metric"]) == (PAY, "response_p95"))
    assert len(series["values"]) == 23
    assert [point["run_id"] for point in series["change_points"]] == ["weekly-020"]
