"""The pool of the sandbox that a command starts: by hand, and in the small picture of the month."""

import pytest

from rushhour.embedded import _options
from rushhour.run import RunRequest, again, plan_of
from rushhour.stress import ACTS, StressRequest
from scenarios.errors import ScenarioError


def pools(request: StressRequest) -> dict[str, int | None]:
    return {act.scenario: request.act(act).pool for act in ACTS}


def test_a_pool_by_hand_is_that_of_the_plan_and_of_the_command_that_makes_it_again() -> None:
    request = RunRequest("smoke", pool=7)
    sandbox = plan_of(request).target.sandbox
    assert sandbox is not None
    assert sandbox.pool == 7
    assert " ".join(again(request)).endswith("--pool 7")


def test_how_much_its_requests_hinder_each_other_is_asked_of_the_sandbox_by_hand() -> None:
    request = RunRequest("smoke", contention=0.03, coherence=0.002)
    target = plan_of(request).target
    assert _options(target)[-4:] == ["--contention", "0.03", "--coherence", "0.002"]
    assert " ".join(again(request)).endswith("--contention 0.03 --coherence 0.002")


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (RunRequest("smoke", pool=0), "--pool is 0; expected 1 to 1000"),
        (RunRequest("smoke", coherence=1.5), "--coherence is 1.5; expected 0 to 1"),
        (RunRequest("smoke", pool=5, url="http://127.0.0.1:1"), "--pool needs a sandbox that this command starts"),
    ],
)
def test_a_pool_that_cannot_be_is_refused(request_: RunRequest, told: str) -> None:
    with pytest.raises(ScenarioError, match="--") as refused:
        plan_of(request_)
    assert told in refused.value.problems[0]


def test_only_the_climb_of_a_small_month_has_a_small_pool() -> None:
    found = pools(StressRequest("sandbox_postgresql", scaled=True, load_scale=0.2))
    assert found.pop("exhaustion") == 9  # a fifth of 45
    assert set(found.values()) == {None}


def test_a_whole_month_and_a_target_elsewhere_keep_their_pool() -> None:
    assert set(pools(StressRequest("sandbox_postgresql")).values()) == {None}
    elsewhere = StressRequest("sandbox_postgresql", url="http://127.0.0.1:1", scaled=True, load_scale=0.2)
    assert set(pools(elsewhere).values()) == {None}
