"""An aborted run fails by the rule that fired; the same records without an abort do not."""

from dataclasses import replace

import numpy as np

from analysis.judge import judge
from analysis.verdict import Outcome, Priority
from records.event import Event, EventKind
from records.manifest import Ended
from records.run import Run
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, changed, healthy_samples, plan_of

PLAN = plan_of()
CUT_S = 30
DETAIL = "abort rule `error_ratio > 5 % for 10 s` fired at 30 s: 12.3 % (512 requests in the last second)"


def run_until(second: int, reason: str, detail: str = "", lag: bool = False) -> Run:
    requests = Requests().add(SLOTS, np.repeat(np.arange(second), 50).tolist(), 10_000.0)
    samples = [sample for sample in healthy_samples(PLAN) if sample.second < second]
    if lag:
        samples = changed(samples, cpu_ratio=0.99)
    run = build_run(requests, PLAN, samples=samples)
    count = second * 50
    ended = Ended(reason=reason, at_s=second, detail=detail, requests_counted=count, requests_recorded=count)  # type: ignore[arg-type]  # checked by pydantic
    return replace(run, manifest=run.manifest.model_copy(update={"ended": ended}))


def test_an_aborted_run_fails_and_names_the_rule_first() -> None:
    verdict = judge(run_until(CUT_S, "aborted", DETAIL), ())
    assert verdict.outcome is Outcome.FAIL
    assert verdict.exit_code == 1
    assert verdict.because[0] == f"aborted: {DETAIL}"
    assert verdict.findings[0].priority is Priority.CRITICAL
    assert DETAIL in verdict.findings[0].symptom


def test_an_abort_before_any_judged_stage_fails_too() -> None:
    assert judge(run_until(2, "aborted", DETAIL), ()).outcome is Outcome.FAIL


def test_a_run_stopped_by_hand_at_the_same_moment_is_no_fail() -> None:
    assert judge(run_until(CUT_S, "interrupted", "asked to stop"), ()).outcome is Outcome.INVALID


def test_a_sick_generator_is_no_abort_of_the_targets() -> None:
    assert judge(run_until(CUT_S, "aborted", DETAIL, lag=True), ()).outcome is Outcome.INVALID


def test_a_blown_fuse_is_our_own_failure() -> None:
    verdict = judge(run_until(CUT_S, "failed", "the fuse blew at 30 s: 100 sessions per s"), ())
    assert verdict.outcome is Outcome.INVALID
    assert "the fuse blew" in verdict.because[0]


def test_what_drains_after_the_abort_is_no_load_that_is_judged() -> None:
    """Two seconds of drain without a user: counted as load they would make the generator look sick."""
    stage = next(stage for stage in PLAN.stages if stage.is_judged)
    cut_s = int(stage.start_s) + 6
    run = run_until(cut_s + 2, "aborted", DETAIL)
    drained = [replace(sample, users=0) if sample.second >= cut_s else sample for sample in run.generator]
    stop = Event(cut_s + 0.1, EventKind.STOP, DETAIL)
    assert judge(replace(run, generator=tuple(drained), events=(stop,)), ()).outcome is Outcome.FAIL
    assert judge(replace(run, generator=tuple(drained)), ()).outcome is Outcome.INVALID
