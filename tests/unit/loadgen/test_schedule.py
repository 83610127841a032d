from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from loadgen.schedule import Arrival, arrival_times, arrivals, coming_in_s, next_active_s, planned_users
from scenarios.layout import PlannedStage
from scenarios.library import load_plan
from scenarios.mix import Persona
from scenarios.plan import Plan
from scenarios.recorded import Piece
from scenarios.scenario import Arrivals, Model, StageKind


def plan_of(
    *levels: tuple[float, float, float], arrivals_kind: Arrivals = Arrivals.POISSON, model: Model = Model.OPEN
) -> Plan:
    """Return a plan of (from rate, to rate, seconds); rates are users in the closed model."""
    start_s, stages = 0.0, []
    for index, (first, last, seconds) in enumerate(levels):
        stages.append(
            PlannedStage(
                name=f"s{index}", kind=StageKind.STEADY, level=last, from_level=first, start_s=start_s, end_s=start_s + seconds,
                sessions_per_s=last if model is Model.OPEN else None, users=0 if model is Model.OPEN else int(last),
            )
        )  # fmt: skip
        start_s += seconds
    base = load_plan("smoke")
    return base.model_copy(update={"stages": tuple(stages), "arrivals": arrivals_kind, "model": model})


def test_the_same_plan_gives_the_same_schedule() -> None:
    plan = plan_of((50, 50, 20))
    assert list(arrivals(plan)) == list(arrivals(plan))


def test_another_seed_gives_another_schedule() -> None:
    plan = plan_of((50, 50, 20))
    assert list(arrivals(plan)) != list(arrivals(plan.model_copy(update={"seed": 99})))


@pytest.mark.parametrize("workers", [2, 7])
def test_workers_share_one_schedule_without_loss_or_overlap(workers: int) -> None:
    plan = plan_of((50, 50, 20), (50, 100, 10))
    shared: list[Arrival] = []
    for worker in range(workers):
        shared += arrivals(plan, worker, workers)
    assert sorted(shared, key=lambda arrival: arrival.number) == list(arrivals(plan))


def test_poisson_gaps_are_exponential() -> None:
    """Kolmogorov-Smirnov against the planned rate; the seed is fixed, so the outcome is too."""
    times = arrival_times(plan_of((200, 200, 100)))
    assert stats.kstest(np.diff(times), "expon", args=(0, 1 / 200)).pvalue > 0.01


def test_a_constant_schedule_has_equal_gaps() -> None:
    gaps = np.diff(arrival_times(plan_of((10, 10, 10), arrivals_kind=Arrivals.CONSTANT)))
    assert gaps == pytest.approx(np.full(gaps.size, 0.1))


def test_a_ramp_offers_its_area() -> None:
    """From 0 to 100 per s in 20 s is 1,000 arrivals; a quarter of them in the first half."""
    times = arrival_times(plan_of((0, 100, 20), arrivals_kind=Arrivals.CONSTANT))
    assert len(times) == pytest.approx(1000, abs=1)
    assert (times < 10).sum() == pytest.approx(250, abs=2)


def test_a_step_changes_the_rate_at_its_second() -> None:
    times = arrival_times(plan_of((100, 100, 10), (150, 150, 10), arrivals_kind=Arrivals.CONSTANT))
    assert (times < 10).sum() == pytest.approx(1000, abs=1)
    assert (times >= 10).sum() == pytest.approx(1500, abs=1)


def test_arrivals_are_in_order_and_inside_the_plan() -> None:
    times = [arrival.at_s for arrival in arrivals(plan_of((30, 30, 5), (0.1, 60, 5)))]
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert times[0] >= 0
    assert times[-1] < 10


def test_personas_come_by_their_shares() -> None:
    personas = [arrival.persona for arrival in arrivals(plan_of((500, 500, 40)))]
    share = personas.count(Persona.RETURNING_CUSTOMER) / len(personas)
    assert share == pytest.approx(0.40, abs=0.015)  # three standard errors of 20,000 draws are 0.01


def recorded_plan(kind: Arrivals = Arrivals.POISSON) -> Plan:
    """The shipped day in 16 min at twice its rates: about 55,000 arrivals."""
    return load_plan("recorded_day", time_scale=1 / 60, load_scale=2).model_copy(update={"arrivals": kind})


def expected_until(plan: Plan, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cumulative planned rate at each time, by numpy's trapezoids on a fine grid instead of by formula."""
    grid_s = np.linspace(0, plan.duration_s, 200_001)
    knots = [
        (piece.start_s + 1e-9, piece.from_per_s, piece.end_s - 1e-9, piece.to_per_s)
        for stage in plan.stages
        for piece in stage.pieces
    ]
    xs = [x for start, _, end, _ in knots for x in (start, end)]
    rates = np.interp(grid_s, xs, [y for _, first, _, last in knots for y in (first, last)])
    cumulative = np.concatenate([[0.0], np.cumsum((rates[1:] + rates[:-1]) / 2 * np.diff(grid_s))])
    result: NDArray[np.float64] = np.interp(times_s, grid_s, cumulative)
    return result


@pytest.mark.parametrize(
    "plan", [plan_of((10, 200, 40), (200, 200, 20), (200, 50, 30)), recorded_plan()], ids=["ramps", "recorded"]
)
def test_poisson_arrivals_are_exponential_after_a_change_of_time(plan: Plan) -> None:
    """Kolmogorov-Smirnov on the gaps in expected arrivals, whatever the shape of the rate; the seed is fixed."""
    gaps = np.diff(expected_until(plan, arrival_times(plan)))
    assert stats.kstest(gaps, "expon").pvalue > 0.05


def test_a_wrong_rate_would_be_seen() -> None:
    """The same test fires where the schedule is held against a plan of 1.1 times the rate."""
    plan = plan_of((200, 200, 100))
    gaps = np.diff(expected_until(plan_of((220, 220, 100)), arrival_times(plan)))
    assert stats.kstest(gaps, "expon").pvalue < 1e-6


def test_a_constant_schedule_follows_a_recorded_series() -> None:
    """Each arrival stands where one more is expected."""
    plan = recorded_plan(Arrivals.CONSTANT)
    expected = expected_until(plan, arrival_times(plan))
    assert np.abs(expected - np.arange(1, expected.size + 1)).max() < 0.01


@pytest.mark.parametrize("name", ["recorded_day", "weekly_regression"])
def test_three_workers_together_make_the_schedule_of_one(name: str) -> None:
    plan = load_plan(name, time_scale=0.01)
    together = [arrival for worker in range(3) for arrival in arrivals(plan, worker, 3)]
    assert sorted(together, key=lambda arrival: arrival.number) == list(arrivals(plan))


def test_nothing_arrives_while_the_recorded_rate_is_zero() -> None:
    """An hour without sessions between two with one a second; equal gaps, so that the borders fall on arrivals."""
    pieces = [(0.0, 10.0, 1.0), (10.0, 20.0, 0.0), (20.0, 30.0, 1.0)]
    plan = plan_of((1, 1, 30), arrivals_kind=Arrivals.CONSTANT)
    recorded = tuple(Piece(start_s=a, end_s=b, from_per_s=rate, to_per_s=rate) for a, b, rate in pieces)
    plan = plan.model_copy(update={"stages": (plan.stages[0].model_copy(update={"recorded": recorded}),)})
    times = arrival_times(plan)
    assert times == pytest.approx([*range(1, 10), 20, *range(21, 30)])


def test_closed_users_ramp_without_steps() -> None:
    plan = plan_of((0, 1000, 10), (1000, 1000, 10), model=Model.CLOSED)
    assert [planned_users(plan, second) for second in (0, 2.5, 5, 10, 15, 20)] == [0, 250, 500, 1000, 1000, 0]


def test_a_user_begins_when_the_ramp_reaches_it() -> None:
    plan = plan_of((0, 100, 10), model=Model.CLOSED)
    for rank in (0, 17, 99):
        moment = next_active_s(plan, rank, 0.0)
        assert moment is not None
        assert planned_users(plan, moment) >= rank + 1
        assert planned_users(plan, moment - 0.01) <= rank + 1


def test_a_user_beyond_the_plan_never_begins() -> None:
    assert next_active_s(plan_of((0, 100, 10), model=Model.CLOSED), 100, 0.0) is None


def test_a_user_rests_through_a_lower_stage() -> None:
    plan = plan_of((10, 10, 5), (2, 2, 5), (10, 10, 5), model=Model.CLOSED)
    assert next_active_s(plan, 7, 6.0) == pytest.approx(10.0)


def test_users_who_begin_together_are_spread_over_half_a_stage_at_most() -> None:
    plan = plan_of((100, 100, 10), model=Model.CLOSED).model_copy(update={"session": None})
    assert coming_in_s(plan, 50, 0.0) == 5.0


def test_users_who_begin_together_are_spread_over_one_cycle_where_it_is_known() -> None:
    plan = load_plan("capacity_10k")
    stages = (plan.stages[-1].model_copy(update={"start_s": 0.0, "end_s": 600.0}),)
    alone = plan.model_copy(update={"stages": stages})
    assert alone.session is not None
    assert coming_in_s(alone, 5, 0.0) == alone.session.cycle_s


def test_a_user_whom_a_ramp_brings_is_not_spread_once_more() -> None:
    plan = plan_of((0, 100, 10), (100, 100, 10), model=Model.CLOSED)
    assert coming_in_s(plan, 50, 5.0) == 0.0
