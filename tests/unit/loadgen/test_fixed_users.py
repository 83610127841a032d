"""Joining, leaving and other numbers change nothing of who has which users."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from scenarios.library import load_plan
from scenarios.plan import persona_users

with pytest.MonkeyPatch.context() as patch:  # importing Locust patches the process: not that of the tests
    patch.setenv("LOCUST_SKIP_MONKEY_PATCH", "1")
    from loadgen.fixed_users import fixed_users, shares_of_users

PLAN = load_plan("smoke")
CLASSES = {persona: persona.value.title() for persona in persona_users(PLAN)}


@pytest.mark.parametrize("processes", [1, 2, 3, 7])
def test_every_user_of_the_plan_is_in_one_process(processes: int) -> None:
    shares = shares_of_users(PLAN, CLASSES, processes)
    together = sum((Counter(share) for share in shares), Counter())
    assert together == Counter({CLASSES[persona]: count for persona, count in persona_users(PLAN).items()})
    sizes = [sum(share.values()) for share in shares]
    assert sizes == [len(range(index, PLAN.places, processes)) for index in range(processes)]


def dispatcher(members: list[str]) -> Any:
    users = [type(name, (), {"persona": persona}) for persona, name in CLASSES.items()]
    nodes = [SimpleNamespace(id=f"host_{number}") for number in range(2)]
    return fixed_users(PLAN, lambda: members)(nodes, users)


def dispatched(given: Any, users: int = 10) -> list[dict[str, dict[str, int]]]:
    given.new_dispatch(users, 5.0)
    return list(given)


def test_all_users_are_given_at_once() -> None:
    (shares,) = dispatched(dispatcher(["host_0", "host_1"]))
    assert sum(sum(share.values()) for share in shares.values()) == PLAN.places


def test_a_worker_that_joins_quits_or_comes_back_changes_nothing() -> None:
    given = dispatcher(["host_0", "host_1"])
    before = dispatched(given)
    given.remove_worker(SimpleNamespace(id="host_1"))
    assert dispatched(given) == before
    given.add_worker(SimpleNamespace(id="host_2"))
    assert dispatched(given) == before


def test_another_number_on_the_page_changes_nothing() -> None:
    given = dispatcher(["host_0", "host_1"])
    assert dispatched(given, users=10) == dispatched(given, users=5000) == dispatched(given, users=0)


def test_nobody_gets_users_before_it_is_known_who_takes_part() -> None:
    (shares,) = dispatched(dispatcher([]))
    assert set(shares) == {"host_0", "host_1"}
    assert not any(count for share in shares.values() for count in share.values())
