"""Rules of the resilience figures, on series whose moments are known."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.judge import judge
from analysis.resilience import AuditCounts, resilience, summaries
from analysis.verdict import Healing, ObjectiveOutcome, Outcome, Priority, ResilienceResult, as_text
from records.event import Event, EventKind
from records.manifest import Ended
from records.run import Run
from records.window import Outcome as RequestOutcome
from tests.unit.analysis.build_outage import PLAN, SLOW_US, WRITES_PER_S, Trouble, fault_events, outage
from tests.unit.analysis.build_run import BOOK, HEALTH, SLOTS, plan_of

ALL = (SLOTS, BOOK, HEALTH)
FAULT = fault_events("kill_one", (90.4, 120.0))


def rows_of(run: Run) -> dict[tuple[str, int, str], ResilienceResult]:
    return {(row.fault, row.number, row.side): row for row in resilience(run)}


def writes(run: Run, number: int = 1) -> ResilienceResult:
    return rows_of(run)["kill_one", number, "writes"]


def reads(run: Run, number: int = 1) -> ResilienceResult:
    return rows_of(run)["kill_one", number, "reads"]


def test_writes_that_failed_until_the_fault_was_over_recover_then() -> None:
    row = writes(outage(Trouble(90.4, 120.0), events=FAULT))
    assert row.healing is Healing.RECOVERED
    assert row.recovery_s == pytest.approx(29.6)
    assert row.healing_s == 0.0
    assert row.stable_s == row.recovery_s
    assert row.onset_s == 0.0
    assert row.flaps == 0
    assert row.metastable is False


def test_reads_are_told_apart_from_writes() -> None:
    run = outage(Trouble(90.4, 120.0), events=FAULT)
    assert reads(run).healing is Healing.UNHARMED
    assert reads(run).recovery_s == 0.0
    assert reads(run).requests_lost == 0


def test_a_run_without_a_fault_has_no_figures() -> None:
    assert resilience(outage(Trouble(90.4, 120.0))) == ()


@settings(max_examples=40, deadline=None)
@given(
    start_s=st.floats(85.0, 110.0),
    length_s=st.floats(4.0, 60.0),
    slow=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_a_known_recovery_is_found_within_a_second(start_s: float, length_s: float, slow: bool, seed: int) -> None:
    """Requests sent from `start_s` on fail, or are late, until the known moment: whichever, it is found to the second."""
    over_s = start_s + length_s
    trouble = (
        Trouble(start_s, over_s, RequestOutcome.OK, SLOW_US, operations=ALL)
        if slow
        else Trouble(start_s, over_s, operations=ALL)
    )
    run = outage(trouble, events=fault_events("kill_one", (start_s, start_s + 2.0)), seed=seed)
    for row in (reads(run), writes(run)):
        assert row.healing is Healing.RECOVERED
        assert row.recovery_s is not None
        assert abs(row.start_s + row.recovery_s - over_s) <= 1.0


def test_what_the_next_fault_strikes_in_flight_is_not_the_first_ones() -> None:
    """The second fault comes at 150.4 s; requests sent from 149.5 s on are in flight then and fail with it."""
    events = [*fault_events("kill_one", (90.4, 95.0)), *fault_events("stripe_outage", (150.4, 170.0))]
    run = outage(Trouble(149.5, 170.0, operations=ALL), events=events)
    assert writes(run).healing is Healing.UNHARMED
    assert rows_of(run)["stripe_outage", 1, "writes"].healing is Healing.RECOVERED


def test_what_was_lost_is_counted_by_hand() -> None:
    """30 s of 20 writes a second, all failed: 600 requests, 30 s of service, and 600 of a month's 0.1 % of 20 per s."""
    row = writes(outage(Trouble(90.0, 120.0), events=fault_events("kill_one", (90.0, 120.0))))
    assert row.requests_lost == 30 * WRITES_PER_S
    assert row.area_lost_s == pytest.approx(30.0)
    assert row.budget_burnt_ratio == pytest.approx(600 / (0.001 * WRITES_PER_S * 30 * 86_400))


def test_half_of_the_writes_lost_is_half_of_the_service() -> None:
    row = writes(outage(Trouble(90.0, 120.0, share=0.5), events=fault_events("kill_one", (90.0, 120.0)), seed=3))
    assert row.area_lost_s == pytest.approx(15.0, abs=1.5)
    assert row.first_success_s is None  # service was never gone for a second


def test_sessions_that_were_planned_and_never_sent_are_lost_too() -> None:
    quiet = writes(outage(Trouble(90.0, 120.0), events=FAULT)).requests_lost
    more = writes(outage(Trouble(90.0, 120.0), events=FAULT, dropped=range(95, 105))).requests_lost
    assert quiet is not None
    assert more is not None
    assert more > quiet + 50  # 100 sessions, more than one write each at these rates


def test_late_answers_are_no_lost_requests_but_lost_service() -> None:
    row = writes(outage(Trouble(90.0, 120.0, RequestOutcome.OK, SLOW_US), events=FAULT))
    assert row.requests_lost == 0
    assert row.area_lost_s == pytest.approx(30.0)


def test_first_success_is_the_end_of_the_time_without_any() -> None:
    run = outage(Trouble(90.0, 100.0), Trouble(100.0, 120.0, share=0.5), events=fault_events("kill_one", (90.0, 120.0)))
    assert writes(run).first_success_s == 10.0


def test_one_bad_second_is_no_onset() -> None:
    assert writes(outage(Trouble(95.0, 96.0), events=FAULT)).healing is Healing.UNHARMED


def test_two_bad_seconds_of_three_are() -> None:
    row = writes(outage(Trouble(95.0, 96.0), Trouble(97.0, 98.0), events=FAULT))
    assert row.onset_s == pytest.approx(4.6)


def test_figures_are_void_where_the_time_before_missed_the_objectives() -> None:
    row = writes(outage(Trouble(80.0, 120.0), events=FAULT))
    assert row.healing is Healing.VOID
    assert "may" in row.because
    assert row.recovery_s is None
    assert row.requests_lost is None


def test_a_fault_at_the_very_start_has_nothing_to_compare_with() -> None:
    assert "only 2 s before it" in writes(outage(events=fault_events("kill_one", (4.5, 10.0)))).because


def test_a_relapse_is_a_flap_and_delays_what_is_stable() -> None:
    row = writes(outage(Trouble(90.4, 100.0), Trouble(150.0, 160.0), events=fault_events("kill_one", (90.4, 100.0))))
    assert row.recovery_s == pytest.approx(9.6)
    assert row.flaps == 1
    assert row.stable_s == pytest.approx(69.6)


def test_a_target_that_stays_down_with_the_load_on_is_metastable() -> None:
    run = outage(Trouble(90.4, 300.0), events=FAULT)
    row = writes(run)
    assert row.healing is Healing.NOT_RECOVERED
    assert row.metastable is True
    verdict = judge(run, ())
    urgent = [finding for finding in verdict.findings if "did not recover by itself after kill_one" in finding.symptom]
    assert [finding.priority for finding in urgent] == [Priority.CRITICAL]
    assert verdict.outcome is Outcome.FAIL


def test_a_target_that_stays_down_without_load_is_not_called_metastable() -> None:
    row = writes(outage(Trouble(90.4, 300.0), events=FAULT, load=lambda second: 1.0 if second < 130 else 0.2))
    assert row.healing is Healing.NOT_RECOVERED
    assert row.metastable is False


def test_a_run_that_ends_soon_after_the_fault_cannot_tell() -> None:
    row = writes(outage(Trouble(270.4, 300.0), events=fault_events("kill_one", (270.4, 285.0))))
    assert row.healing is Healing.CANNOT_TELL
    assert row.metastable is None
    assert "15 s were recorded after the fault's end" in row.because


def test_the_next_fault_ends_what_belongs_to_this_one() -> None:
    run = outage(
        Trouble(90.0, 100.0), Trouble(140.0, 150.0), events=fault_events("kill_one", (90.0, 100.0), (140.0, 150.0))
    )
    assert [writes(run, number).recovery_s for number in (1, 2)] == [10.0, 10.0]
    assert [writes(run, number).flaps for number in (1, 2)] == [0, 0]


def test_repeated_injections_have_a_median_and_a_worst() -> None:
    lengths = (10.0, 30.0, 12.0)
    starts = (90.0, 140.0, 210.0)
    troubles = [Trouble(start, start + length) for start, length in zip(starts, lengths, strict=True)]
    run = outage(*troubles, events=fault_events("kill_one", *((one.start_s, one.start_s + 5) for one in troubles)))
    (summary,) = [one for one in summaries(resilience(run)) if one.side == "writes"]
    assert (summary.injections, summary.recovered) == (3, 3)
    assert (summary.recovery_s_median, summary.recovery_s_worst) == (12.0, 30.0)
    assert (summary.requests_lost_median, summary.requests_lost_worst) == (240, 600)


def test_one_that_did_not_recover_is_the_worst_of_the_repeated() -> None:
    run = outage(
        Trouble(90.0, 100.0), Trouble(150.0, 300.0), events=fault_events("kill_one", (90.0, 95.0), (150.0, 160.0))
    )
    (summary,) = [one for one in summaries(resilience(run)) if one.side == "writes"]
    assert summary.recovery_s_worst is None
    assert summary.recovered == 1


def test_the_health_route_shows_it_first() -> None:
    run = outage(Trouble(95.0, 120.0, operations=ALL), events=fault_events("kill_one", (90.0, 120.0)))
    row = writes(run)
    assert row.detected_by == "the health route"
    assert row.detect_s == 6.0


def test_an_alert_on_the_error_budget_shows_it_where_health_does_not() -> None:
    """By hand: at time scale 0.25 the windows are 900 s and 75 s of 62 requests a second, of which 14.4 x 0.1 % have to fail.

    20 a second fail: the short window has its 67 after 4 s, the long one its 804 after 41 s, at second 131.
    """
    row = writes(outage(Trouble(90.0, 200.0), events=fault_events("kill_one", (90.0, 200.0))))
    assert row.detected_by == "burn rate 14.4 over 900 s and 75 s"
    assert row.detect_s == 41.0


def test_a_short_fault_sets_off_no_alert() -> None:
    assert writes(outage(Trouble(90.0, 100.0), events=fault_events("kill_one", (90.0, 100.0)))).detect_s is None


@pytest.mark.parametrize(("time_scale", "window_s"), [(1.0, 60), (0.25, 15), (0.05, 5), (3.0, 60)])
def test_the_window_scales_with_the_run_and_is_said(time_scale: float, window_s: int) -> None:
    plan = plan_of("failover", time_scale=time_scale)
    begin_s = plan.stages[2].start_s + 10.0
    run = outage(plan=plan, events=fault_events("kill_one", (begin_s, begin_s + 1)), load=lambda second: 0.1)
    assert writes(run).window_s == window_s


def test_overload_is_a_fault_of_the_load_itself() -> None:
    plan = plan_of("recovery", time_scale=0.25)
    overload = next(stage for stage in plan.stages if stage.name == "overload")
    over_s = overload.end_s + 7
    run = outage(Trouble(overload.start_s, over_s, operations=ALL), plan=plan)
    row = rows_of(run)["overload", 1, "writes"]
    assert (row.start_s, row.end_s) == (overload.start_s, overload.end_s)
    assert row.healing_s == 7.0


def test_what_the_audit_found_is_told_of_writes() -> None:
    found = resilience(outage(Trouble(90.4, 120.0), events=FAULT), AuditCounts(acknowledged_lost=3, duplicates=0))
    assert {row.side: (row.acknowledged_lost, row.duplicates) for row in found} == {
        "reads": (None, None),
        "writes": (3, 0),
    }


def test_a_fault_without_an_end_on_the_record_still_has_figures() -> None:
    row = writes(outage(Trouble(90.0, 120.0), events=fault_events("kill_one", (90.0, None))))
    assert row.end_s is None
    assert row.recovery_s == 30.0


# Objectives on them.


def objective(run: Run, name: str, side: str) -> tuple[ObjectiveOutcome, float | None, str]:
    (row,) = [
        one for one in judge(run, ()).objectives if one.name == name and (one.operation or "").endswith(f", {side}")
    ]
    return row.outcome, row.observed, row.because


def test_a_recovery_within_the_limit_passes() -> None:
    run = outage(Trouble(90.4, 110.0), events=fault_events("kill_one", (90.4, 100.0)))
    outcome, observed, _ = objective(run, "failover_recovery", "writes")
    assert outcome is ObjectiveOutcome.PASS
    assert observed == pytest.approx(19.6)
    assert objective(run, "healing", "writes")[:2] == (ObjectiveOutcome.PASS, 10.0)


def test_a_recovery_that_takes_too_long_fails_the_run_and_says_so() -> None:
    run = outage(Trouble(90.4, 140.0), events=fault_events("kill_one", (90.4, 100.0)))
    verdict = judge(run, ())
    assert verdict.outcome is Outcome.FAIL
    told = [because for because in verdict.because if because.startswith("kill_one, writes missed Time until")]
    assert any("40 s, limit at most 30 s (1 injection)" in because for because in told), verdict.because


def test_the_worst_injection_counts() -> None:
    run = outage(
        Trouble(90.0, 100.0), Trouble(150.0, 195.0), events=fault_events("kill_one", (90.0, 95.0), (150.0, 155.0))
    )
    assert objective(run, "failover_recovery", "writes")[:2] == (ObjectiveOutcome.FAIL, 45.0)


def test_a_target_that_did_not_recover_fails_by_how_long_it_was_followed() -> None:
    outcome, observed, because = objective(outage(Trouble(90.0, 300.0), events=FAULT), "healing", "writes")
    assert outcome is ObjectiveOutcome.FAIL
    assert observed == pytest.approx(180.0)
    assert "at least so long" in because


def test_a_void_fault_is_not_measured_and_keeps_the_run_open() -> None:
    run = outage(Trouble(84.0, 120.0, share=0.3), events=FAULT)
    outcome, observed, because = objective(run, "healing", "writes")
    assert (outcome, observed) == (ObjectiveOutcome.NOT_MEASURED, None)
    assert "void" in because
    assert judge(run, ()).outcome in {Outcome.INCONCLUSIVE, Outcome.FAIL}


def test_nothing_broken_is_not_measured() -> None:
    rows = [row for row in judge(outage(), ()).objectives if row.metric in {"healing_s", "recovery_s"}]
    assert {row.because for row in rows} == {"nothing was broken in this run"}


def test_what_only_an_audit_can_tell_is_not_measured_without_one() -> None:
    outcome, _, because = objective(outage(Trouble(90.4, 110.0), events=FAULT), "acknowledged_lost", "writes")
    assert outcome is ObjectiveOutcome.NOT_MEASURED
    assert "audit" in because


def test_a_fault_that_was_planned_and_never_came_makes_the_run_invalid() -> None:
    verdict = judge(outage(all_planned=True), ())
    assert verdict.outcome is Outcome.INVALID
    assert "never began: kill_one, stripe_outage" in verdict.because[0]


def test_faults_that_came_as_planned_leave_it_valid() -> None:
    events = [*FAULT, *fault_events("stripe_outage", (180.0, 195.0))]
    verdict = judge(outage(Trouble(90.4, 110.0), events=events, all_planned=True), ())
    assert next(check for check in verdict.generator if check.name == "faults").healthy
    assert verdict.outcome is not Outcome.INVALID


def test_the_same_run_gives_the_same_verdict_and_no_number_that_is_none() -> None:
    run = outage(Trouble(90.4, 300.0), events=FAULT)
    text = as_text(judge(run, ()))
    assert text == as_text(judge(run, ()))
    times = [row["recovery_s"] for row in json.loads(text)["resilience"]["injections"]]
    assert all(value is None or math.isfinite(value) for value in times)
    assert PLAN.time_scale == 0.25


def test_requests_in_flight_when_the_fault_comes_are_its_own_and_not_of_the_time_before() -> None:
    """A killed instance takes with it what it had begun: a second of writes, meant to start before the fault."""
    row = writes(outage(Trouble(89.0, 100.0), events=fault_events("kill_one", (90.2, 100.0))))
    assert row.healing is Healing.RECOVERED
    assert row.requests_lost == 11 * WRITES_PER_S


def test_a_few_requests_lost_in_a_fault_that_was_not_felt_are_counted() -> None:
    row = writes(outage(Trouble(90.5, 90.9), events=fault_events("kill_one", (90.4, 100.0)), seed=2))
    assert row.healing is Healing.UNHARMED
    assert row.requests_lost is not None
    assert 0 < row.requests_lost < WRITES_PER_S


def test_a_fault_that_was_due_after_the_run_was_stopped_is_not_missing() -> None:
    stop = Event(150.0, EventKind.STOP, "asked to stop")
    run = outage(events=[*FAULT, stop], all_planned=True)
    ended = Ended(reason="aborted", at_s=200.0, detail="a rule", requests_counted=0, requests_recorded=0)
    stopped = replace(run, manifest=run.manifest.model_copy(update={"ended": ended}))
    row = next(check for check in judge(stopped, ()).generator if check.name == "faults")
    assert row.healthy  # stripe_outage was due at 180 s
    row = next(check for check in judge(replace(stopped, events=tuple(FAULT)), ()).generator if check.name == "faults")
    assert not row.healthy
