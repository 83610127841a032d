"""Rules of the climb: the breaking point within 5 % of what queueing theory says, and the right bottleneck named."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.exhaustion import exhaust
from analysis.observed import observe
from analysis.staircase import Exhaustion
from records.run import Run
from records.series import Cells
from scenarios.plan import Plan
from scenarios.session import mean_session
from tests.unit.analysis.build_queue import (
    Serve,
    Served,
    arrivals,
    capped_climb,
    capped_limit,
    climb_plan,
    core_of,
    course,
    cpu_climb,
    idle,
    load_of,
    mmc_limit,
    pool_climb,
    quick,
    run_of,
)

LIMIT_S = 0.2


def exhausted(run: Run) -> Exhaustion:
    found = exhaust(run, [observe(run, stage) for stage in run.manifest.plan.stages])
    assert found is not None
    return found


def test_a_pool_breaks_where_theory_says_and_is_named() -> None:
    found, truth = exhausted(pool_climb()), mmc_limit(0.05, 4, LIMIT_S)
    assert found.breaking_per_s == pytest.approx(truth, rel=0.05)
    assert found.bottleneck == "connection pool"
    assert found.first is not None
    assert (found.first.name, found.first.limit) == ("api_p95", 0.2)


def test_a_core_breaks_where_theory_says_and_is_named() -> None:
    found, truth = exhausted(cpu_climb()), 100 - np.log(20) / LIMIT_S  # M/M/1: p95 = ln 20 / (mu - lambda)
    assert found.breaking_per_s == pytest.approx(truth, rel=0.05)
    assert found.bottleneck == "CPU"


def test_a_hard_cap_breaks_where_theory_says_and_no_resource_is_blamed() -> None:
    found, truth = exhausted(capped_climb()), capped_limit(120.0, 0.02, LIMIT_S)
    assert found.breaking_per_s == pytest.approx(truth, rel=0.05)
    assert found.bottleneck is None
    assert found.bottleneck_because.startswith("the busiest, CPU, was only ")
    assert "a rate limit, or the generator" in found.bottleneck_because


def test_the_rate_at_each_limit_rises_with_the_limit_and_is_where_theory_says() -> None:
    found = exhausted(cpu_climb())
    rates = {crossing.limit_us: crossing.offered_per_s for crossing in found.crossings}
    assert list(rates) == [100_000.0, 150_000.0, 200_000.0, 300_000.0]
    for limit_us, rate in rates.items():
        assert rate == pytest.approx(100 - np.log(20) / (limit_us / 1e6), rel=0.05)


def test_the_demand_of_a_request_is_the_slope_of_use_over_rate() -> None:
    (pool,) = [row for row in exhausted(pool_climb()).saturations if row.resource == "connection pool"]
    assert pool.demand_s == pytest.approx(0.05 / 4, rel=0.15)
    assert pool.bound_per_s == pytest.approx(80, rel=0.15)
    assert pool.grows is True


def test_a_climb_that_holds_everywhere_has_no_breaking_point() -> None:
    found = exhausted(pool_climb(most=45.0))
    assert found.breaking_per_s is None
    assert found.because.startswith("no breaking point in range: all objectives held up to")
    assert found.recovery is None
    assert found.crossings[-1].because == "not reached in range: more than the highest step"


def test_a_climb_that_never_holds_says_so() -> None:
    plan = climb_plan(60.0, 80.0)
    at_s = arrivals(plan, 1)
    done = Served(at_s, np.zeros_like(at_s), np.full(at_s.size, 0.5))
    load = load_of(done, int(plan.duration_s))
    found = exhausted(run_of(plan, done, idle("pool", load, 0.2) | idle("cpu", load, 0.2)))
    assert found.because.startswith("no step held all objectives; the lowest offered 58.9 sessions")
    assert (found.breaking_per_s, found.bracket) == (None, None)
    assert found.crossings[0].because == "below the lowest step"


def test_one_bad_step_below_good_ones_is_no_breaking_point() -> None:
    plan = climb_plan(40.0, 70.0)
    at_s = arrivals(plan, 1)
    hiccup = next(stage for stage in plan.stages if stage.name == "step_3")
    slow = (at_s >= hiccup.start_s) & (at_s < hiccup.end_s)
    done = Served(at_s, np.zeros_like(at_s), np.where(slow, 0.5, 0.05))
    load = load_of(done, int(plan.duration_s))
    found = exhausted(run_of(plan, done, idle("pool", load, 0.2) | idle("cpu", load, 0.2)))
    assert [step.good for step in found.steps if step.stage == "step_3"] == [False]
    assert found.breaking_per_s is None
    assert found.because.startswith("no breaking point that stands")
    assert "although they did not in step_3 below it" in found.because


def test_sessions_that_could_not_start_break_a_step_that_is_fast() -> None:
    run = pool_climb(most=60.0)
    from_s = next(stage.start_s for stage in run.manifest.plan.stages if stage.name == "step_3")
    samples = [
        replace(sample, started=int(sample.planned * 0.9)) if sample.second >= from_s else sample for sample in run.generator
    ]  # fmt: skip
    found = exhausted(replace(run, generator=tuple(samples)))
    bad = next(step for step in found.steps if step.stage == "step_3")
    assert (bad.good, bad.because.split(":")[0]) == (False, "not sustained")
    assert found.bracket is not None
    assert found.breaking_per_s == pytest.approx(np.sqrt(found.bracket[0] * found.bracket[1]))
    assert found.because.startswith("the middle of the bracket")


# Little's law.


def with_users(factor: float) -> Exhaustion:
    """A climb that is fast everywhere, with `factor` times the users that Little's law asks for."""
    plan = climb_plan(40.0, 50.0, sessions=True)
    at_s = arrivals(plan, 1)
    done = Served(at_s, np.zeros_like(at_s), np.full(at_s.size, 0.05))
    load = load_of(done, int(plan.duration_s))
    run = run_of(plan, done, idle("pool", load, 0.2) | idle("cpu", load, 0.2))
    session = mean_session(plan.mix.personas, plan.mix.sessions, plan.mix.think)
    assert session is not None
    users = [round(factor * sample.started * (0.05 + session[1])) for sample in run.generator]
    samples = [replace(sample, busy=busy) for sample, busy in zip(run.generator, users, strict=True)]
    return exhausted(replace(run, generator=tuple(samples)))


def test_a_step_that_keeps_littles_law_is_good() -> None:
    found = with_users(1.0)
    assert [step.good for step in found.steps] == [True] * len(found.steps)
    assert [step.little_ratio for step in found.steps] == pytest.approx([1.0] * len(found.steps), abs=0.02)


@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_a_step_that_breaks_littles_law_is_void_and_never_the_last_good_one(factor: float) -> None:
    found = with_users(factor)
    assert {step.good for step in found.steps} == {None}
    assert found.steps[0].because.startswith("void: Little's law is off by ")
    assert found.because == "no step could be told"


# The way back.


def with_way_back(slow_s: float) -> Exhaustion:
    """Broken from the second step on; after the climb slow for so many seconds."""
    plan = climb_plan(40.0, 60.0, hold_s=40, back_s=60)
    at_s = arrivals(plan, 1)
    broken_s = next(stage.start_s for stage in plan.stages if stage.name == "settle_3")
    back_s = plan.stages[-1].start_s
    slow = (at_s >= broken_s) & (at_s < back_s + slow_s)
    done = Served(at_s, np.zeros_like(at_s), np.where(slow, 0.5, 0.05))
    load = load_of(done, int(plan.duration_s))
    return exhausted(run_of(plan, done, idle("pool", load, 0.2) | idle("cpu", load, 0.2)))


def test_the_time_to_recover_is_told_with_the_load_still_on() -> None:
    found = with_way_back(20.0).recovery
    assert found is not None
    assert found.recovered_s == pytest.approx(20.0, abs=3.0)  # p95 of what follows: 5 % of it may still be slow


def test_a_target_that_stays_slow_at_a_load_it_carried_before_did_not_recover() -> None:
    found = with_way_back(60.0).recovery
    assert found is not None
    assert found.recovered_s is None
    assert "it did not recover within 60 s with the load still on" in found.because


def test_a_climb_whose_lower_steps_are_void_does_not_say_that_they_broke() -> None:
    run = pool_climb(most=60.0)
    last_s = next(stage.start_s for stage in run.manifest.plan.stages if stage.name == "step_5")
    busy = [replace(sample, cpu_ratio=0.99) if sample.second < last_s else sample for sample in run.generator]
    slow = [
        replace(sample, started=int(sample.planned * 0.5)) if sample.second >= last_s else sample for sample in busy
    ]
    found = exhausted(replace(run, generator=tuple(slow)))
    assert found.breaking_per_s is None
    assert "which broke, could be told: void: the generator was at its limit" in found.because


# Between the last good step and the first bad one, and the hold that confirms.


def uneven(
    slow_from: float, *, in_stage: str = "", factor: float = 1.0, drifts: bool = False, stuck_after: str = ""
) -> Serve:
    """A target that answers in 50 ms below a rate and in 500 ms from it on, or from the beginning of a stage on, whatever the load.

    In one stage it is `factor` times as slow, or ever slower.
    """

    def serve(plan: Plan) -> Run:
        at_s = arrivals(plan, 1)
        service_s = np.full(at_s.size, 0.05)
        stuck = False
        for stage in plan.stages:
            inside, stuck = (at_s >= stage.start_s) & (at_s < stage.end_s), stuck or stage.name == stuck_after
            if stuck or (stage.sessions_per_s or 0.0) >= slow_from:
                service_s[inside] = 0.5
            if stage.name == in_stage:
                service_s[inside] *= factor
                service_s[inside] *= 1 + (at_s[inside] - stage.start_s) / stage.duration_s if drifts else 1.0
        return quick(plan, Served(at_s, np.zeros_like(at_s), service_s))

    return serve


def followed(serve: Serve, start: float = 40.0, most: float = 80.0, *, hold_s: int = 30, confirm_s: int = 60) -> Run:
    return course(climb_plan(start, most, hold_s=hold_s, confirm_s=confirm_s), serve)


def test_a_core_is_bisected_to_five_percent_round_the_truth_and_confirmed() -> None:
    found, truth = exhausted(followed(core_of(), 50.0, 110.0, hold_s=90, confirm_s=120)), 100 - np.log(20) / LIMIT_S
    assert found.breaking_per_s == pytest.approx(truth, rel=0.05)
    assert found.bisected == ("bisect_1",)
    assert found.bracket_ratio == pytest.approx(1.1**0.5 - 1, abs=0.0005)
    assert found.bottleneck == "CPU"
    assert found.confirmation is not None
    assert (found.confirmation.confirmed, found.confirmation.because) == (True, "")
    assert found.confirmation.share == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("breaks_at", "bisection_held", "bracket"),
    [(47.0, False, (44.0, 46.1)), (46.0, False, (44.0, 46.1)), (47.9, True, (46.1, 48.4))],
)
def test_the_bracket_closes_on_the_side_where_it_breaks(
    breaks_at: float, bisection_held: bool, bracket: tuple[float, float]
) -> None:
    found = exhausted(followed(uneven(breaks_at - 1.0)))
    steps = {step.stage: step for step in found.steps}
    assert steps["bisect_1"].good is bisection_held
    levels = [step.level for step in found.steps if step.good], [step.level for step in found.steps if not step.good]
    assert (max(levels[0]) * 10, min(levels[1]) * 10) == pytest.approx(bracket, abs=0.05)


def test_a_hold_that_breaks_leaves_the_breaking_point_where_it_was_and_not_confirmed() -> None:
    good, bad = exhausted(followed(uneven(47.0))), exhausted(followed(uneven(47.0, in_stage="confirm", factor=8.0)))
    assert good.confirmation is not None
    assert bad.confirmation is not None
    assert bad.breaking_per_s == good.breaking_per_s
    assert [step.stage for step in bad.steps] == [step.stage for step in good.steps]
    assert (good.confirmation.confirmed, bad.confirmation.confirmed) == (True, False)
    assert "API response p95" in bad.confirmation.because
    assert bad.confirmation.step is not None
    assert next(row.name for row in bad.confirmation.step.missed) in {"api_p95", "api_p95_each"}


def test_a_hold_that_becomes_ever_slower_within_its_limits_is_not_confirmed() -> None:
    found = exhausted(followed(uneven(47.0, in_stage="confirm", factor=1.5, drifts=True), confirm_s=600)).confirmation
    assert found is not None
    assert found.confirmed is False
    assert found.because.startswith("not sustained: p50 rose by ")


def test_a_hold_that_was_cut_short_confirms_nothing() -> None:
    run = followed(uneven(47.0))
    (stage,) = [stage for stage in run.manifest.plan.stages if stage.name == "confirm"]
    found = exhausted(until(run, int(stage.start_s) + 20)).confirmation
    assert found is not None
    assert (found.confirmed, found.because) == (None, "only 20 of its 60 s were recorded")
    before = exhausted(until(run, int(stage.start_s) - 2)).confirmation
    assert before is not None
    assert (before.step, before.because) == (None, "the run ended before it was held")


def until(run: Run, second: int) -> Run:
    """Return a run that was killed at a second."""

    def cut(cells: Cells) -> Cells:
        mask = cells.second < second
        return Cells(cells.second[mask], cells.operation[mask], cells.cell[mask], cells.count[mask])

    series = replace(
        run.series, response=cut(run.series.response), outcomes=cut(run.series.outcomes), within_limit=cut(run.series.within_limit),
    )  # fmt: skip
    samples = tuple(sample for sample in run.generator if sample.second < second)
    manifest = run.manifest.model_copy(update={"ended": None})
    return replace(run, manifest=manifest, series=series, generator=samples)


# A target that is still sick after the overload.


def test_a_target_that_stays_sick_gets_no_step_between_and_no_level_is_called_broken_for_it() -> None:
    run = followed(uneven(47.0, stuck_after="settle_3"))
    assert [stage.name for stage in run.manifest.plan.stages][-2:] == ["rest_1", "back_down"]
    found = exhausted(run)
    assert found.bisected == ()
    assert found.confirmation is not None
    assert found.confirmation.because.startswith("it did not recover within 60 s with the load still on")
    assert found.recovery is not None
    assert (found.recovery.recovered_s, found.recovery.watched_s, found.overload) == (None, 60.0, None)


def test_a_target_that_comes_back_is_told_of_after_the_overload_and_in_the_end() -> None:
    found = exhausted(followed(uneven(47.0)))
    assert found.overload is not None
    assert found.recovery is not None
    assert (found.overload.stage, found.overload.recovered_s) == ("rest_1", 0.0)
    assert (found.recovery.stage, found.recovery.recovered_s) == ("back_down", 0.0)


def test_a_target_that_is_stuck_after_a_step_between_is_told_of_in_the_end() -> None:
    found = exhausted(followed(uneven(47.0, stuck_after="rest_2")))
    assert found.bisected == ("bisect_1",)
    assert found.overload is not None
    assert found.overload.recovered_s is not None
    assert found.recovery is not None
    assert found.recovery.recovered_s is None
