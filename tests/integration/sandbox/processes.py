"""Processes: `python -m sandbox` as the rest of the suite starts it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[3]


class Process:
    """A sandbox that listens."""

    def __init__(self, process: "subprocess.Popen[str]", ready: dict[str, Any]) -> None:
        self.process, self.ready = process, ready
        self.url = str(ready["listening"])

    @property
    def pids(self) -> list[int]:
        """Return the pids of those that answered at the start."""
        return list(self.ready["pids"])

    def get(self, path: str) -> Any:
        """Return the JSON of an answer, on a connection of its own."""
        return httpx.get(f"{self.url}{path}", timeout=10).json()

    def log(self) -> list[dict[str, Any]]:
        """Return the log of truth."""
        entries: list[dict[str, Any]] = self.get("/sandbox/log")
        return entries

    def alive(self) -> list[int]:
        """Return the pids that live, as the sandbox knows it."""
        return [each["pid"] for each in self.get("/sandbox/instances") if each["alive"]]


def command(*options: str) -> list[str]:
    """Return the command line of a small sandbox on a free port."""
    return [sys.executable, "-m", "sandbox", "--clients", "20", "--port", "0", *options]


@contextmanager
def started(*options: str) -> Iterator[Process]:
    """Start a sandbox; kill it at the end."""
    process = subprocess.Popen(command(*options), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield Process(process, json.loads(line))
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def until(holds: Callable[[], bool], within_s: float = 10.0) -> float:
    """Wait until something holds; return how long it took, in s. Raise AssertionError where it takes too long."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < within_s
        time.sleep(0.02)
    return time.monotonic() - begun
