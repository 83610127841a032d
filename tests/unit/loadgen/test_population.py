"""The closed model: pauses, pacing, resting. Time is real but short: a second of these plans lasts some milliseconds."""

import time
from collections import Counter

import gevent
import pytest

from loadgen.population import NUMBER_STRIDE, Population, Start
from loadgen.starts import Starts
from loadgen.surroundings import Surroundings
from scenarios.layout import PlannedStage
from scenarios.library import load_plan
from scenarios.mix import Step
from scenarios.plan import Plan
from scenarios.scenario import Model, StageKind
from scenarios.think import Think, ThinkKind

SLACK_S = 0.015  # a shared machine may wake a sleeper so late


def plan_of(*stages: tuple[int, float], pacing_s: float | None = None, start_within_s: float = 1.0) -> Plan:
    """Return a plan of stages of (users, seconds)."""
    laid_out, start_s = [], 0.0
    for index, (users, seconds) in enumerate(stages):
        laid_out.append(
            PlannedStage(
                name=f"s{index}", kind=StageKind.STEADY, level=1.0, from_level=1.0, start_s=start_s, end_s=start_s + seconds,
                sessions_per_s=None, users=users,
            )
        )  # fmt: skip
        start_s += seconds
    update = {
        "stages": tuple(laid_out), "model": Model.CLOSED, "pacing_s": pacing_s, "start_within_s": start_within_s,
        "session": None, "time_scale": 0.001,
    }  # fmt: skip
    return load_plan("smoke").model_copy(update=update)


def population_of(plan: Plan, monkeypatch: pytest.MonkeyPatch, pause_s: float = 0.01) -> tuple[Population, Starts]:
    monkeypatch.setenv("SANDBOX_PASSWORD", "x")
    look = Think(kind=ThinkKind.FIXED, time=pause_s)
    mix = plan.mix.model_copy(update={"think": {**plan.mix.think, Step.LOOK.value: look}})
    around = Surroundings.of(plan.target, mix, seed=plan.seed, time_scale=1.0)
    around.clock.zero = time.monotonic()
    starts = Starts()
    return Population(plan, around, starts), starts


def second(population: Population, start: Start | None) -> float:
    """Return when a session was meant to start, in s from the run's start."""
    assert start is not None
    return population._around.clock.second(start.intended_at)


def test_the_next_session_is_meant_to_start_when_the_pause_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    population, _ = population_of(plan_of((1, 5.0)), monkeypatch, pause_s=0.02)
    first = second(population, population.next_start(0))
    gevent.sleep(0.03)  # the session
    ended = population._around.clock.now()
    assert second(population, population.next_start(0)) == pytest.approx(ended + 0.02, abs=SLACK_S)
    assert first < 0.01  # users come in within 10 scaled seconds


def test_who_comes_follows_the_shares_of_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """400 sessions of one user each: 40 % are returning customers, whoever the user was before."""
    population, _ = population_of(plan_of((400, 5.0)), monkeypatch, pause_s=0.000_001)
    personas = Counter(start.persona.value for rank in range(400) if (start := population.next_start(rank)) is not None)
    assert personas["returning_customer"] / 400 == pytest.approx(0.4, abs=0.075)  # three standard errors
    assert set(personas) <= set(population._plan.mix.personas)


def test_numbers_of_sessions_never_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    population, _ = population_of(plan_of((3, 5.0)), monkeypatch, pause_s=0.000_001)
    numbers = [start.number for rank in (0, 1, 2) for _ in range(2) if (start := population.next_start(rank))]
    assert numbers == [0, 1, NUMBER_STRIDE, NUMBER_STRIDE + 1, 2 * NUMBER_STRIDE, 2 * NUMBER_STRIDE + 1]


def test_each_start_is_counted_with_its_lateness(monkeypatch: pytest.MonkeyPatch) -> None:
    population, starts = population_of(plan_of((2, 5.0)), monkeypatch)
    population.next_start(0)
    population.next_start(1)
    counts = starts.flush(9)
    assert (counts.planned, counts.started, counts.dropped, len(counts.lateness_us)) == (2, 2, 0, 2)


def test_a_user_beyond_the_plan_rests_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    population, _ = population_of(plan_of((1, 5.0)), monkeypatch)
    assert population.next_start(1) is None
    assert population.resting == 1


def test_a_user_that_a_later_stage_wants_rests_until_then(monkeypatch: pytest.MonkeyPatch) -> None:
    population, _ = population_of(plan_of((1, 0.05), (2, 5.0)), monkeypatch)
    waiting = gevent.spawn(population.next_start, 1)
    gevent.sleep(0.02)
    assert population.resting == 1
    assert second(population, waiting.get(timeout=2)) == pytest.approx(0.05, abs=0.011)
    assert population.resting == 0


def test_a_user_that_thinks_into_the_end_is_there_until_then(monkeypatch: pytest.MonkeyPatch) -> None:
    population, _ = population_of(plan_of((1, 0.08)), monkeypatch, pause_s=10.0)
    assert population.next_start(0) is not None  # the first session
    waiting = gevent.spawn(population.next_start, 0)
    gevent.sleep(0.02)
    assert population.resting == 0
    assert waiting.get(timeout=2) is None
    assert population.resting == 1


def test_a_user_that_the_last_stage_does_not_want_rests_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    population, _ = population_of(plan_of((2, 0.02), (1, 5.0)), monkeypatch, pause_s=0.1)
    assert population.next_start(1) is not None
    assert population.next_start(1) is None
    assert population.resting == 1


# Pacing.


def test_pacing_keeps_its_own_times_whatever_a_session_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    population, starts = population_of(plan_of((1, 5.0), pacing_s=0.05), monkeypatch)
    moments = []
    for session_s in (0.01, 0.03, 0.0, 0.02):
        moments.append(second(population, population.next_start(0)))
        gevent.sleep(session_s)
    assert moments == pytest.approx([0.0, 0.05, 0.1, 0.15])
    assert starts.flush(9).late == 0


def test_an_overrun_session_makes_the_next_late_and_leaves_its_intended_start(monkeypatch: pytest.MonkeyPatch) -> None:
    population, starts = population_of(plan_of((1, 5.0), pacing_s=0.1), monkeypatch)
    population.next_start(0)
    gevent.sleep(0.18)
    begin = time.monotonic()
    assert second(population, population.next_start(0)) == pytest.approx(0.1)
    assert time.monotonic() - begin < SLACK_S  # at once
    assert max(starts.flush(9).lateness_us) == pytest.approx(80_000, abs=SLACK_S * 1e6)


def test_after_a_stall_no_more_sessions_come_than_were_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """2.5 pacings long: the two that were due come one after the other, the next again at its own time."""
    population, starts = population_of(plan_of((1, 5.0), pacing_s=0.1), monkeypatch)
    population.next_start(0)
    gevent.sleep(0.25)
    moments = [second(population, population.next_start(0)) for _ in range(3)]
    assert moments == pytest.approx([0.1, 0.2, 0.3])
    assert population._around.clock.now() >= 0.3
    assert starts.flush(9).planned == 4


def test_sessions_too_late_to_start_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    population, starts = population_of(plan_of((1, 5.0), pacing_s=0.1, start_within_s=0.07), monkeypatch)
    population.next_start(0)
    gevent.sleep(0.25)
    assert second(population, population.next_start(0)) == pytest.approx(0.2)
    counts = starts.flush(9)
    assert (counts.planned, counts.started, counts.dropped) == (3, 2, 1)


def test_users_are_due_evenly_over_the_pacing(monkeypatch: pytest.MonkeyPatch) -> None:
    """200 users, 10 s: each second has 20 of them, give or take two."""
    population, _ = population_of(plan_of((200, 100.0), pacing_s=10.0), monkeypatch)
    due = [population._wanted_on_grid(rank, 0.0) for rank in range(200)]
    per_second = Counter(int(moment) for moment in due if moment is not None)
    assert len(per_second) == 10
    assert all(18 <= count <= 22 for count in per_second.values())


def test_what_was_due_when_the_run_ended_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user is still in the session of second 0 when the plan ends: those of 0.1 to 0.3 never came."""
    population, starts = population_of(plan_of((1, 0.35), pacing_s=0.1), monkeypatch)
    population.next_start(0)
    population.drop_waiting(0.35)
    counts = starts.flush(9)
    assert (counts.planned, counts.started, counts.dropped) == (4, 1, 3)


def test_a_paced_user_rests_while_the_plan_wants_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rank 1 is due at 0.618, 1.618, …; the stage that wants two users begins at 2.0."""
    population, _ = population_of(plan_of((1, 2.0), (2, 5.0), pacing_s=1.0), monkeypatch)
    assert population._wanted_on_grid(1, 0.0) == pytest.approx(2.618, abs=0.001)


def test_after_the_plan_there_is_no_next_session(monkeypatch: pytest.MonkeyPatch) -> None:
    population, starts = population_of(plan_of((1, 0.05), pacing_s=0.1), monkeypatch)
    population.next_start(0)
    assert population.next_start(0) is None
    assert starts.flush(9).planned == 1
