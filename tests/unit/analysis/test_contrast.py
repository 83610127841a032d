"""Any two, side by side: what differs is said first, a change is stated between sets of runs and never of one run alone."""

from dataclasses import replace

import pytest

from analysis.contrast import Contrast, contrast
from analysis.contrast_row import ContrastRow
from analysis.side import ALL, Side, measured_baseline, measured_run
from analysis.summary import accept
from analysis.verdict import Statement
from records.run import Run
from records.window import Outcome
from tests.unit.analysis.build_run import BARBERS, BOOK, SLOTS, build_run, plan_of, steady_requests

MEDIANS = {SLOTS: 20_000.0, BARBERS: 10_000.0, BOOK: 60_000.0}


def run_of(seed: int, medians: dict[str, float] | None = None, failing: int = 0, run_sd: float = 0.01) -> Run:
    plan = plan_of()
    requests = steady_requests(plan, seed, dict.fromkeys(MEDIANS, 25), medians or MEDIANS, run_sd=run_sd)
    if failing:
        requests.add(BOOK, list(range(48)) * failing, 60_000.0, Outcome.SERVER_ERROR)
    return build_run(requests, plan, run_id=f"run{seed}")


def side(label: str, seeds: range, medians: dict[str, float] | None = None, failing: int = 0) -> Side:
    return Side(label, tuple(measured_run(run_of(seed, medians, failing)) for seed in seeds))


def row(found: Contrast, operation: str, metric: str) -> ContrastRow:
    return next(each for each in found.rows if (each.operation, each.metric) == (operation, metric))


@pytest.fixture(scope="module")
def usual() -> Side:
    return side("A", range(5))


def test_sets_of_the_same_build_show_no_regression(usual: Side) -> None:
    found = contrast(usual, side("B", range(10, 13)))
    assert not {each.statement for each in found.rows} & {Statement.REGRESSED, Statement.IMPROVED}
    assert found.differences == ()


def test_one_slower_operation_is_named_and_the_others_are_not(usual: Side) -> None:
    found = contrast(usual, side("B", range(10, 13), {**MEDIANS, BOOK: 78_000.0}))
    slower = {
        each.operation for each in found.rows if each.statement is Statement.REGRESSED and each.metric == "response_p50"
    }
    assert slower == {BOOK}
    change = row(found, BOOK, "response_p50")
    assert change.interval is not None
    assert change.interval[0] < 0.30 < change.interval[1]
    assert (change.basis, change.runs) == ("between runs", (5, 3))


def test_the_mirror_image_is_an_improvement(usual: Side) -> None:
    found = contrast(side("A", range(10, 13), {**MEDIANS, BOOK: 78_000.0}), replace(usual, label="B"))
    assert row(found, BOOK, "response_p50").statement is Statement.IMPROVED


def test_one_run_on_each_side_cannot_tell_however_large_the_change() -> None:
    found = contrast(side("A", range(1)), side("B", range(1, 2), {**MEDIANS, BOOK: 120_000.0}))
    change = row(found, BOOK, "response_p50")
    assert change.change_ratio == pytest.approx(1.0, abs=0.1)
    assert (change.statement, change.basis) == (Statement.CANNOT_TELL, "within runs")
    assert change.because.startswith("one run on each side cannot tell")
    assert {each.statement for each in found.rows} == {Statement.CANNOT_TELL}


def test_few_runs_get_an_interval_and_no_statement() -> None:
    found = contrast(side("A", range(2)), side("B", range(2, 4), {**MEDIANS, BOOK: 120_000.0}))
    change = row(found, BOOK, "response_p50")
    assert (change.statement, change.basis) == (Statement.CANNOT_TELL, "between runs")
    assert "4 runs in all are few" in change.because


def test_what_differs_in_the_manifests_is_said(usual: Side) -> None:
    run = run_of(20)
    other = replace(run, manifest=run.manifest.model_copy(update={"target_build": "v2", "plants": ("slow-slots",)}))
    found = contrast(usual, Side("B", (measured_run(other),)))
    told = {each.what: (each.before, each.now) for each in found.differences}
    assert told == {
        "build of the target": (("not told",), ("v2",)),
        "planted defects": (("none",), ("slow-slots",)),
    }


def test_another_load_is_a_difference() -> None:
    first, second = (
        run_of(1),
        build_run(steady_requests(plan_of(load_scale=2.0), 2, {SLOTS: 25}, MEDIANS), plan_of(load_scale=2.0)),
    )
    found = contrast(Side("A", (measured_run(first),)), Side("B", (measured_run(second),)))
    assert "load scale" in {each.what for each in found.differences}
    assert f"only A has {BOOK} in stage {found.stages[0][0]}" in found.only


def test_what_an_accepted_run_did_not_keep_is_no_difference() -> None:
    run = run_of(1)
    found = contrast(Side("A", (measured_baseline(accept(run)),)), Side("B", (measured_run(run),)))
    assert found.differences == ()
    assert row(found, SLOTS, "response_p95").change_ratio == pytest.approx(0.0)


def test_errors_have_an_interval_a_side_and_more_of_them_are_seen(usual: Side) -> None:
    found = contrast(usual, side("B", range(10, 13), failing=3))
    errors = row(found, BOOK, "error_ratio")
    assert errors.statement is Statement.REGRESSED
    assert errors.now == pytest.approx(3 / 28)
    assert row(found, SLOTS, "error_ratio").statement is Statement.CANNOT_TELL
    assert row(found, ALL, "error_ratio").statement is Statement.REGRESSED


def test_a_metric_with_too_few_requests_has_no_interval(usual: Side) -> None:
    found = contrast(usual, side("B", range(10, 13)))
    p99 = row(found, SLOTS, "response_p99")
    assert (p99.interval, p99.because) == (None, "p99 needs 2,000 requests in a run")
