from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from loadgen.schedule import Arrival, arrival_times, arrivals, next_active_s, planned_rate_per_s, planned_users
from scenarios.library import load_plan
from scenarios.mix import Persona
from scenarios.plan import Plan, PlannedStage
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


@pytest.mark.parametrize("workers", [2, 3, 7])
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


def test_planned_rate_follows_a_ramp() -> None:
    assert planned_rate_per_s(plan_of((0, 100, 20)), 5) == pytest.approx(25)


def test_planned_rate_is_none_outside_the_plan() -> None:
    assert planned_rate_per_s(plan_of((0, 100, 20)), 20) is None


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
