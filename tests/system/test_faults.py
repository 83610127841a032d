"""Faults and aborts in real short runs against the sandbox, held against the sandbox's own log."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from records.event import Event, EventKind
from records.run import Run, read_run
from tests.shop import SECRETS, open_shop
from tests.system.conftest import Rushhour, command, only_run, verdict_of

pytestmark = pytest.mark.system
FAIL, USAGE = 1, 2
SCALE = 0.05
CLOCK_S = 0.05  # second 0 is written in ms, and both clocks are this machine's
HEAD = """
format_version = 1
name = "trial"
title = "A trial"
model = "open"
mix = "everyday"
objectives = "resilience"
seed = 20250701
"""
TRAFFIC = '[traffic]\nsessions_per_s = "20 per s"\n'


def stage(name: str, kind: str, minutes: float) -> str:
    return f'[[stages]]\nname = "{name}"\nkind = "{kind}"\nlevel = 1.0\nduration = "{minutes} min"\n'


def fault(**keys: Any) -> str:
    lines = [f"{name} = {json.dumps(value)}" for name, value in keys.items()]
    return "[[faults]]\n" + "\n".join(lines) + "\n"


STAGES = stage("warm_up", "warm_up", 1) + stage("before", "steady", 3) + stage("broken", "fault", 6)
OUTAGE = fault(name="outage", kind="sandbox", plant="stripe-outage", stage="broken", at="20 s", duration="80 s")


def write(folder: Path, text: str) -> Path:
    path = folder / "trial.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def own_shop() -> Iterator[str]:
    """A sandbox of this test's own, since it is broken on purpose; yields its address."""
    with open_shop("--barbers", "100", "--clients", "20000", "--pool", "45") as ready:
        yield ready["listening"]


def run_words(scenario: Path | str, results: Path, url: str | None = None) -> list[object]:
    words: list[object] = ["run", scenario, "--target", "sandbox", "--time-scale", SCALE, "--results", results]
    return words if url is None else [*words, "--url", url]


def switched(url: str) -> list[tuple[str, float]]:
    """Return what the sandbox's own log says of plants: state and unix time."""
    return [(row["state"], row["unix_s"]) for row in httpx.get(f"{url}/sandbox/log").json() if row["plant"]]


def unix_s(run: Run, at_s: float) -> float:
    return datetime.fromisoformat(run.manifest.started_at).timestamp() + at_s


def faults_of(run: Run) -> list[Event]:
    return [event for event in run.events if event.kind is EventKind.FAULT]


def within_the_call(run: Run, event: Event, moment_unix_s: float) -> bool:
    """Tell whether the sandbox switched while the call lasted that the event tells of: begun at its start, ended at its end."""
    took = re.search(r"took (\d+) ms", event.detail)
    assert took is not None
    took_s, at_unix_s = int(took[1]) / 1000, unix_s(run, event.at_s)
    first_s = at_unix_s if event.detail.startswith("begins") else at_unix_s - took_s
    return first_s - CLOCK_S <= moment_unix_s <= first_s + took_s + CLOCK_S


def test_an_abort_rule_ends_a_run_with_a_fail_that_names_it(rushhour: Rushhour, shop: str, tmp_path: Path) -> None:
    rules = 'abort = ["p95 > 20 s for 20 s", "p50 > 0.01 ms for 40 s after 1 min"]\n'
    path = write(tmp_path, HEAD + rules + TRAFFIC + stage("steady", "steady", 20))
    done = rushhour(*run_words(path, tmp_path / "results", shop), env=SECRETS)
    folder = only_run(tmp_path / "results")
    verdict, run = verdict_of(folder), read_run(folder)
    assert done.returncode == FAIL, done.stdout + done.stderr
    assert verdict["because"][0].startswith(
        "aborted: abort rule `response_p50 > 0.01 ms for 2 s after 3 s` fired at 5 s: "
    )
    assert run.manifest.ended is not None
    assert run.manifest.ended.reason == "aborted"
    assert run.manifest.ended.at_s < 20
    assert run.manifest.ended.requests_counted == run.manifest.ended.requests_recorded
    assert [event.name for event in run.events if event.kind is EventKind.ALERT] == ["the run is ended: aborted"]
    assert "Aborted: abort rule" in (folder / "summary.md").read_text(encoding="utf-8").replace("\\", "")


def test_recovery_is_told_within_a_second_of_the_sandboxs_own_log(
    rushhour: Rushhour, own_shop: str, tmp_path: Path
) -> None:
    path = write(tmp_path, HEAD + TRAFFIC + STAGES + OUTAGE)
    done = rushhour(*run_words(path, tmp_path / "results", own_shop), env=SECRETS)
    run = read_run(only_run(tmp_path / "results"))
    verdict = verdict_of(run.folder)
    states = switched(own_shop)
    assert [state for state, _ in states] == ["on", "off"], done.stdout + done.stderr
    (writes,) = [row for row in verdict["resilience"]["injections"] if row["side"] == "writes"]
    assert writes["healing"] == "recovered", writes
    for event, (state, switched_unix_s) in zip(faults_of(run), states, strict=True):
        assert within_the_call(run, event, switched_unix_s), (state, event, switched_unix_s)
    assert abs(unix_s(run, writes["start_s"] + writes["recovery_s"]) - states[1][1]) <= 1.0
    assert writes["requests_lost"] > 0
    (reads,) = [row for row in verdict["resilience"]["injections"] if row["side"] == "reads"]
    assert reads["healing"] == "unharmed", reads
    assert "resilience-table" in (run.folder / "report.html").read_text(encoding="utf-8")


def test_ctrl_c_undoes_what_is_broken(own_shop: str, tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + TRAFFIC + STAGES + OUTAGE.replace("80 s", "5 min"))
    process = subprocess.Popen(
        command(*run_words(path, tmp_path / "results", own_shop)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **SECRETS},
    )
    until = time.monotonic() + 90
    while "stripe-outage" not in httpx.get(f"{own_shop}/sandbox/plants").json()["on"]:
        assert time.monotonic() < until, "the plant was not switched on"
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert httpx.get(f"{own_shop}/sandbox/plants").json()["on"] == []
    details = [
        event.detail.split(":")[0]
        for event in read_run(only_run(tmp_path / "results")).events
        if event.kind is EventKind.FAULT
    ]
    assert details == ["begins", "ends"]


def test_a_lost_instance_is_failed_over_and_comes_back(rushhour: Rushhour, tmp_path: Path) -> None:
    """The shipped scenario, scaled to a minute: one of two instances killed, back later; then the payment provider out."""
    done = rushhour(*run_words("failover", tmp_path / "results"), env=SECRETS)
    run = read_run(only_run(tmp_path / "results"))
    assert done.returncode in {0, 1, 3}, done.stdout + done.stderr
    told = [(event.name, event.detail) for event in run.events if event.kind is EventKind.FAULT]
    assert [name for name, _ in told] == ["kill_one", "kill_one", "stripe_outage", "stripe_outage"]
    assert "instance 1 killed (pid" in told[0][1]
    assert "another instance is there (pid" in told[1][1]
    begins_s, ends_s = (event.at_s for event in run.events if event.name == "kill_one")
    assert 2.5 < ends_s - begins_s < 6.0  # restart_after is a minute, scaled to 3 s
    rows = {(row["fault"], row["side"]): row for row in verdict_of(run.folder)["resilience"]["injections"]}
    assert rows["stripe_outage", "writes"]["healing"] == "recovered"
    assert rows["kill_one", "writes"]["healing"] in {"recovered", "unharmed"}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"kind": "sandbox", "plant": "stripe-outrage"}, 'did you mean "stripe-outage"?'),
        ({"kind": "kill"}, "a kill needs a sandbox that this command starts itself"),
        ({"kind": "command", "start": ["kubectl-of-nowhere"]}, "command kubectl-of-nowhere is not there"),
        (
            {"kind": "toxiproxy", "url": "http://127.0.0.1:1", "proxy": "db", "toxic": {"type": "latency"}},
            "Toxiproxy at http://127.0.0.1:1 cannot be reached",
        ),
    ],
)
def test_what_cannot_be_injected_is_one_line_before_any_load(
    rushhour: Rushhour, own_shop: str, tmp_path: Path, keys: dict[str, Any], said: str
) -> None:
    toxic = keys.pop("toxic", None)
    text = fault(name="trial", stage="broken", at="20 s", duration="1 min", **keys)
    text += "" if toxic is None else f'toxic = {{ type = "{toxic["type"]}" }}\n'
    done = rushhour(
        *run_words(write(tmp_path, HEAD + TRAFFIC + STAGES + text), tmp_path / "results", own_shop), env=SECRETS
    )
    assert done.returncode == USAGE, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("rushhour: scenario trial: fault trial: ")
    assert said in line
    assert not (tmp_path / "results").exists()


def test_faults_in_production_need_a_word_of_their_own(rushhour: Rushhour, tmp_path: Path) -> None:
    profile = tmp_path / "live.toml"
    profile.write_text(
        'format_version = 1\nname = "live"\ntitle = "Live"\nkind = "production"\nurl = "http://127.0.0.1:1"\n'
        '[limits]\nsessions_per_s = "50 per s"\nusers = 100\n'
        '[clients]\nsource = "pattern"\nemail = "c{n}@shop.example"\npassword_env = "X"\n',
        encoding="utf-8",
    )
    done = rushhour("run", "failover", "--target", profile, "--production")
    assert done.returncode == USAGE
    assert "kill_one, stripe_outage" in done.stderr
    assert "add --production-faults" in done.stderr
