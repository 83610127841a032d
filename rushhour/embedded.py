"""The embedded sandbox as a process of its own: started fresh, stopped by its pid."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from loadgen.errors import TargetError
from rushhour.seats import keep_to
from scenarios.errors import ScenarioError
from scenarios.target import Target

USAGE = 2  # the exit code of a sandbox that refuses its options
READY_WITHIN_S = 60.0  # it answers within two seconds on an idle machine
DEFAULT_SECRETS = {"SANDBOX_PASSWORD": "sandbox", "SANDBOX_STRIPE_WEBHOOK_SECRET": "whsec_sandbox"}


def set_sandbox_secrets() -> None:
    """Give the sandbox's secrets their well-known values where the environment has none; it holds nothing worth guarding."""
    for name, value in DEFAULT_SECRETS.items():
        os.environ.setdefault(name, value)


@dataclass(slots=True)
class Embedded:
    """A running sandbox; use it in a `with` block. `url` is where it listens."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]

    @classmethod
    def start(
        cls,
        target: Target,
        *,
        seed: int,
        plants: Sequence[str] = (),
        port: int = 0,
        cores: Sequence[int] | None = None,
    ) -> "Embedded":
        """Start a fresh sandbox as the profile says; raise TargetError or, for its options, ScenarioError with its own words where it does not start.

        A plant is a name, or what is slowed and by how much ("slots=1.05"). Without `cores` it is kept to the last one.
        """
        set_sandbox_secrets()
        command = [
            sys.executable,
            "-m",
            "sandbox",
            "--port",
            str(port),
            "--seed",
            str(seed),
            "--parent",
            str(os.getpid()),
        ]
        command += _options(target)
        for plant in plants:
            command += ["--slow" if "=" in plant else "--plant", plant]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        keep_to(cores if cores is not None else _last_core(), process.pid)
        return cls(process, _ready(process))

    @property
    def url(self) -> str:
        """Return the base URL."""
        return str(self.ready["listening"])

    def stop(self) -> None:
        """End the process; by force when it does not within 5 s."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _options(target: Target) -> list[str]:
    if target.sandbox is None:
        return []
    options = ["--barbers", str(target.sandbox.barbers), "--clients", str(target.sandbox.clients)]
    if target.sandbox.pool is not None:
        options += ["--pool", str(target.sandbox.pool)]
    if target.sandbox.service_factor is not None:
        options += ["--service-factor", f"{target.sandbox.service_factor:g}"]
    for name, value in (("contention", target.sandbox.contention), ("coherence", target.sandbox.coherence)):
        options += [f"--{name}", f"{value:g}"] if value else []
    if target.sandbox.keep_alive is not None:
        options += ["--keep-alive-s", f"{target.sandbox.keep_alive:g}"]
    if target.sandbox.database == "postgresql":
        options += ["--database", "postgresql-embedded"]
    if target.sandbox.instances is not None:
        options += ["--instances", str(target.sandbox.instances)]
    if target.sandbox.restart_after is not None:
        options += ["--restart-after-s", f"{target.sandbox.restart_after:g}"]
    return [*options, "--fast"] if target.sandbox.fast else options


def _ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    assert process.stderr is not None
    limit = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < limit:
        readable, _, _ = select.select([process.stdout], [], [], 0.2)
        if readable:
            line = process.stdout.readline()
            if line.startswith("{"):
                ready: dict[str, Any] = json.loads(line)
                return ready
        if process.poll() is not None:
            words = process.stderr.read().strip().splitlines()
            if process.returncode == USAGE and words:
                raise ScenarioError([words[-1]])  # an option that it does not know, such as a plant
            raise TargetError(
                words[-1]
                if words
                else f"the sandbox ended at once with code {process.returncode}; run it alone: rushhour sandbox"
            )
    process.kill()
    raise TargetError(
        f"the sandbox did not listen within {READY_WITHIN_S:g} s; run it alone to see why: rushhour sandbox"
    )


def _last_core() -> Sequence[int]:
    """Return the core that keeps the sandbox away from the generator's, where there are two: neither may slow the other."""
    cores = usable_cores()
    return cores[-1:] if len(cores) >= 2 else ()


@contextmanager
def away_from_the_sandbox(workers: int) -> Iterator[None]:
    """Keep this process, and the load it starts meanwhile, off the sandbox's core, where each worker has a core of its own left.

    Two that talk over loopback are drawn to one core by the scheduler (it wakes the receiver where the sender runs), even
    where another is idle.
    """
    cores = usable_cores()
    apart = len(cores) > max(1, workers)
    if apart:
        os.sched_setaffinity(0, cores[:-1])
    try:
        yield
    finally:
        if apart:
            os.sched_setaffinity(0, cores)


def usable_cores() -> list[int]:
    """Return the cores that this process may use, in order; none where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
