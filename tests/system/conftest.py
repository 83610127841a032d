"""Real short runs against the sandbox: each test starts `rushhour` as a person would."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.shop import open_shop

Rushhour = Callable[..., "subprocess.CompletedProcess[str]"]
MADE_ONCE = "test_stages.py"  # all of its tests are about the same two runs


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Each test goes to whichever process is free; those of one module stay together, so that its runs are made once.

    (xdist's groups do nothing with pytest 9.2, which keeps an item's id elsewhere.)
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return path if path.endswith(MADE_ONCE) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Say who gives the tests to the processes."""
    return Scheduling(config, log)


def command(*words: object) -> list[str]:
    """Return the command line of `rushhour` in this environment."""
    return [sys.executable, "-m", "rushhour", *[str(word) for word in words]]


@pytest.fixture(scope="session")
def rushhour() -> Rushhour:
    """Run `rushhour` with words and return what it said and how it ended."""

    def run(
        *words: object, env: dict[str, str] | None = None, timeout_s: float = 400
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command(*words),
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
            env={**os.environ, **(env or {}), "COLUMNS": "100"},
        )

    return run


@pytest.fixture(scope="session")
def shop() -> Iterator[str]:
    """A sandbox without modelled time for the whole session; yields its address."""
    with open_shop("--fast", "--clients", "2000") as ready:
        yield ready["listening"]


def only_run(results: Path) -> Path:
    """Return the one run folder of a results directory."""
    (folder,) = [path.parent for path in results.glob("*/manifest.json")]
    return folder


def verdict_of(folder: Path) -> dict[str, Any]:
    """Return a folder's verdict."""
    content: dict[str, Any] = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    return content
