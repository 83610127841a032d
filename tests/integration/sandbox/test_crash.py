"""Crash: the process kills itself, at its time or when it is told to, and not before."""

import signal
import time

import httpx
import pytest

from tests.integration.sandbox.processes import started

pytestmark = pytest.mark.integration


def test_crash_ends_the_process_at_its_time() -> None:
    with started("--fast", "--plant", "crash", "--crash-after-s", "0.5") as shop:
        begun = time.monotonic()
        assert shop.process.wait(5) == -signal.SIGKILL
        assert 0.3 < time.monotonic() - begun < 2.0


def test_crash_ends_the_process_when_it_is_switched_on_and_answers_first() -> None:
    with started("--fast") as shop:
        assert httpx.put(f"{shop.url}/sandbox/plants/crash").json()["state"] == "on"
        assert shop.process.wait(5) == -signal.SIGKILL


def test_nothing_crashes_unplanted() -> None:
    with started("--fast", "--crash-after-s", "0.2") as shop:
        time.sleep(0.6)
        assert shop.process.poll() is None
        assert shop.log()[0]["state"] == "start"


def test_stalls_that_are_switched_on_stop_everyone_at_once_and_end() -> None:
    with started("--fast") as shop, httpx.Client(base_url=shop.url) as client:
        client.put("/sandbox/plants/stalls", json={"seconds": 3})
        time.sleep(0.3)
        begun = time.monotonic()
        client.get("/health")
        assert time.monotonic() - begun > 0.8
        begun = time.monotonic()
        client.get("/health")
        assert time.monotonic() - begun < 0.5
