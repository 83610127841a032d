"""Rules of the two stages and of the runs that are judged together."""

from dataclasses import replace

import pytest

from analysis.comparison import ANCHOR, Compared, compare, in_words
from analysis.judge import judge
from analysis.observed import observe
from analysis.rerun import reruns_wanted
from analysis.summary import accept
from analysis.verdict import BaselineUse, Statement
from records.baseline import Baseline
from records.journey import Milestone
from records.run import Run
from records.window import Outcome
from scenarios.mix import Persona
from tests.unit.analysis.build_run import (
    BARBERS,
    BOOK,
    HEALTH,
    SLOTS,
    build_run,
    dated,
    milestones,
    plan_of,
    steady_requests,
)

PLAN = plan_of("baseline")
PER_SECOND = {SLOTS: 25, BARBERS: 20, BOOK: 20, HEALTH: 20}
MEDIAN_US = {SLOTS: 60_000.0, BARBERS: 40_000.0, BOOK: 80_000.0, HEALTH: 50_000.0}


def run_of(seed: int, factor: float = 1.0, run_id: str = "candidate", booked: int = 8) -> Run:
    medians = {**MEDIAN_US, SLOTS: MEDIAN_US[SLOTS] * factor}
    funnel = {Milestone.SESSION_STARTED: 10, Milestone.SESSION_ENDED: 10, Milestone.BEGUN: 10, Milestone.SLOT_CHOSEN: 9,
              Milestone.BOOKED: booked}  # fmt: skip
    return build_run(
        steady_requests(PLAN, seed, PER_SECOND, medians, run_sd=0.02),
        PLAN,
        run_id=run_id,
        journeys=milestones(range(29), Persona.NEW_CUSTOMER.value, funnel),
    )


@pytest.fixture(scope="module")
def history() -> tuple[Baseline, ...]:
    return tuple(dated(accept(run_of(number)), number) for number in range(5))


def compared(run: Run, baselines: tuple[Baseline, ...], *others: Run) -> Compared:
    return compare(run, [observe(run, stage) for stage in PLAN.stages if stage.is_judged], baselines, others)


def test_an_alert_asks_for_two_more_runs_and_three_runs_ask_for_none(history: tuple[Baseline, ...]) -> None:
    slow = [run_of(100 + number, 1.3, f"run{number}") for number in range(3)]
    one = judge(slow[0], history)
    assert one.reruns.count == 2
    assert SLOTS in one.reruns.because
    assert one.runs == ("run0",)
    three = judge(slow[0], history, slow[1:])
    assert three.reruns.count == 0
    assert three.runs == ("run0", "run1", "run2")
    row = next(row for row in three.comparisons if (row.operation, row.metric) == (SLOTS, "response_p50"))
    assert (row.statement, row.runs) == (Statement.REGRESSED, (5, 3))


def test_without_an_alert_one_run_is_enough() -> None:
    nothing = Compared((), (), BaselineUse((), (), None), ("run",), signs=())
    assert reruns_wanted(nothing).count == 0
    assert reruns_wanted(replace(nothing, signs=("slow",))).count == 2
    assert reruns_wanted(replace(nothing, runs=("run", "rerun"), signs=("slow",))).count == 1


def test_too_few_accepted_runs_ask_for_no_reruns(history: tuple[Baseline, ...]) -> None:
    assert judge(run_of(100, 1.5), history[:2]).reruns.count == 0


def test_a_rerun_of_another_build_is_left_out_and_named(history: tuple[Baseline, ...]) -> None:
    other = run_of(101, run_id="rerun")
    other = replace(other, manifest=other.manifest.model_copy(update={"commit": "another"}))
    found = compared(run_of(100), history, other)
    assert found.runs == ("candidate",)
    assert "rerun: no rerun of the same build: commit differs (c0ffee, in the rerun another)" in found.use.left_out


def test_a_rerun_under_another_load_is_left_out_and_named(history: tuple[Baseline, ...]) -> None:
    other = run_of(101, run_id="rerun")
    plan = PLAN.model_copy(update={"seed": 7})
    other = replace(other, manifest=other.manifest.model_copy(update={"plan": plan}))
    found = compared(run_of(100), history, other)
    assert any(line.startswith("rerun: no rerun under the same conditions: load") for line in found.use.left_out)


def test_the_anchor_sees_what_grew_a_little_every_week() -> None:
    weeks = [dated(accept(run_of(number, 1.03**number)), number) for number in range(18)]
    anchored = tuple(week.model_copy(update={"is_anchor": number < 5}) for number, week in enumerate(weeks))
    found = compared(run_of(200, 1.03**18), anchored)
    p50 = {row.against: row for row in (*found.comparisons, *found.anchored)
           if (row.operation, row.metric) == (SLOTS, "response_p50")}  # fmt: skip
    assert p50[ANCHOR].statement is Statement.REGRESSED
    assert p50[ANCHOR].runs == (5, 1)
    assert "than the 5 runs of the anchor" in in_words(p50[ANCHOR])
    assert found.use.anchor == tuple(f"accepted{number:02d}" for number in range(5))
    assert not compared(run_of(200, 1.03**18), tuple(weeks)).anchored  # nobody set one


def test_an_anchor_that_is_the_last_runs_themselves_says_nothing_twice(history: tuple[Baseline, ...]) -> None:
    anchored = tuple(baseline.model_copy(update={"is_anchor": True}) for baseline in history)
    assert compared(run_of(100), anchored).anchored == ()


def test_fewer_bookings_of_as_many_sessions_regress_the_funnel(history: tuple[Baseline, ...]) -> None:
    fewer = [row for row in compared(run_of(100, booked=5), history).comparisons if row.operation == "sessions: booked"]
    same = [row for row in compared(run_of(100), history).comparisons if row.operation == "sessions: booked"]
    assert [row.statement for row in fewer] == [Statement.REGRESSED]
    assert fewer[0].observed == pytest.approx(5 / 9)
    assert [row.statement for row in same] == [Statement.NO_CHANGE]


MANY = {f"GET /{place}": 17 for place in range(7)}


def many_of(seed: int, factor: float = 1.0, failed: int = 0) -> Run:
    requests = steady_requests(PLAN, seed, MANY, dict.fromkeys(MANY, 60_000.0 * factor), run_sd=0.02)
    requests.add("GET /0", list(range(29)) * failed, 60_000.0, Outcome.SERVER_ERROR)
    return build_run(requests, PLAN)


def test_what_all_operations_moved_is_one_finding_about_what_they_share() -> None:
    past = tuple(dated(accept(many_of(number)), number) for number in range(6))
    verdict = judge(many_of(100, 1.6), past)
    shared = [finding for finding in verdict.findings if finding.symptom.startswith("all operations p50 is")]
    assert len(shared) == 1
    assert shared[0].cause.startswith("what all operations share")
    assert not [finding for finding in judge(many_of(100), past).findings if "all operations p50 is" in finding.symptom]


def test_more_errors_than_the_accepted_runs_had_fail_the_run_and_are_found() -> None:
    past = tuple(dated(accept(many_of(number)), number) for number in range(6))
    found = {
        row.operation: row for row in judge(many_of(100, failed=1), past).comparisons if row.metric == "error_ratio"
    }
    assert found["GET /0"].statement is Statement.REGRESSED
    assert found["GET /0"].observed == pytest.approx(1 / 18, rel=0.01)
    quiet = {row.operation: row for row in judge(many_of(100), past).comparisons if row.metric == "error_ratio"}
    assert {row.statement for row in quiet.values()} == {
        Statement.CANNOT_TELL
    }  # 0 of 2,856: up to 0.1 %, which matters
