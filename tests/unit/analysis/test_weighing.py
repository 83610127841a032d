"""Rules of the two levels: what all operations moved together, what one moved beside that, and drift."""

import numpy as np
import pytest

from analysis.case import ALL
from analysis.comparison import LAST, signs_of
from analysis.shift import shifts_of
from analysis.statement import rows_of
from analysis.verdict import ComparisonResult, Gate, Statement
from analysis.weighing import weigh
from tests.unit.analysis.build_cases import STAGE, cases_of_changes, named, noisy_week, with_control

CONTROL = "GET /control"


def rows(cases: list, control: str | None = None) -> dict[str, ComparisonResult]:  # type: ignore[type-arg]
    return {row.operation: row for row in rows_of(weigh(cases, (), control), LAST)}


def test_the_common_shift_is_the_median_over_operations() -> None:
    then = np.zeros((5, 7)) + np.array([0.0, 0.01, -0.01, 0.02, -0.02])[:, None]
    now = np.array([[0.1, 0.1, 0.1, 0.2, 0.1, 0.0, 0.1]])
    shift = shifts_of(cases_of_changes(then, now), None)[STAGE, "response_p50"]
    assert shift.now == pytest.approx((0.1,))
    assert list(shift.past.values()) == pytest.approx([0.0, 0.01, -0.01, 0.02, -0.02])


def test_under_six_operations_nothing_is_common_but_what_the_control_moved() -> None:
    cases = cases_of_changes(np.zeros((5, 3)), np.array([[0.1, 0.1, 0.1]]))
    assert shifts_of(cases, None) == {}
    shift = shifts_of(with_control(cases, 0.05), CONTROL)[STAGE, "response_p50"]
    assert (shift.operations, shift.is_common) == ((CONTROL,), False)


def test_one_operation_is_found_under_a_noise_that_all_share() -> None:
    found = [rows(noisy_week(seed, common=0.06, own=0.01, one=0.08)) for seed in range(10)]
    assert sum(week[named(0)].statement is Statement.REGRESSED for week in found) >= 8
    assert sum(week[ALL].statement is Statement.REGRESSED for week in found) <= 1
    regressed = next(week[named(0)] for week in found if week[named(0)].statement is Statement.REGRESSED)
    assert "beside what all operations of these runs moved together" in regressed.because
    assert regressed.gate is Gate.FAIL


def test_the_same_code_is_seldom_called_slower() -> None:
    weeks = [rows(noisy_week(seed)) for seed in range(60)]
    assert sum(any(row.statement is Statement.REGRESSED for row in week.values()) for week in weeks) <= 5


def test_what_all_moved_is_stated_once_of_all() -> None:
    found = [rows(noisy_week(seed, all_moved=0.12)) for seed in range(10)]
    assert sum(week[ALL].statement is Statement.REGRESSED for week in found) >= 8
    alone = [row for week in found for row in week.values() if row.operation != ALL]
    assert sum(row.statement is Statement.REGRESSED for row in alone) <= 1
    assert "a control operation" in next(w[ALL] for w in found if w[ALL].gate is Gate.FAIL).because


def test_an_operation_ten_times_as_slow_is_no_shift_of_all() -> None:
    week = rows(noisy_week(1, one=9.0))
    assert week[named(0)].statement is Statement.REGRESSED
    assert week[ALL].statement is not Statement.REGRESSED


def test_a_moving_control_makes_it_drift_of_the_environment_and_a_flat_one_the_product() -> None:
    cases = noisy_week(3, all_moved=0.15)
    drift = rows(with_control(cases, 0.15), CONTROL)[ALL]
    assert (drift.statement, drift.gate) == (Statement.CANNOT_TELL, Gate.INCONCLUSIVE)
    assert drift.because.startswith("drift of the environment: the control operation moved as well")
    product = rows(with_control(cases, 0.0), CONTROL)[ALL]
    assert (product.statement, product.gate) == (Statement.REGRESSED, Gate.FAIL)
    assert "so that it is the product" in product.because


def test_the_control_itself_never_blocks() -> None:
    assert rows(with_control(noisy_week(3), 0.5), CONTROL)[CONTROL].gate is Gate.NOT_GATED


def test_one_that_only_gained_less_than_the_others_did_not_regress() -> None:
    week = rows(noisy_week(4, common=0.005, own=0.005, all_moved=-0.20, one=0.10))
    assert (week[named(0)].change_ratio or 0) < 0
    assert week[named(0)].statement is not Statement.REGRESSED


def test_one_bad_candidate_of_three_does_not_decide() -> None:
    found = []
    for seed in range(20):
        cases = noisy_week(seed, common=0.01, own=0.01)
        then = np.log([case.values for case in cases]).T - np.log(100_000.0)
        now = np.log([[float(value or 0) for value in case.now] for case in cases]).T - np.log(100_000.0)
        now[1] += 0.3
        found.append(rows(cases_of_changes(then, now))[ALL].statement)
    assert found.count(Statement.REGRESSED) <= 3


def test_stage_one_alerts_at_a_slow_down_and_says_at_what() -> None:
    signs = signs_of(weigh(noisy_week(1, candidates=1, one=0.25), (), None))
    assert signs[0].startswith(f"{named(0)} p50 in stage {STAGE} +")
    quiet = [signs_of(weigh(noisy_week(seed, candidates=1, common=0.002, own=0.002), (), None)) for seed in range(20)]
    assert not any(quiet)  # less than half of what matters: reruns could not make a regression of it


def test_what_cannot_be_told_says_how_many_more_runs_would_decide() -> None:
    open_rows = [row for row in rows(noisy_week(2, candidates=1)).values() if row.statement is Statement.CANNOT_TELL]
    assert open_rows
    assert any(row.more_runs is not None for row in open_rows)
    assert all(row.smallest_detectable_ratio is not None and row.smallest_detectable_ratio >= 0.03 for row in open_rows)
