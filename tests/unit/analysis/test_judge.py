"""Rules of the whole verdict: which outcome, which cause first, the same bytes for the same input."""

import json
from dataclasses import replace

import numpy as np
import pytest

from analysis.judge import judge
from analysis.summary import accept
from analysis.verdict import Outcome, Priority, Statement, as_text
from records.baseline import Baseline
from records.errors import RunDataError
from records.journey import Milestone
from records.ledger import Answer, Entry, Write
from records.run import Run
from records.window import Outcome as RequestOutcome
from scenarios.audit import ScenarioAudit
from scenarios.turn import go_on, turn_back
from tests.unit.analysis.build_run import (
    BARBERS,
    BOOK,
    HEALTH,
    LOGIN,
    SLOTS,
    Requests,
    build_run,
    changed,
    dated,
    healthy_samples,
    milestones,
    plan_of,
    steady_requests,
)

WEEKLY = plan_of("weekly_regression")
PER_SECOND = {SLOTS: 40, BARBERS: 30, BOOK: 25, LOGIN: 25, HEALTH: 15}
MEDIAN_US = {SLOTS: 60_000.0, BARBERS: 9_000.0, BOOK: 42_000.0, LOGIN: 62_000.0, HEALTH: 2_000.0}


def weekly() -> Requests:
    return steady_requests(WEEKLY, 1, PER_SECOND, MEDIAN_US, run_sd=0.01, sigma=0.3)


def run_of(requests: Requests, ledger: tuple[Entry, ...] = ()) -> Run:
    return build_run(requests, WEEKLY, ledger=ledger)


@pytest.fixture(scope="module")
def history() -> tuple[Baseline, ...]:
    plan = plan_of("baseline")
    runs = [
        build_run(steady_requests(plan, 50 + n, PER_SECOND, MEDIAN_US, run_sd=0.01, sigma=0.3), plan) for n in range(6)
    ]
    return tuple(dated(accept(run), number) for number, run in enumerate(runs))


def booked(appointment_id: int) -> Entry:
    return Entry(
        sent_s=10.0 + appointment_id / 100, answered_s=10.1 + appointment_id / 100, write=Write.BOOK,
        answer=Answer.ACKNOWLEDGED, status=201, client=f"client{appointment_id}", session=appointment_id,
        appointment_id=appointment_id, barber_id=7, start_time="2026-12-01T10:00:00", duration_minutes=30,
    )  # fmt: skip


def test_a_healthy_week_passes_and_says_on_what_it_stands(history: tuple[Baseline, ...]) -> None:
    verdict = judge(run_of(weekly()), history)
    assert verdict.outcome is Outcome.PASS, verdict.because
    assert verdict.because[0].startswith("all ")
    assert "comparisons within the tolerated change" in verdict.because[0]
    assert len(verdict.baseline.run_ids) == 6


def test_slow_slots_fail_by_name_and_come_first(history: tuple[Baseline, ...]) -> None:
    verdict = judge(run_of(_slow_slots()), history)
    assert verdict.outcome is Outcome.FAIL
    assert verdict.because[0].startswith(f"{SLOTS} p")
    assert "slower than the last 6 accepted runs in stage baseline" in verdict.because[0]
    assert {row.operation for row in verdict.comparisons if row.statement is Statement.REGRESSED} == {SLOTS}
    assert "N+1" in verdict.findings[0].cause


def _slow_slots() -> Requests:
    medians = {**MEDIAN_US, SLOTS: MEDIAN_US[SLOTS] * 2.2}
    return steady_requests(WEEKLY, 1, PER_SECOND, medians, run_sd=0.01, sigma=0.3)


def test_everything_slower_at_once_is_one_finding_before_the_single_ones(history: tuple[Baseline, ...]) -> None:
    medians = {name: 2.5 * value + 30_000 for name, value in MEDIAN_US.items()}
    requests = steady_requests(WEEKLY, 1, PER_SECOND, medians, run_sd=0.01, sigma=0.3)
    verdict = judge(run_of(requests), history)
    told = [finding.symptom for finding in verdict.findings]
    assert any("became slower at once" in symptom for symptom in told)


def test_a_broken_invariant_is_the_first_cause_and_critical(history: tuple[Baseline, ...]) -> None:
    verdict = judge(run_of(_slow_slots(), (booked(1), booked(2))), history)
    assert verdict.outcome is Outcome.FAIL
    assert "double booking" in verdict.because[0]
    assert SLOTS in verdict.because[1]
    assert verdict.findings[0].priority is Priority.CRITICAL
    assert (verdict.findings[0].respond_within_s, verdict.findings[0].resolve_within_s) == (900, 7200)


def test_errors_come_before_what_is_slow(history: tuple[Baseline, ...]) -> None:
    requests = _slow_slots().add(BOOK, np.repeat(np.arange(58), 2).tolist(), outcome=RequestOutcome.SERVER_ERROR)
    verdict = judge(run_of(requests), history)
    assert verdict.because[0].startswith("Error ratio")
    assert verdict.findings[0].priority is Priority.CRITICAL  # beyond the roll-back line of 1 %
    assert f"most in {BOOK}" in verdict.findings[0].evidence


def test_a_sick_generator_is_invalid_whatever_else_there_is(history: tuple[Baseline, ...]) -> None:
    run = replace(run_of(_slow_slots()), generator=tuple(changed(healthy_samples(WEEKLY), cpu_ratio=1.0)))
    verdict = judge(run, history)
    assert verdict.outcome is Outcome.INVALID
    assert "use more workers" in verdict.because[0]
    assert "not to be trusted" in verdict.because[-1]
    assert verdict.objectives
    assert not any(SLOTS in finding.symptom for finding in verdict.findings)


def test_a_double_booking_fails_the_run_however_sick_the_generator_was() -> None:
    run = replace(
        run_of(weekly(), (booked(1), booked(2))), generator=tuple(changed(healthy_samples(WEEKLY), cpu_ratio=1.0))
    )
    verdict = judge(run, ())
    assert verdict.outcome is Outcome.FAIL
    assert verdict.because[0].startswith("Broken: no double booking")
    assert verdict.because[-1].startswith("besides, the measurement is invalid: ")
    assert verdict.findings[0].priority is Priority.CRITICAL


def test_a_rate_limiter_makes_the_run_inconclusive_even_where_customers_gave_up() -> None:
    requests = weekly().add(LOGIN, np.repeat(np.arange(58), 10).tolist(), outcome=RequestOutcome.RATE_LIMITED)
    gave_up = {Milestone.SESSION_STARTED: 10, Milestone.SESSION_ENDED: 10, Milestone.BEGUN: 10, Milestone.BOOKED: 2}
    run = replace(run_of(requests), journeys=tuple(milestones(range(58), "new_customer", gave_up)))
    verdict = judge(run, ())
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "rate limiter refused" in verdict.because[0]
    assert LOGIN in verdict.because[0]


def test_a_few_rate_limited_requests_are_no_matter() -> None:
    requests = weekly().add(LOGIN, range(58), outcome=RequestOutcome.RATE_LIMITED)  # 1 of 136
    assert judge(run_of(requests), ()).outcome is Outcome.PASS


def test_an_api_of_another_shape_makes_the_run_inconclusive() -> None:
    requests = weekly().add(BOOK, np.repeat(np.arange(58), 10).tolist(), outcome=RequestOutcome.CLIENT_ERROR)
    verdict = judge(run_of(requests), ())
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "refused" in verdict.because[0]


def test_missing_baselines_block_only_where_the_scenario_requires_them() -> None:
    assert judge(run_of(weekly()), ()).outcome is Outcome.PASS
    plan = WEEKLY.model_copy(update={"comparison": WEEKLY.comparison.model_copy(update={"required": True})})
    verdict = judge(build_run(weekly(), plan), ())
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "requires a comparison" in verdict.because[0]


def test_the_same_run_and_baselines_give_the_same_bytes(history: tuple[Baseline, ...]) -> None:
    first = as_text(judge(run_of(_slow_slots(), (booked(2), booked(1))), history))
    again = as_text(judge(run_of(_slow_slots(), (booked(2), booked(1))), tuple(reversed(history))))
    assert first == again
    assert json.loads(first)["format_version"] == 1


def test_a_killed_run_without_a_record_still_has_a_verdict() -> None:
    run = build_run(Requests(), WEEKLY, samples=())
    verdict = judge(replace(run, manifest=run.manifest.model_copy(update={"ended": None})), ())
    assert verdict.outcome is Outcome.INVALID
    assert verdict.because[0].startswith("no end was recorded")
    json.loads(as_text(verdict))


def test_stalls_are_found_where_all_operations_stand_still_at_once() -> None:
    requests = weekly()
    for name in PER_SECOND:
        for second in (12, 22):
            requests.add(name, [second] * 5, 1_500_000.0)
    told = [finding.symptom for finding in judge(run_of(requests), ()).findings]
    assert any(symptom.startswith("The whole target stood still 2 times in stage baseline") for symptom in told)


def test_one_slow_operation_is_no_stall() -> None:
    requests = weekly().add(SLOTS, [12] * 5, 1_500_000.0)
    assert not any("stood still" in finding.symptom for finding in judge(run_of(requests), ()).findings)


def test_findings_come_by_priority(history: tuple[Baseline, ...]) -> None:
    requests = _slow_slots().add(BOOK, np.repeat(np.arange(58), 2).tolist(), outcome=RequestOutcome.SERVER_ERROR)
    priorities = [list(Priority).index(finding.priority) for finding in judge(run_of(requests), history).findings]
    assert priorities == sorted(priorities)


def exhaustion(slow_from: float) -> Run:
    plan = plan_of("exhaustion", time_scale=0.05, load_scale=0.2)
    requests = Requests()
    for stage in plan.stages:
        seconds = np.repeat(np.arange(int(stage.start_s), int(stage.end_s)), 70)
        requests.add(SLOTS, seconds.tolist(), 400_000.0 if stage.level >= slow_from else 20_000.0)
    return build_run(requests, plan)


def test_steps_tell_up_to_which_level_everything_held() -> None:
    verdict = judge(exhaustion(3.2), ())
    (finding,) = [finding for finding in verdict.findings if finding.symptom.startswith("All objectives held up to")]
    assert finding.symptom.startswith(
        "All objectives held up to level 2.93 (70 requests per s); first to break at level 3.22"
    )
    held = {stage.name: stage.objectives_held for stage in verdict.stages}
    assert (held["step_5"], held["step_6"], held["settle_6"]) == (True, False, None)
    assert verdict.outcome is Outcome.PASS  # steps are measured, not judged


def test_steps_that_all_hold_have_no_breaking_point_in_range() -> None:
    told = [finding.symptom for finding in judge(exhaustion(99.0), ()).findings]
    assert any("no breaking point in range" in symptom for symptom in told)


def test_only_a_completed_valid_run_without_plants_becomes_a_baseline() -> None:
    run = run_of(weekly())
    assert [stage.name for stage in accept(run).stages] == ["baseline", "plus_50"]
    killed = replace(run, manifest=run.manifest.model_copy(update={"ended": None}))
    sick = replace(run, generator=tuple(changed(run.generator, user_errors=1)))
    planted = replace(run, manifest=run.manifest.model_copy(update={"plants": ("slow-slots",)}))
    for refused, why in ((killed, "has no end"), (sick, "invalid"), (planted, "planted defects")):
        with pytest.raises(RunDataError, match=why):
            accept(refused)


def test_a_baseline_holds_what_the_stage_saw() -> None:
    stage = accept(run_of(weekly())).stages[0]
    assert stage.duration_s == 24
    assert stage.operations[SLOTS].outcomes == {"ok": 40 * 24}
    assert set(stage.operations[SLOTS].within_run_variance) == {"response_p50", "response_p95", "response_p99"}


def test_a_required_audit_that_says_nothing_leaves_the_run_open() -> None:
    run = run_of(weekly(), (booked(1),))
    plan = run.manifest.plan.model_copy(update={"audit": ScenarioAudit(required=True)})
    wanted = replace(run, manifest=run.manifest.model_copy(update={"plan": plan}))
    assert judge(run, []).outcome is Outcome.PASS, judge(run, []).because
    verdict = judge(wanted, [])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.because[0] == (
        "the scenario requires the audit, but every acknowledged booking is kept was not measured: the target was not read back"
    )


def told_of(run: Run) -> list[str]:
    return [finding.symptom for finding in judge(run, ()).findings]


def test_a_breaking_point_that_does_not_stand_is_a_finding_and_one_that_does_is_none() -> None:
    plan = turn_back(plan_of("exhaustion", time_scale=0.05, load_scale=0.2), "step_8")
    plan = go_on(plan, "confirm", 2.9, plan.stages[-2].end_s)

    def held(confirm_us: float) -> Run:
        requests = Requests()
        for stage in plan.stages:
            seconds = np.repeat(np.arange(int(stage.start_s), int(stage.end_s)), 70)
            slow_us = confirm_us if stage.name == "confirm" else 400_000.0 if stage.level >= 3.2 else 20_000.0
            requests.add(SLOTS, seconds.tolist(), slow_us)
        return build_run(requests, plan)

    broken, stands = told_of(held(400_000.0)), told_of(held(20_000.0))
    assert next(text for text in broken if "not confirmed" in text).startswith("The breaking point is not confirmed: 9")
    assert not any("not confirmed" in text for text in stands)
    for told in (broken, stands):  # and it is no level at which the climb broke
        assert any("first to break at level 3.22" in text for text in told)
