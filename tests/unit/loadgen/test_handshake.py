from dataclasses import replace

import pytest

from loadgen.handshake import Introduction, difference, plan_digest
from scenarios.library import load_plan

MASTER = Introduction("anvil", 1, {"rushhour": "0.1.0", "numpy": "2.2.0"}, "c0de", "plan1")
WORKER = replace(MASTER, host="beech", pid=7, plan=None)


def test_the_same_code_and_packages_fit_on_any_machine() -> None:
    assert difference(MASTER, WORKER) == ""


@pytest.mark.parametrize(
    ("worker", "said"),
    [
        (replace(WORKER, versions={"rushhour": "0.1.0", "numpy": "2.1.0"}), "it has numpy 2.1.0, the master 2.2.0"),
        (replace(WORKER, versions={"rushhour": "0.1.0"}), "it has numpy not installed, the master 2.2.0"),
        (replace(WORKER, code="0ther"), "its code is 0ther, the master's c0de"),
        (replace(WORKER, plan="plan2"), "its run folder holds the plan plan2, the master's plan1"),
    ],
)
def test_what_differs_is_said_in_one_line(worker: Introduction, said: str) -> None:
    line = difference(MASTER, worker)
    assert line.startswith(said)
    assert "\n" not in line


def test_a_worker_with_the_same_plan_fits() -> None:
    assert difference(MASTER, replace(WORKER, plan="plan1")) == ""


def test_another_target_is_another_plan() -> None:
    plan = load_plan("smoke")
    other = plan.model_copy(update={"target": plan.target.model_copy(update={"url": "http://127.0.0.1:1"})})
    assert plan_digest(plan) == plan_digest(load_plan("smoke"))
    assert plan_digest(plan) != plan_digest(other)
