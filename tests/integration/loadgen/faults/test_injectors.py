"""Each kind of fault: how it breaks, how it mends, and what it says before the start where it cannot."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from loadgen.faults.commanding import Commanding
from loadgen.faults.experiment import Experiment
from loadgen.faults.injector import FaultError
from loadgen.faults.killing import Killing
from loadgen.faults.kinds import check_faults
from loadgen.faults.planting import Planting
from loadgen.faults.toxic import Intoxication
from scenarios.errors import ScenarioError
from scenarios.library import load_plan, load_target
from tests.integration.loadgen.faults.conftest import Server, around, planned

pytestmark = pytest.mark.integration
PLANT = {"kind": "sandbox", "plant": "stripe-outage"}
KNOWN = {"on": [], "effects": {"stripe-outage": "Stripe is down", "errors": "…"}}


def toxic(url: str, **changes: Any) -> dict[str, Any]:
    given = {"type": "latency", "attributes": {"latency": 900}, **changes}
    return {"kind": "toxiproxy", "url": url, "proxy": "postgres", "toxic": given}


def test_a_plant_is_switched_on_with_a_safety_and_off_again(server: Server, tmp_path: Path) -> None:
    server.answers = {
        "GET /sandbox/plants": (200, KNOWN),
        "PUT /sandbox/plants/stripe-outage": (200, {}),
        "DELETE /sandbox/plants/stripe-outage": (200, {}),
    }
    planting = Planting(planned(PLANT, 10.0, 30.0), around(tmp_path, server.url))
    assert planting.problem() == ""
    assert planting.begin() == "plant stripe-outage on"
    assert planting.over() == ""
    assert planting.end() == "plant stripe-outage off"
    assert server.asked[1] == ("PUT /sandbox/plants/stripe-outage", {"seconds": 25.0})
    assert server.calls[2] == "DELETE /sandbox/plants/stripe-outage"


def test_an_unknown_plant_is_told_with_the_nearest(server: Server, tmp_path: Path) -> None:
    server.answers = {"GET /sandbox/plants": (200, KNOWN)}
    problem = Planting(planned({**PLANT, "plant": "stripe-outrage"}), around(tmp_path, server.url)).problem()
    assert 'plant "stripe-outrage" is not known there; did you mean "stripe-outage"?' in problem


def test_a_plant_that_this_sandbox_cannot_have_is_told_before_the_start(server: Server, tmp_path: Path) -> None:
    server.answers = {"GET /sandbox/plants": (200, {**KNOWN, "not_here": {"stripe-outage": "needs another database"}})}
    problem = Planting(planned(PLANT), around(tmp_path, server.url)).problem()
    assert problem == "plant stripe-outage: needs another database"
    errors = Planting(planned({**PLANT, "plant": "errors"}), around(tmp_path, server.url))
    assert errors.problem() == ""


def test_a_sandbox_without_switches_is_told(server: Server, tmp_path: Path) -> None:
    assert (
        "answered 404; expected a sandbox whose plants can be switched"
        in Planting(planned(PLANT), around(tmp_path, server.url)).problem()
    )


def test_a_plant_needs_a_sandbox(tmp_path: Path) -> None:
    staging = around(tmp_path)
    staging = type(staging)(load_target("staging"), tmp_path)
    assert "a plant needs a sandbox; the target staging is staging" in Planting(planned(PLANT), staging).problem()


def test_a_plant_that_is_refused_is_an_error(server: Server, tmp_path: Path) -> None:
    server.answers = {"PUT /sandbox/plants/stripe-outage": (500, {"error": "no"})}
    with pytest.raises(FaultError, match="PUT answered 500"):
        Planting(planned(PLANT), around(tmp_path, server.url)).begin()


def test_commands_break_and_mend(tmp_path: Path) -> None:
    flag = tmp_path / "broken"
    commands = {"kind": "command", "start": ["touch", str(flag)], "stop": ["rm", str(flag)]}
    commanding = Commanding(planned(commands), around(tmp_path))
    assert commanding.problem() == ""
    assert "`touch" in commanding.begin()
    assert flag.exists()
    commanding.end()
    assert not flag.exists()


def test_a_command_is_no_line_of_a_shell(tmp_path: Path) -> None:
    commands = {"kind": "command", "start": ["touch", str(tmp_path / "a; touch b $(id)")]}
    Commanding(planned(commands), around(tmp_path)).begin()
    assert [path.name for path in tmp_path.iterdir()] == ["a; touch b $(id)"]


def test_a_command_that_fails_tells_its_last_words(tmp_path: Path) -> None:
    commands = {"kind": "command", "start": [sys.executable, "-c", "raise SystemExit('no such pod')"]}
    with pytest.raises(FaultError, match="ended with code 1: no such pod"):
        Commanding(planned(commands), around(tmp_path)).begin()


def test_a_missing_command_is_told(tmp_path: Path) -> None:
    commands = {"kind": "command", "start": ["kubectl-of-nowhere"], "stop": ["ls"]}
    assert "command kubectl-of-nowhere is not there" in Commanding(planned(commands), around(tmp_path)).problem()


def test_a_toxic_is_added_by_its_name_and_removed(server: Server, tmp_path: Path) -> None:
    server.answers = {
        "GET /proxies": (200, {"postgres": {}}),
        "POST /proxies/postgres/toxics": (200, {}),
        "DELETE /proxies/postgres/toxics/rushhour_trial": (204, {}),
    }
    intoxication = Intoxication(planned(toxic(server.url)), around(tmp_path))
    assert intoxication.problem() == ""
    intoxication.begin()
    intoxication.end()
    assert server.asked[1] == (
        "POST /proxies/postgres/toxics",
        {
            "name": "rushhour_trial",
            "type": "latency",
            "stream": "downstream",
            "toxicity": 1.0,
            "attributes": {"latency": 900},
        },
    )
    assert server.calls[2] == "DELETE /proxies/postgres/toxics/rushhour_trial"


def test_a_proxy_is_closed_and_opened(server: Server, tmp_path: Path) -> None:
    server.answers = {"POST /proxies/postgres": (200, {})}
    intoxication = Intoxication(planned(toxic(server.url, type="down", attributes={})), around(tmp_path))
    assert intoxication.begin() == "proxy postgres closed"
    assert intoxication.end() == "proxy postgres open"
    assert [body for _, body in server.asked] == [{"enabled": False}, {"enabled": True}]


def test_a_toxic_that_is_gone_already_is_undone(server: Server, tmp_path: Path) -> None:
    assert "removed" in Intoxication(planned(toxic(server.url)), around(tmp_path)).end()


def test_an_unknown_proxy_and_a_toxiproxy_that_is_not_there_are_told(server: Server, tmp_path: Path) -> None:
    server.answers = {"GET /proxies": (200, {"postgress": {}})}
    assert 'did you mean "postgress"?' in Intoxication(planned(toxic(server.url)), around(tmp_path)).problem()
    assert "cannot be reached" in Intoxication(planned(toxic("http://127.0.0.1:1")), around(tmp_path)).problem()


def test_an_experiment_without_chaos_toolkit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    said = Experiment(planned({"kind": "chaos", "experiment": "kill.json"}), around(tmp_path)).problem()
    assert said.startswith("Chaos Toolkit is not installed")


@pytest.mark.parametrize("inherited", [signal.SIG_DFL, signal.SIG_IGN], ids=["foreground", "background"])
def test_an_experiment_is_run_and_interrupted(
    inherited: signal.Handlers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell's background jobs ignore SIGINT, and so does whatever they start."""
    program, said = tmp_path / "chaos", tmp_path / "said"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {said}\ntrap "echo rolled back >> {said}; exit 0" INT\nwhile true; do sleep 0.02; done\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    file = tmp_path / "kill.json"
    file.write_text("{}", encoding="utf-8")
    experiment = Experiment(planned({"kind": "chaos", "experiment": str(file)}), around(tmp_path))
    assert experiment.problem() == ""
    before = signal.signal(signal.SIGINT, inherited)
    try:
        experiment.begin()
    finally:
        signal.signal(signal.SIGINT, before)
    until = time.monotonic() + 5
    while not said.exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert experiment.over() == ""
    time.sleep(0.1)  # the trap is set a moment after the words
    assert experiment.end() == "experiment kill.json ended with code 0"
    words = said.read_text(encoding="utf-8")
    assert "--rollback-strategy always" in words
    assert "rolled back" in words


PARENT = """
import os, signal, sys, time
def serve():
    pid = os.fork()
    if pid == 0:
        signal.pause()
    return pid
pids = [serve(), serve()]
print("ready", flush=True)
gone, _ = os.wait()
time.sleep(0.3)
serve()
time.sleep(60)
"""


def test_an_instance_is_killed_and_is_over_when_another_takes_its_place(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert parent.stdout is not None
    try:
        parent.stdout.readline()
        killing = Killing(planned({"kind": "kill", "instance": 2}), around(tmp_path, sandbox_pid=parent.pid))
        assert killing.problem() == ""
        assert killing.begin().startswith("instance 2 killed (pid ")
        assert killing.over() == ""
        until = time.monotonic() + 5
        while not killing.over() and time.monotonic() < until:
            time.sleep(0.02)
        assert killing.end().startswith("another instance is there (pid ")
    finally:
        os.killpg(parent.pid, signal.SIGKILL)  # the group that start_new_session made; nobody else is in it
        parent.wait()
        parent.stdout.close()


def test_a_kill_needs_an_embedded_sandbox_with_instances(tmp_path: Path) -> None:
    assert "--target sandbox without --url" in Killing(planned({"kind": "kill"}), around(tmp_path)).problem()
    alone = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    try:
        said = Killing(planned({"kind": "kill"}), around(tmp_path, sandbox_pid=alone.pid)).problem()
        assert "the sandbox has 1 instance; expected at least 2" in said
    finally:
        alone.kill()
        alone.wait()


def test_all_that_cannot_be_injected_is_told_at_once(tmp_path: Path) -> None:
    plan = load_plan("smoke").model_copy(
        update={"faults": (planned({"kind": "kill"}), planned({"kind": "command", "start": ["no-such-program"]}))}
    )
    with pytest.raises(ScenarioError) as caught:
        check_faults(plan, around(tmp_path))
    assert len(caught.value.problems) == 2
    assert caught.value.problems[0].startswith("scenario smoke: fault trial: ")
