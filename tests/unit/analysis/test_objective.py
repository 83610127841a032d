"""Rules of objectives."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.objective import excess, judge_objectives, leaves_open, stage_objectives
from analysis.observed import observe
from analysis.verdict import ObjectiveOutcome, ObjectiveResult
from loadgen.recorder import Recorder
from records.journey import Milestone
from records.run import Run
from records.series import collect
from records.window import PAYMENT_FLOW, Outcome
from scenarios.objectives import Objective
from scenarios.plan import Plan
from tests.unit.analysis.build_run import BARBERS, BOOK, SLOTS, Requests, build_run, milestones, plan_of

BASELINE = range(5, 29)  # the whole seconds of weekly_regression's stage baseline at time scale 0.04


def rows_of(run: Run, name: str, stage: str = "baseline") -> list[ObjectiveResult]:
    judged = [observe(run, planned) for planned in run.manifest.plan.stages if planned.is_judged]
    return [row for row in judge_objectives(run, judged) if row.name == name and row.stage in {stage, None}]


def row_of(run: Run, name: str) -> ObjectiveResult:
    (row,) = rows_of(run, name)
    return row


def traffic(per_second: int = 50, response_us: float = 10_000.0) -> Requests:
    return Requests().add(SLOTS, np.repeat(np.arange(58), per_second).tolist(), response_us)


def with_objective(plan: Plan, name: str, **changes: object) -> Plan:
    objectives = [
        objective.model_copy(update=changes) if objective.name == name else objective
        for objective in plan.objectives.objective
    ]
    return plan.model_copy(update={"objectives": plan.objectives.model_copy(update={"objective": tuple(objectives)})})


def test_a_tail_over_the_limit_fails_even_if_most_are_fast() -> None:
    requests = traffic(46).add(SLOTS, np.repeat(np.arange(58), 4).tolist(), 300_000.0)
    row = row_of(build_run(requests), "api_p95")
    assert row.outcome is ObjectiveOutcome.FAIL
    assert row.observed == pytest.approx(0.3, rel=0.001)
    assert row.count == 50 * 24


def test_fast_answers_pass() -> None:
    row = row_of(build_run(traffic()), "api_p95")
    assert row.outcome is ObjectiveOutcome.PASS
    assert row.interval == pytest.approx((0.010, 0.010), rel=0.001)


def test_a_limit_inside_the_interval_is_marginal() -> None:
    rng = np.random.default_rng(1)
    second = np.repeat(np.arange(58), 10)
    near = 200_000.0 / np.exp(0.5 * 1.645)
    row = row_of(
        build_run(Requests().add(SLOTS, second.tolist(), near * np.exp(0.5 * rng.standard_normal(580)))), "api_p95"
    )
    assert row.outcome is ObjectiveOutcome.MARGINAL
    assert "more would" in row.because


def test_warm_up_is_not_judged() -> None:
    slow = Requests().add(SLOTS, np.repeat(np.arange(5), 500).tolist(), 900_000.0)
    slow.add(SLOTS, np.repeat(np.arange(5, 58), 20).tolist(), 10_000.0)
    assert row_of(build_run(slow), "api_p95").outcome is ObjectiveOutcome.PASS


def test_the_general_limit_leaves_out_operations_with_limits_of_their_own() -> None:
    requests = traffic().add(BOOK, np.repeat(np.arange(58), 50).tolist(), 250_000.0)
    run = build_run(requests)
    assert [row.operation for row in rows_of(run, "api_p95_each")] == [SLOTS]
    booked = next(row for row in rows_of(run, "booking_p95") if row.operation == BOOK)
    assert booked.outcome is ObjectiveOutcome.PASS


def test_the_payment_flow_counts_only_where_it_is_named() -> None:
    requests = traffic().add(PAYMENT_FLOW, np.repeat(np.arange(58), 50).tolist(), 2_000_000.0)
    run = build_run(requests)
    assert row_of(run, "api_p95").outcome is ObjectiveOutcome.PASS
    assert [row.operation for row in rows_of(run, "api_p95_each")] == [SLOTS]
    assert row_of(run, "payment_end_to_end").observed == pytest.approx(2.0, rel=0.001)


def test_a_rare_operation_is_not_measured_unless_it_is_plainly_too_slow() -> None:
    fast = traffic().add(BARBERS, list(BASELINE)[:20], 10_000.0)
    slow = traffic().add(BARBERS, np.repeat(list(BASELINE), 2).tolist(), 900_000.0)
    (row,) = [row for row in rows_of(build_run(fast), "api_p95_each") if row.operation == BARBERS]
    assert row.outcome is ObjectiveOutcome.NOT_MEASURED
    assert row.because == "only 20 requests; p95 needs 59"
    (row,) = [row for row in rows_of(build_run(slow), "api_p95_each") if row.operation == BARBERS]
    assert row.outcome is ObjectiveOutcome.FAIL


def test_errors_are_failures_of_all_but_aborted_requests() -> None:
    requests = traffic(100)
    for outcome in (Outcome.SERVER_ERROR, Outcome.TIMEOUT, Outcome.CONNECTION_ERROR):
        requests.add(SLOTS, BASELINE, outcome=outcome)
    for outcome in (Outcome.REFUSED, Outcome.RATE_LIMITED, Outcome.CLIENT_ERROR, Outcome.ABORTED):
        requests.add(SLOTS, BASELINE, outcome=outcome)
    row = row_of(build_run(requests), "error_ratio")
    assert row.observed == pytest.approx(3 / 106)
    assert row.count == 106 * 24
    assert row.outcome is ObjectiveOutcome.FAIL


def test_too_few_requests_without_an_error_are_marginal_but_leave_nothing_open() -> None:
    row = row_of(build_run(traffic(100)), "error_ratio")  # 2,400 of the 3,000 it takes
    assert row.outcome is ObjectiveOutcome.MARGINAL
    assert row.because == "holds as observed; about 596 requests more would prove it"
    assert not leaves_open(row)


def test_a_marginal_objective_that_is_required_leaves_the_run_open() -> None:
    run = build_run(traffic(100), with_objective(plan_of(), "error_ratio", required=True))
    assert leaves_open(row_of(run, "error_ratio"))


def test_a_marginal_objective_that_is_missed_as_observed_leaves_the_run_open() -> None:
    requests = traffic(100).add(SLOTS, list(BASELINE)[:1] * 3, outcome=Outcome.SERVER_ERROR)
    row = row_of(build_run(requests), "error_ratio")
    assert row.outcome is ObjectiveOutcome.MARGINAL
    assert leaves_open(row)


def test_three_thousand_requests_without_an_error_show_the_limit() -> None:
    assert row_of(build_run(traffic(131)), "error_ratio").outcome is ObjectiveOutcome.PASS


def test_a_second_is_without_service_when_more_than_half_of_it_failed() -> None:
    half = traffic(2).add(SLOTS, [10, 10], outcome=Outcome.TIMEOUT)
    most = traffic(2).add(SLOTS, [10, 10, 10], outcome=Outcome.TIMEOUT)
    assert row_of(build_run(half), "uptime").outcome is ObjectiveOutcome.PASS
    row = row_of(build_run(most), "uptime")
    assert row.outcome is ObjectiveOutcome.FAIL
    assert row.observed == pytest.approx(23 / 24)
    assert "the first at 10 s" in row.because


def test_load_objectives_are_not_measured_where_less_is_offered() -> None:
    run = build_run(traffic())
    assert row_of(run, "concurrent_users").because.endswith("use capacity_10k")
    assert row_of(run, "request_rate").outcome is ObjectiveOutcome.NOT_MEASURED


def test_a_reached_rate_passes_only_within_the_other_objectives() -> None:
    fast, slow = traffic(1200), traffic(1200, 400_000.0)
    assert row_of(build_run(fast), "request_rate").outcome is ObjectiveOutcome.PASS
    row = row_of(build_run(slow), "request_rate")
    assert row.outcome is ObjectiveOutcome.FAIL
    assert row.because.startswith("reached, but not within")


def closed_users(per_second: int) -> Run:
    """Return a run of a tenth of 10,000 closed users in a tenth of the time: its plan is about 1,095 requests per s; the judged stage is [9, 27)."""
    requests = Requests().add(SLOTS, np.repeat(np.arange(28), per_second).tolist())
    return build_run(requests, plan_of("capacity_10k", time_scale=0.1, load_scale=0.1))


def test_a_closed_population_that_serves_its_plan_passes_the_rate_and_says_how_near() -> None:
    (row,) = rows_of(closed_users(1090), "request_rate", "users_10k")
    assert row.outcome is ObjectiveOutcome.PASS
    assert row.because == "99.58 % of the planned 1,095 per s"


def test_a_closed_population_held_up_by_a_slow_target_fails_the_rate() -> None:
    """What was offered comes from the plan, not from what was served: 600 of 1,095 is a miss, not "offers 600"."""
    (row,) = rows_of(closed_users(600), "request_rate", "users_10k")
    assert (row.outcome, row.observed) == (ObjectiveOutcome.FAIL, 600)
    assert row.because == "54.8 % of the planned 1,095 per s"


def test_a_closed_population_without_a_planned_rate_is_judged_by_what_it_served() -> None:
    run = closed_users(600)
    plan = run.manifest.plan.model_copy(update={"session": None})
    run = replace(run, manifest=run.manifest.model_copy(update={"plan": plan}))
    (row,) = rows_of(run, "request_rate", "users_10k")
    assert row.outcome is ObjectiveOutcome.NOT_MEASURED
    assert row.because == "this scenario offers 600 requests per s; use capacity_10k"


def test_a_probe_that_is_not_there_is_not_measured_and_says_why() -> None:
    plan = plan_of()
    bare = plan.model_copy(update={"target": plan.target.model_copy(update={"probes": (), "resources": ()})})
    row = row_of(build_run(traffic(), bare), "database_query_p95")
    because = "no probe gives a histogram of query times (signal database_query)"
    assert (row.outcome, row.because) == (ObjectiveOutcome.NOT_MEASURED, because)


def test_booking_completion_is_booked_of_begun_over_all_judged_stages() -> None:
    sessions = {Milestone.SESSION_STARTED: 10, Milestone.SESSION_ENDED: 10, Milestone.BEGUN: 10, Milestone.BOOKED: 9}
    run = build_run(traffic(), journeys=milestones(range(58), "returning_customer", sessions))
    row = row_of(run, "booking_completion")
    assert (row.stage, row.count) == (None, 10 * (24 + 24))
    assert row.observed == pytest.approx(0.9)
    assert row.outcome is ObjectiveOutcome.PASS


def test_stages_are_judged_apart() -> None:
    requests = Requests().add(SLOTS, np.repeat(np.arange(33), 50).tolist(), 10_000.0)
    requests.add(SLOTS, np.repeat(np.arange(33, 58), 50).tolist(), 400_000.0)
    run = build_run(requests)
    judged = [observe(run, stage) for stage in run.manifest.plan.stages if stage.is_judged]
    outcomes = {row.stage: row.outcome for row in judge_objectives(run, judged) if row.name == "api_p95"}
    assert outcomes == {"baseline": ObjectiveOutcome.PASS, "plus_50": ObjectiveOutcome.FAIL}


def test_rows_come_in_the_order_of_the_objectives_file() -> None:
    plan = plan_of()
    run = build_run(traffic(), plan)
    judged = [observe(run, stage) for stage in plan.stages if stage.is_judged]
    names = list(dict.fromkeys(row.name for row in judge_objectives(run, judged)))
    assert names == [objective.name for objective in plan.objectives.objective]


def test_a_floor_is_exceeded_by_what_is_missing() -> None:
    objective = next(o for o in plan_of().objectives.objective if o.name == "payment_success")
    assert isinstance(objective, Objective)
    row = ObjectiveResult("n", "t", None, None, "payment_success_ratio", "ratio", True, 0.99, None, 0.97, None, 100,
                          False, ObjectiveOutcome.FAIL, "")  # fmt: skip
    assert excess(row) == pytest.approx(1 + 0.02 / 0.01)


def test_a_stage_without_requests_measures_nothing() -> None:
    run = build_run(Requests().add(SLOTS, range(5)))
    rows = stage_objectives(run, observe(run, run.manifest.plan.stages[1]))
    assert {row.outcome for row in rows} == {ObjectiveOutcome.NOT_MEASURED}


def recorded(values_us: list[float], *, with_edges: bool = True) -> Run:
    """Return a run whose requests went through the recorder, as many of each value in each second."""
    run = build_run(traffic())
    recorder = Recorder(run.manifest.plan.objectives.latency_limits_us if with_edges else ())
    for second in range(58):
        for value_us in values_us:
            recorder.request(SLOTS, Outcome.OK, float(second), value_us, value_us, 0)
    return replace(run, series=collect(recorder.flush()[0]))


def test_a_latency_at_its_limit_passes_and_one_microsecond_more_fails() -> None:
    # the limit of 200 ms lies inside the bucket 199,936 to 200,063 us
    assert row_of(recorded([200_000.0] * 5), "api_p95").outcome is ObjectiveOutcome.PASS
    assert row_of(recorded([199_940.0] * 5), "api_p95").outcome is ObjectiveOutcome.PASS
    assert row_of(recorded([200_001.0] * 5), "api_p95").outcome is ObjectiveOutcome.FAIL


def test_ranks_inside_the_limits_bucket_are_told_apart() -> None:
    row = row_of(recorded([199_950.0] * 3 + [200_050.0] * 2), "api_p95")
    assert row.observed == pytest.approx((200_001 + 200_063) / 2e6)
    assert row.outcome is ObjectiveOutcome.FAIL  # two of five are over
    few_over = [199_950.0] * 99 + [200_050.0]
    assert row_of(recorded(few_over), "api_p95").outcome is ObjectiveOutcome.PASS  # one of a hundred


def test_without_counts_at_the_limit_its_bucket_is_judged_to_the_safe_side() -> None:
    assert row_of(recorded([199_950.0] * 5, with_edges=False), "api_p95").outcome is ObjectiveOutcome.FAIL
    assert row_of(recorded([199_900.0] * 5, with_edges=False), "api_p95").outcome is ObjectiveOutcome.PASS


@pytest.mark.parametrize(("limit_s", "limit_us"), [(0.2, 200_000), (0.0003, 300), (0.0012345, 1234), (3.0, 3_000_000)])
def test_a_limit_is_whole_microseconds_rounded_down(limit_s: float, limit_us: int) -> None:
    objective = plan_of().objectives.objective[0].model_copy(update={"limit": limit_s})
    assert objective.limit_us == limit_us
