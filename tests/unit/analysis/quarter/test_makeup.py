"""What a session of a mix is made of: from its file, from a run."""

import pytest

from analysis.quarter.makeup import makeup_of_file, makeup_of_run
from records.run import Run
from scenarios.library import load_mix
from tests.unit.analysis.build_run import BOOK, SLOTS, Requests, build_run, changed, healthy_samples, plan_of

EACH_S = 5  # sessions a second: twice slots, once booked


def run_of(*, started: int = EACH_S, sessions: bool = False) -> Run:
    """Return a run in which 20 users are inside sessions; a request takes 10 ms."""
    plan = plan_of("smoke", 0.5)
    if not sessions:
        plan = plan.model_copy(update={"mix": plan.mix.model_copy(update={"sessions": {}})})
    requests = Requests()
    for second in range(int(plan.duration_s)):
        requests.add(SLOTS, [second] * (2 * EACH_S)).add(BOOK, [second] * EACH_S)
    return build_run(requests, plan, samples=changed(healthy_samples(plan), started=started, busy=20))


def test_a_run_tells_requests_by_operation_and_thinking_by_littles_law() -> None:
    """By hand: 20 users = 5 sessions per s x 4 s, of which 3 x 10 ms are responses; at half the time thinking is twice as long."""
    found = makeup_of_run(run_of())
    assert found is not None
    assert dict(found.operations) == pytest.approx({SLOTS: 2.0, BOOK: 1.0})
    assert found.think_s == pytest.approx((4.0 - 0.03) / 0.5, rel=0.01)
    assert "by Little's law" in found.said


def test_measured_thinking_is_believed_before_littles_law() -> None:
    found, everyday = makeup_of_run(run_of(sessions=True)), makeup_of_file(load_mix("everyday"))
    assert found is not None
    assert everyday is not None
    assert found.think_s == everyday.think_s


def test_a_run_with_few_sessions_tells_nothing() -> None:
    assert makeup_of_run(run_of(started=1)) is None


def test_sessions_of_a_file_are_weighted_by_the_shares_of_its_personas() -> None:
    found = makeup_of_file(load_mix("monitors"))
    assert found is not None
    assert (dict(found.operations), found.requests, found.think_s) == ({"GET /health": 1.0}, 1.0, 0.0)
    assert makeup_of_file(load_mix("rush")) is None
