"""Rules of the preflight: what this machine cannot make is told before the first request."""

from dataclasses import replace

import pytest

from loadgen.errors import GeneratorError
from loadgen.reach import Machine, check_reach, connections
from scenarios.library import load_plan
from scenarios.plan import Plan
from scenarios.scenario import Model

ROOMY = Machine(descriptors=1_000_000, ports=28_232, tw_reuse=2)


def plan_with(rate_per_s: float, url: str = "http://shop.example", places: int = 1000) -> Plan:
    plan = load_plan("smoke", "sandbox", url=url)
    stages = tuple(stage.model_copy(update={"sessions_per_s": rate_per_s}) for stage in plan.stages)
    return plan.model_copy(update={"stages": stages, "places": places})


def problem(plan: Plan, machine: Machine, workers: int = 1, here: int | None = None) -> str:
    try:
        check_reach(plan, machine, workers=workers, here=workers if here is None else here)
    except GeneratorError as error:
        return str(error)
    return ""


def test_a_plan_within_all_limits_says_nothing() -> None:
    assert problem(plan_with(100), ROOMY) == ""


def test_more_users_than_descriptors_are_one_line_with_what_to_do() -> None:
    told = problem(plan_with(10, places=5000), replace(ROOMY, descriptors=4096))
    assert told.startswith("5,000 users in one process need 5,256 open files; the hard limit is 4,096")
    assert "--workers 2" in told  # 4,096 x .95 - 256 = 3,635 each
    assert "--load-scale 0.72" in told
    assert "\n" not in told


@pytest.mark.parametrize(("places", "fits"), [(3635, True), (3636, False)])
def test_the_margin_is_kept_to_the_last_descriptor(places: int, fits: bool) -> None:
    assert (problem(plan_with(1, places=places), replace(ROOMY, descriptors=4096)) == "") is fits


def test_users_are_shared_out_among_workers() -> None:
    assert problem(plan_with(10, places=5000), replace(ROOMY, descriptors=4096), workers=2) == ""


def test_unlimited_descriptors_are_enough() -> None:
    assert problem(plan_with(10, places=10**6), replace(ROOMY, descriptors=-1, ports=10**6)) == ""


def test_ports_in_time_wait_count_for_a_minute() -> None:
    # 500 per s x 60 s = 30,000, and 500 of the 1,000 places are under way
    told = problem(plan_with(500), ROOMY)
    assert "500 new connections per s need 30,500 local ports" in told
    assert "there are 28,232" in told
    assert problem(plan_with(450), ROOMY) == ""


@pytest.mark.parametrize(
    ("url", "tw_reuse", "fits"),
    [
        ("http://shop.example", 1, True),
        ("http://shop.example", 2, False),
        ("http://127.0.0.1:8000", 2, True),
        ("http://[::1]:8000", 2, True),
        ("http://localhost", 2, True),
        ("http://127.0.0.1:8000", 0, False),
    ],
)
def test_ports_are_free_again_at_once_where_the_kernel_reuses_them(url: str, tw_reuse: int, fits: bool) -> None:
    assert (problem(plan_with(2000, url), replace(ROOMY, tw_reuse=tw_reuse)) == "") is fits


def test_workers_on_one_machine_share_its_ports_and_one_alone_has_them_for_itself() -> None:
    plan = plan_with(900)
    assert "local ports" in problem(plan, ROOMY, workers=2)
    assert problem(plan, ROOMY, workers=2, here=1) == ""


def test_where_the_system_does_not_tell_its_ports_nothing_is_said() -> None:
    assert problem(plan_with(5000), replace(ROOMY, ports=None)) == ""


def test_closed_users_open_a_connection_a_session() -> None:
    plan = plan_with(1).model_copy(update={"model": Model.CLOSED})
    opened_per_s, in_use = connections(plan)
    assert in_use == plan.places
    assert 10 < opened_per_s < 100  # 1,000 users, sessions of some 40 s
