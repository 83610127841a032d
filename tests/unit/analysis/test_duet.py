"""The verdict of a duet: a slower build is named, an equal one is not; what does not count, and what cannot be told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from analysis.duet import judge_duet, void
from analysis.duet_verdict import DuetVerdict, PairedResult
from analysis.verdict import Gate, Outcome, Statement
from records.duet import Arm, DuetRecord, Pinning, Restart, Seats, Side
from records.probe import Column, ProbeSeries
from records.run import Run
from records.window import Outcome as Ended
from scenarios.plan import Plan
from tests.unit.analysis.build_run import (
    BARBERS,
    BOOK,
    LOGIN,
    SLOTS,
    Requests,
    build_run,
    changed,
    healthy_samples,
    plan_of,
)

MEDIAN_US = {SLOTS: 72_000.0, BARBERS: 30_000.0, BOOK: 58_000.0, LOGIN: 124_000.0}
PER_SECOND = {SLOTS: 40, BARBERS: 20, BOOK: 10, LOGIN: 10}
RESTARTS = 5
Change = Callable[[Requests, np.random.Generator], object]
PLAIN: dict[int, Run] = {}
RARE = "GET /appointments/{id}"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of("baseline", time_scale=0.02)


def adding(operation: str, seconds: Sequence[int], response_us: float, outcome: Ended = Ended.OK) -> Change:
    """Return what adds requests to a run."""
    return lambda requests, _rng: requests.add(operation, seconds, response_us, outcome)


def run_of(plan: Plan, seed: int, slower: Mapping[str, float], more: Change | None = None) -> Run:
    """Return a run whose operations take `slower` times as long; the plain ones are made once."""
    if slower or more is not None:
        return made_run(plan, seed, slower, more)
    if seed not in PLAIN:
        PLAIN[seed] = made_run(plan, seed, {})
    return PLAIN[seed]


def made_run(plan: Plan, seed: int, slower: Mapping[str, float], more: Change | None = None) -> Run:
    rng = np.random.default_rng(seed)
    requests = Requests()
    seconds = np.arange(int(plan.duration_s))
    for name, rate in PER_SECOND.items():
        second = np.repeat(seconds, rate)
        noise = np.exp(0.3 * rng.standard_normal(second.size) + 0.01 * rng.standard_normal())
        requests.add(name, second.tolist(), MEDIAN_US[name] * slower.get(name, 1.0) * noise)
    if more is not None:
        more(requests, rng)
    return build_run(requests, plan, run_id=f"run{seed}")


def restart(number: int, because: str = "") -> Restart:
    first = Side.A if number % 2 == 0 else Side.B
    runs: dict[Side, str | None] = {Side.A: f"a{number}", Side.B: f"b{number}"}
    return Restart(
        number=number, seed=number, first=first, seats=dict.fromkeys(Side, Seats()), runs=runs, because=because
    )


def record_of(wanted: int = RESTARTS, ended: str = "completed") -> DuetRecord:
    return DuetRecord.model_validate(
        {
            "duet_id": "duet-1", "scenario": "baseline", "started_at": "2026-11-26T06:00:00+00:00",
            "command": ("rushhour", "duet"), "pinning": Pinning.TOGETHER, "fresh": True, "restarts_wanted": wanted,
            "warm_up_s": 2, "duration_s": 12, "time_scale": 0.02, "load_scale": 1,
            "arms": dict.fromkeys(Side, Arm(target="sandbox")), "ended": ended,
        }
    )  # fmt: skip


def duet(
    plan: Plan,
    slower: Mapping[str, float],
    *,
    restarts: int = RESTARTS,
    more_a: Change | None = None,
    more_b: Change | None = None,
) -> DuetVerdict:
    pairs = [
        (
            restart(number),
            {Side.A: run_of(plan, 50 + 2 * number, {}, more_a), Side.B: run_of(plan, 51 + 2 * number, slower, more_b)},
        )
        for number in range(restarts)
    ]
    return judge_duet(record_of(), pairs)


def row(verdict: DuetVerdict, operation: str, metric: str) -> PairedResult:
    return next(row for row in verdict.comparisons if (row.operation, row.metric) == (operation, metric))


def test_slower_operation_fails_the_duet_and_is_named_first(plan: Plan) -> None:
    verdict = duet(plan, {SLOTS: 1.10})
    assert (verdict.outcome, verdict.exit_code) == (Outcome.FAIL, 1)
    assert verdict.because[0].startswith(f"{SLOTS} ")
    found = row(verdict, SLOTS, "service_mean")
    assert (found.statement, found.gate) == (Statement.REGRESSED, Gate.FAIL)
    assert found.interval is not None
    assert found.interval[0] < 0.10 < found.interval[1]
    assert {each.operation for each in verdict.comparisons if each.statement is Statement.REGRESSED} == {SLOTS}


def test_equal_builds_pass_without_a_change(plan: Plan) -> None:
    verdict = duet(plan, {})
    assert (verdict.outcome, verdict.exit_code) == (Outcome.PASS, 0)
    assert {each.statement for each in verdict.comparisons} <= {Statement.NO_CHANGE, Statement.CANNOT_TELL}
    assert row(verdict, SLOTS, "service_mean").statement is Statement.NO_CHANGE


def test_faster_operation_is_improved_and_passes(plan: Plan) -> None:
    verdict = duet(plan, {SLOTS: 0.9})
    assert verdict.outcome is Outcome.PASS
    assert row(verdict, SLOTS, "service_mean").statement is Statement.IMPROVED
    assert any(SLOTS in text and "less in b" in text for text in verdict.because)


def test_a_change_of_less_than_two_milliseconds_is_no_regression_however_sure(plan: Plan) -> None:
    verdict = duet(plan, {BARBERS: 1.06})  # 1.8 ms of 30
    assert row(verdict, BARBERS, "service_mean").statement is not Statement.REGRESSED


def test_operation_with_too_few_requests_is_listed_and_says_how_many_it_needs(plan: Plan) -> None:
    few = adding(RARE, [6] * 30, 25_000.0)
    verdict = duet(plan, {}, more_a=few, more_b=few)
    found = row(verdict, RARE, "service_mean")
    assert (found.gate, found.interval) == (Gate.NOT_GATED, None)
    assert found.because == "only 30 requests an arm in some restart; typical service time needs 40"
    assert verdict.outcome is Outcome.PASS


def test_rare_and_noisy_operation_leaves_the_duet_open(plan: Plan) -> None:
    def wild(requests: Requests, rng: np.random.Generator) -> None:
        requests.add(RARE, [6] * 45, 25_000.0 * np.exp(2.0 * rng.standard_normal(45)))

    verdict = duet(plan, {}, more_a=wild, more_b=wild)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.because[0].startswith(RARE)
    assert "more restarts" in verdict.because[0]


def test_operation_that_b_no_longer_answers_leaves_the_duet_open(plan: Plan) -> None:
    verdict = duet(plan, {}, more_a=adding(RARE, [6] * 60, 25_000.0))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.because[0].startswith(f"{RARE} typical service time: b answered 0 of these requests and a 300")


def test_operation_that_one_arm_answers_a_little_more_often_does_not(plan: Plan) -> None:
    counts = {"a": 60, "b": 50}
    more = {arm: adding(RARE, [6] * count, 25_000.0) for arm, count in counts.items()}
    assert duet(plan, {}, more_a=more["a"], more_b=more["b"]).outcome is Outcome.PASS


def test_build_that_fails_more_often_fails_the_duet(plan: Plan) -> None:
    failing = adding(BOOK, [*range(2, 14)] * 2, 58_000.0, Ended.SERVER_ERROR)
    verdict = duet(plan, {}, more_b=failing)
    assert verdict.outcome is Outcome.FAIL
    assert verdict.because[0].startswith("b fails more often: 120 failed requests")
    assert verdict.errors is not None
    assert verdict.errors.statement is Statement.REGRESSED


def test_equally_many_errors_are_no_difference(plan: Plan) -> None:
    failing = adding(BOOK, [*range(2, 14)], 58_000.0, Ended.SERVER_ERROR)
    verdict = duet(plan, {}, more_a=failing, more_b=failing)
    assert verdict.outcome is Outcome.PASS
    assert verdict.errors is not None
    assert verdict.errors.change == pytest.approx(0)
    assert verdict.errors.statement is Statement.CANNOT_TELL


def test_one_burst_of_errors_is_no_regression(plan: Plan) -> None:
    burst = adding(BOOK, [7] * 12, 58_000.0, Ended.SERVER_ERROR)
    pairs = [
        (
            restart(number),
            {
                Side.A: run_of(plan, 50 + 2 * number, {}),
                Side.B: run_of(plan, 51 + 2 * number, {}, burst if number == 2 else None),
            },
        )
        for number in range(RESTARTS)
    ]
    assert judge_duet(record_of(), pairs).outcome is Outcome.PASS


def test_restart_with_a_sick_generator_is_void_and_does_not_count(plan: Plan) -> None:
    runs = {side: run_of(plan, index, {}) for index, side in enumerate(Side)}
    assert void(runs, restart(0)) == ""
    sick = replace(runs[Side.B], generator=tuple(changed(healthy_samples(plan), cpu_ratio=0.99)))
    assert void({**runs, Side.B: sick}, restart(0)).startswith("arm b: ")
    assert void({Side.A: runs[Side.A]}, restart(0)) == "arm b has no run"
    assert void(runs, restart(0, "the sandbox did not listen")) == "the sandbox did not listen"


def test_too_few_restarts_are_invalid_where_the_generator_was_sick_and_open_where_somebody_stopped(plan: Plan) -> None:
    runs = {side: run_of(plan, index, {}) for index, side in enumerate(Side)}
    pairs = [(restart(0), runs), (restart(1, "x"), runs)]
    verdict = judge_duet(record_of(), pairs)
    assert (verdict.outcome, verdict.exit_code, verdict.counting) == (Outcome.INVALID, 4, 1)
    assert verdict.because == ("only 1 restart of 5 count; a verdict needs 3", "restart 2 is void: x")
    assert judge_duet(record_of(ended="interrupted"), pairs).outcome is Outcome.INCONCLUSIVE


def test_cpu_demand_is_compared_where_the_probe_saw_the_process(plan: Plan) -> None:
    def probed(run: Run, each_s: float, seed: int) -> Run:
        rate = sum(PER_SECOND.values()) * np.random.default_rng(seed).normal(1, 0.02, int(plan.duration_s) + 1)
        seconds = np.arange(rate.size)
        return replace(
            run, probes=ProbeSeries({("process", "cpu_seconds"): Column("s", seconds, np.cumsum(rate * each_s))})
        )

    pairs = [
        (
            restart(number),
            {
                side: probed(run_of(plan, 2 * number + at, {}), 0.002 * (1 + at * 0.3), 100 + 2 * number + at)
                for at, side in enumerate(Side)
            },
        )
        for number in range(RESTARTS)
    ]
    found = row(judge_duet(record_of(), pairs), "all operations", "cpu_per_request")
    assert found.statement is Statement.REGRESSED
    assert found.a == pytest.approx(0.002, rel=0.05)
    assert found.b == pytest.approx(0.0026, rel=0.05)


def test_the_same_runs_give_the_same_verdict(plan: Plan) -> None:
    pairs = [
        (restart(number), {Side.A: run_of(plan, 50 + 2 * number, {}), Side.B: run_of(plan, 51 + 2 * number, {})})
        for number in range(3)
    ]
    assert judge_duet(record_of(), pairs) == judge_duet(record_of(), pairs)
