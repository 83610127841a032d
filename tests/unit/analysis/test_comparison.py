"""Rules of comparisons: what is stated, what the gate lets pass, and how seldom the same code is called slower."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from scipy.stats import t as student

from analysis.comparison import Compared, compare
from analysis.observed import observe
from analysis.summary import accept
from analysis.verdict import ComparisonResult, Gate, Statement
from records.baseline import Baseline
from records.run import Run
from tests.unit.analysis.build_run import (
    BARBERS,
    BOOK,
    HEALTH,
    SLOTS,
    Requests,
    build_run,
    changed,
    dated,
    healthy_samples,
    plan_of,
    steady_requests,
)

PLAN = plan_of("baseline")
PER_SECOND = {SLOTS: 25, BARBERS: 20, BOOK: 20, HEALTH: 20}
MEDIAN_US = {SLOTS: 60_000.0, BARBERS: 40_000.0, BOOK: 80_000.0, HEALTH: 50_000.0}


def run_of(seed: int, factor: float = 1.0, operation: str = SLOTS, run_sd: float = 0.03) -> Run:
    medians = {**MEDIAN_US, operation: MEDIAN_US[operation] * factor}
    return build_run(steady_requests(PLAN, seed, PER_SECOND, medians, run_sd=run_sd), PLAN)


def accepted(first: int = 0, count: int = 5) -> tuple[Baseline, ...]:
    return tuple(dated(accept(run_of(first + number)), number) for number in range(count))


def compared(run: Run, baselines: Sequence[Baseline]) -> Compared:
    judged = [observe(run, stage) for stage in run.manifest.plan.stages if stage.is_judged]
    return compare(run, judged, baselines)


def row_of(rows: Sequence[ComparisonResult], operation: str = SLOTS, metric: str = "response_p95") -> ComparisonResult:
    return next(row for row in rows if (row.operation, row.metric) == (operation, metric))


@pytest.fixture(scope="module")
def history() -> tuple[Baseline, ...]:
    return accepted()


def test_a_planted_slow_down_of_thirty_percent_is_found_and_named(history: tuple[Baseline, ...]) -> None:
    found = Counter(
        row.operation
        for seed in range(100, 110)
        for row in compared(run_of(seed, factor=1.3), history).comparisons
        if row.statement is Statement.REGRESSED and row.metric == "response_p50"
    )
    assert found[SLOTS] >= 9
    assert found.total() == found[SLOTS]


def test_a_planted_speed_up_is_an_improvement_and_passes(history: tuple[Baseline, ...]) -> None:
    row = row_of(compared(run_of(100, factor=0.6), history).comparisons, metric="response_p50")
    assert (row.statement, row.gate) == (Statement.IMPROVED, Gate.PASS)


def test_the_same_code_is_seldom_called_slower() -> None:
    weeks, slower = 0, 0
    rare = dict.fromkeys((SLOTS, BARBERS, BOOK), 17)  # 408 requests a stage: enough for p95
    for shop in range(10):
        runs = [
            build_run(steady_requests(PLAN, 10_000 + 100 * shop + number, rare, MEDIAN_US), PLAN)
            for number in range(25)
        ]
        past = tuple(dated(accept(run), number) for number, run in enumerate(runs[:5]))
        for run in runs[5:]:
            rows = compared(run, past).comparisons
            slower += any(row.gate is Gate.FAIL for row in rows)
            weeks += 1
    assert weeks == 200
    assert slower / weeks <= 0.03


def test_the_interval_is_the_students_of_the_shrunk_spread() -> None:
    """Five runs and a candidate with one value each: all by hand."""
    values = [10_000.0, 10_200.0, 9_900.0, 10_100.0, 9_800.0]
    flat = [build_run(Requests().add(SLOTS, list(range(29)) * 20, value), PLAN) for value in values]
    past = tuple(dated(accept(run), number) for number, run in enumerate(flat))
    row = row_of(compared(build_run(Requests().add(SLOTS, list(range(29)) * 20, 10_500.0), PLAN), past).comparisons)
    logs = [math.log(value) for value in values]
    mean = sum(logs) / 5
    variance = sum((log - mean) ** 2 for log in logs) / 4  # one operation: nothing to lean on, 4 degrees of freedom
    change = math.log(10_500.0) - mean
    half = float(student.isf(0.025, 4)) * math.sqrt(variance * (1 / 5 + 1))
    assert row.change_ratio == pytest.approx(math.expm1(change), abs=2e-3)
    assert row.interval == pytest.approx((math.expm1(change - half), math.expm1(change + half)), abs=4e-3)
    assert row.runs == (5, 1)
    assert len(row.history) == 5


def test_a_significant_change_under_the_smallest_that_matters_is_no_regression() -> None:
    medians = dict.fromkeys(PER_SECOND, 2_000.0)  # 2 ms: 30 % of it is 0.6 ms
    past = tuple(
        dated(accept(build_run(steady_requests(PLAN, n, PER_SECOND, medians, run_sd=0.0), PLAN)), n) for n in range(5)
    )
    slower = {**medians, SLOTS: 2_600.0}
    run = build_run(steady_requests(PLAN, 100, PER_SECOND, slower, run_sd=0.0), PLAN)
    row = row_of(compared(run, past).comparisons, metric="response_p50")
    assert row.interval is not None
    assert row.interval[0] > 0
    assert (row.statement, row.gate) == (Statement.NO_CHANGE, Gate.PASS)
    assert row.tolerated_ratio > 0.9  # 2 ms of about 2 ms


def test_an_interval_beyond_the_tolerated_change_is_inconclusive_and_says_what_would_settle_it() -> None:
    past = tuple(dated(accept(run_of(n, run_sd=0.12)), n) for n in range(5))
    row = row_of(compared(run_of(60, run_sd=0.0), past).comparisons, metric="response_p50")
    assert (row.statement, row.gate) == (Statement.CANNOT_TELL, Gate.INCONCLUSIVE)
    assert "more than the tolerated 15 %" in row.because


def test_four_accepted_runs_are_no_history_yet(history: tuple[Baseline, ...]) -> None:
    result = compared(run_of(100, factor=3.0), history[:4])
    row = row_of(result.comparisons)
    assert (row.statement, row.gate, row.interval) == (Statement.CANNOT_TELL, Gate.NOT_GATED, None)
    assert row.because == "no history yet: 4 of 5 accepted runs"
    assert row.change_ratio is not None
    assert result.use.missing is not None


def test_without_accepted_runs_nothing_is_compared() -> None:
    result = compared(run_of(100), ())
    assert result.comparisons == ()
    assert result.use.missing is not None
    assert "rushhour baseline accept" in result.use.missing


def test_too_few_requests_are_not_gated(history: tuple[Baseline, ...]) -> None:
    row = row_of(compared(run_of(100), history).comparisons, metric="response_p99")
    assert (row.gate, row.because) == (Gate.NOT_GATED, "only 600 requests; p99 needs 2,000")


def test_a_load_that_was_not_offered_is_not_compared(history: tuple[Baseline, ...]) -> None:
    run = run_of(100, factor=3.0)
    run = replace(run, generator=tuple(changed(healthy_samples(PLAN), planned=100, started=98)))
    row = row_of(compared(run, history).comparisons)
    assert row.because.startswith("only 98 % of the planned sessions started")


def test_operations_that_the_scenario_does_not_gate_only_state(history: tuple[Baseline, ...]) -> None:
    plan = PLAN.model_copy(update={"comparison": PLAN.comparison.model_copy(update={"operations": (BARBERS,)})})
    run = run_of(100, factor=3.0)
    run = replace(run, manifest=run.manifest.model_copy(update={"plan": plan}))
    row = row_of(compared(run, history).comparisons)
    assert (row.statement, row.gate) == (Statement.REGRESSED, Gate.NOT_GATED)


def test_a_gated_operation_that_vanished_is_inconclusive(history: tuple[Baseline, ...]) -> None:
    plan = PLAN.model_copy(update={"comparison": PLAN.comparison.model_copy(update={"operations": (SLOTS,)})})
    rest = {name: rate for name, rate in PER_SECOND.items() if name != SLOTS}
    run = build_run(steady_requests(PLAN, 100, rest, MEDIAN_US), plan)
    row = row_of(compared(run, history).comparisons)
    assert row.gate is Gate.INCONCLUSIVE
    assert row.because == "no request of it in this stage, but in 5 accepted runs"


def test_fewer_served_requests_regress_the_rate(history: tuple[Baseline, ...]) -> None:
    fewer = {name: rate * 3 // 4 for name, rate in PER_SECOND.items()}
    run = build_run(steady_requests(PLAN, 100, fewer, MEDIAN_US), PLAN)
    row = row_of(compared(run, history).comparisons, "all operations", "rate")
    assert (row.statement, row.gate, row.worse_is) == (Statement.REGRESSED, Gate.FAIL, "lower")
    same = row_of(compared(run_of(100), history).comparisons, "all operations", "rate")
    assert (same.statement, same.gate) == (Statement.NO_CHANGE, Gate.PASS)


def test_another_environment_is_left_out_and_named(history: tuple[Baseline, ...]) -> None:
    run = run_of(100)
    there = run.manifest.fingerprint.model_copy(update={"cores": 4})
    run = replace(run, manifest=run.manifest.model_copy(update={"fingerprint": there}))
    use = compared(run, history).use
    assert use.run_ids == ()
    assert use.left_out[0] == "accepted00: environment: cores differs (8, here 4)"


def test_a_run_is_never_compared_with_itself(history: tuple[Baseline, ...]) -> None:
    run = run_of(0)
    run = replace(run, manifest=run.manifest.model_copy(update={"run_id": "accepted00"}))
    use = compared(run, history).use
    assert "accepted00" not in use.run_ids
    assert "accepted00: it is this run" in use.left_out


def test_only_the_last_ten_accepted_runs_count() -> None:
    one = accept(run_of(0))
    many = [dated(one, number) for number in range(12)]
    use = compared(run_of(100), many).use
    assert use.run_ids == tuple(f"accepted{number:02d}" for number in range(2, 12))
    assert use.left_out[0] == "accepted00: older than the last 10"


def test_an_unsteady_stage_does_not_pass_the_gate(history: tuple[Baseline, ...]) -> None:
    requests = steady_requests(PLAN, 100, PER_SECOND, MEDIAN_US)
    for place, second in enumerate(requests.second):
        requests.response_us[place] *= [0.6, 1.4][0] + 0.8 * (second > 17)
    rows = compared(build_run(requests, PLAN), history).comparisons
    gated = [row for row in rows if row.interval is not None and row.metric == "response_p50"]
    assert {row.gate for row in gated} <= {Gate.INCONCLUSIVE, Gate.FAIL}
    assert any("not steady" in row.because for row in gated)
