"""What a duet is asked for: the same arrivals for both arms at half the load, and one line for what cannot be."""

import pytest

from records.duet import Arm, Pinning, Side
from rushhour.duet_request import DuetRequest, asked_duration_s, asked_pinning, check_request, plan_of, seed_of
from scenarios.errors import ScenarioError
from scenarios.library import load_plan

SANDBOX = Arm(target="sandbox")


def request(scenario: str = "baseline", a: Arm = SANDBOX, b: Arm = SANDBOX, restarts: int = 5) -> DuetRequest:
    return DuetRequest(scenario, {Side.A: a, Side.B: b}, restarts=restarts, time_scale=0.1)


def test_both_arms_have_the_same_plan_with_half_the_load_each_and_the_lengths_asked_for() -> None:
    asked = request()
    plans = [plan_of(asked, side, 7, "http://127.0.0.1:1") for side in Side]
    assert plans[0] == plans[1]
    assert [stage.duration_s for stage in plans[0].stages] == [30, 120]
    whole = load_plan("baseline").stages[-1].sessions_per_s
    assert whole is not None
    assert plans[0].stages[-1].sessions_per_s == pytest.approx(whole / 2)
    assert plans[0].seed == 7


def test_seed_is_the_scenarios_own() -> None:
    assert seed_of(request()) == load_plan("baseline").seed


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (request("exhaustion"), "scenario exhaustion climbs (staircase); expected one with a steady stage"),
        (request("failover"), "scenario failover breaks things (faults)"),
        (request("recorded_day"), "scenario recorded_day follows recorded arrivals"),
        (request(restarts=0), "--restarts is 0; expected 1 to 50"),
        (
            request(b=Arm(target="staging", plants=("errors",))),
            "--plant-b needs a sandbox that this command starts itself",
        ),
        (
            request(a=Arm(target="staging"), b=Arm(target="staging")),
            "both arms are at https://staging.bookedbarber.example",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_line(asked: DuetRequest, said: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        check_request(asked)
    assert any(said in problem for problem in raised.value.problems)


def test_options_are_read_or_refused() -> None:
    assert asked_duration_s("--duration", "120s") == 120
    assert asked_pinning("apart") is Pinning.APART
    with pytest.raises(ScenarioError, match='--duration is "soon"'):
        asked_duration_s("--duration", "soon")
    with pytest.raises(ScenarioError, match='--pin is "left"; expected one of together, apart, none'):
        asked_pinning("left")
