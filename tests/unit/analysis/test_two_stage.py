"""Rules of the two stages: one run alerts and never decides, three decide, and whatever becomes of the reruns is said."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from analysis.judge import judge
from analysis.summary import accept
from analysis.two_stage_judge import Beside, judge_in_two_stages
from analysis.verdict import Gate, Outcome, Statement, Verdict
from records.baseline import Baseline
from records.ledger import Answer, Entry, Write
from records.manifest import Rerun
from records.run import Run
from scenarios.plan import Plan
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
    plan_of,
    steady_requests,
)

PER_SECOND = {SLOTS: 20, BARBERS: 20, BOOK: 20, LOGIN: 20, HEALTH: 20}
MEDIAN_US = {SLOTS: 60_000.0, BARBERS: 19_000.0, BOOK: 42_000.0, LOGIN: 62_000.0, HEALTH: 12_000.0}
WEEKLY = plan_of("weekly_regression")
AS_EVER, SLOWER = 1.0, 1.5


def requests_of(plan: Plan, seed: int, slots: float, health: float = AS_EVER) -> Requests:
    medians = {**MEDIAN_US, SLOTS: slots * MEDIAN_US[SLOTS], HEALTH: health * MEDIAN_US[HEALTH]}
    return steady_requests(plan, seed, PER_SECOND, medians, run_sd=0.01, sigma=0.3)


@pytest.fixture(scope="module")
def history() -> tuple[Baseline, ...]:
    plan = plan_of("baseline")
    runs = [build_run(requests_of(plan, 50 + number, AS_EVER), plan) for number in range(6)]
    return tuple(dated(accept(run), number) for number, run in enumerate(runs))


def first_run(slots: float, ledger: Sequence[Entry] = ()) -> Run:
    return build_run(requests_of(WEEKLY, 1, slots), WEEKLY, run_id="first", ledger=ledger)


def rerun(turn: int, slots: float, build: str = "new", ledger: Sequence[Entry] = (), health: float = AS_EVER) -> Run:
    run = build_run(requests_of(WEEKLY, 10 + turn, slots, health), WEEKLY, run_id=f"{build}{turn}", ledger=ledger)
    of = Rerun(of="first", turn=turn, build="new" if build == "new" else "old")
    return replace(run, manifest=run.manifest.model_copy(update={"rerun": of}))


def beside(*new: Run, old: Sequence[Run] = (), ended: str | None = "completed", detail: str = "") -> Beside:
    return Beside("slots looked slower", begun=True, new=new, old=tuple(old), ended=ended, detail=detail)


def booked(appointment_id: int) -> Entry:
    return Entry(
        sent_s=10.0 + appointment_id / 100, answered_s=10.1 + appointment_id / 100, write=Write.BOOK,
        answer=Answer.ACKNOWLEDGED, status=201, client=f"client{appointment_id}", session=appointment_id,
        appointment_id=appointment_id, barber_id=7, start_time="2026-12-01T10:00:00", duration_minutes=30,
    )  # fmt: skip


def regressed(verdict: Verdict) -> set[str]:
    return {row.operation for row in verdict.comparisons if row.statement is Statement.REGRESSED}


def test_a_run_that_does_not_alert_decides_alone(history: tuple[Baseline, ...]) -> None:
    verdict = judge_in_two_stages(first_run(AS_EVER), history)
    assert (verdict.outcome, verdict.two_stage, verdict.reruns.count) == (Outcome.PASS, None, 0)


def test_a_run_that_alerts_is_inconclusive_until_its_reruns_are_made(history: tuple[Baseline, ...]) -> None:
    verdict = judge_in_two_stages(first_run(SLOWER), history)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    told = "one run alone does not decide, 2 more runs would; no rerun was made: 0 of 2 reruns count; the first run alerted because "
    assert verdict.because[0].startswith(f"{told}{SLOTS}")
    assert not regressed(verdict)
    assert not any(row.gate is Gate.FAIL for row in verdict.comparisons)
    assert verdict.reruns.count == 2


def test_three_slow_runs_fail_by_name_and_say_how_it_was_decided(history: tuple[Baseline, ...]) -> None:
    verdict = judge_in_two_stages(first_run(SLOWER), history, beside(rerun(1, SLOWER), rerun(2, SLOWER)))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.because[0].startswith(SLOTS)
    assert verdict.because[-1] == "the first run alerted because slots looked slower; 2 reruns; decided on 3 runs"
    assert verdict.runs == ("first", "new1", "new2")
    assert regressed(verdict) == {SLOTS}
    assert verdict.two_stage is not None
    assert (verdict.two_stage.decided_on, verdict.two_stage.missing) == (3, 0)


def test_one_slow_run_and_two_as_ever_pass(history: tuple[Baseline, ...]) -> None:
    verdict = judge_in_two_stages(first_run(SLOWER), history, beside(rerun(1, AS_EVER), rerun(2, AS_EVER)))
    assert verdict.outcome is Outcome.PASS, verdict.because
    assert "decided on 3 runs" in verdict.because[-1]


@pytest.mark.parametrize(
    ("ended", "detail", "told"),
    [
        ("interrupted", "", "its reruns were stopped by hand: 1 of 2 reruns count"),
        ("failed", "cannot be reached", "its reruns could not all be made (cannot be reached): 1 of 2 reruns count"),
        (None, "", "its reruns have no end (killed, or still under way): 1 of 2 reruns count"),
    ],
)
def test_reruns_that_were_cut_off_leave_the_first_run_inconclusive(
    history: tuple[Baseline, ...], ended: str | None, detail: str, told: str
) -> None:
    verdict = judge_in_two_stages(first_run(SLOWER), history, beside(rerun(1, SLOWER), ended=ended, detail=detail))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert told in verdict.because[0]
    assert "1 more run would" in verdict.because[0]
    assert not regressed(verdict)


def test_a_rerun_by_a_sick_generator_does_not_count_and_is_named(history: tuple[Baseline, ...]) -> None:
    sick = replace(rerun(2, SLOWER), generator=tuple(changed(healthy_samples(WEEKLY), cpu_ratio=1.0)))
    verdict = judge_in_two_stages(first_run(SLOWER), history, beside(rerun(1, SLOWER), sick))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.two_stage is not None
    assert [(use.run_id, use.counted) for use in verdict.two_stage.runs] == [
        ("first", True), ("new1", True), ("new2", False),
    ]  # fmt: skip
    assert "use more workers" in verdict.two_stage.runs[2].because


def test_a_broken_invariant_in_a_rerun_fails_all(history: tuple[Baseline, ...]) -> None:
    broken = rerun(2, AS_EVER, ledger=(booked(1), booked(2)))
    verdict = judge_in_two_stages(first_run(SLOWER), history, beside(rerun(1, AS_EVER), broken))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.because[0].startswith("Broken in the rerun new2: no double booking")


def test_an_objective_missed_in_both_reruns_fails_and_in_one_is_open(history: tuple[Baseline, ...]) -> None:
    far = 30.0  # 360 ms, over the limit of 200 ms; the health check is not gated
    missed = [rerun(turn, AS_EVER, health=far) for turn in (1, 2)]
    once = judge_in_two_stages(first_run(SLOWER), history, beside(rerun(1, AS_EVER), missed[1]))
    assert once.outcome is Outcome.INCONCLUSIVE
    assert "missed in one run of 3" in once.because[0]
    both = judge_in_two_stages(first_run(SLOWER), history, beside(*missed))
    assert both.outcome is Outcome.FAIL
    assert "missed in 2 reruns" in both.because[0]


def test_what_the_build_before_shows_the_same_day_is_the_environments(history: tuple[Baseline, ...]) -> None:
    reruns = (rerun(1, SLOWER), rerun(2, SLOWER))
    moved = [rerun(3, SLOWER, "old"), rerun(4, SLOWER, "old")]
    verdict = judge_in_two_stages(first_run(SLOWER), history, beside(*reruns, old=moved))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert not regressed(verdict)
    assert any("the environment moved, not the product" in cause for cause in verdict.because)
    as_ever = [rerun(3, AS_EVER, "old"), rerun(4, AS_EVER, "old")]
    verdict = judge_in_two_stages(first_run(SLOWER), history, beside(*reruns, old=as_ever))
    assert verdict.outcome is Outcome.FAIL
    assert regressed(verdict) == {SLOTS}
    assert "2 reruns and 2 runs of the build before" in verdict.because[-1]


def test_a_run_that_fails_anyway_needs_no_reruns(history: tuple[Baseline, ...]) -> None:
    verdict = judge_in_two_stages(first_run(SLOWER, (booked(1), booked(2))), history)
    assert (verdict.outcome, verdict.two_stage) == (Outcome.FAIL, None)
    assert verdict.because[0].startswith("Broken")


def test_a_scenario_without_reruns_is_judged_on_one_run(history: tuple[Baseline, ...]) -> None:
    run = first_run(SLOWER)
    comparison = WEEKLY.comparison.model_copy(update={"reruns": 0})
    run = replace(
        run, manifest=run.manifest.model_copy(update={"plan": WEEKLY.model_copy(update={"comparison": comparison})})
    )
    assert judge_in_two_stages(run, history) == judge(run, history)
    assert judge(run, history).outcome is Outcome.FAIL
