"""How a worker and a master find that they belong together: same code, same packages, same plan; else one line says what differs.

The worker says HELLO until it is answered. WELCOME brings the manifest, so that a worker on another machine needs no run
folder; REFUSED brings the reason. READY tells the master that this worker can begin, LEAVING why it will not, or not any more.
"""

import hashlib
import os
import socket
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gevent.event import AsyncResult
from gevent.timeout import Timeout

from loadgen.errors import GeneratorError
from records.environment import versions
from records.manifest import Manifest
from scenarios.plan import Plan

HELLO, WELCOME, REFUSED = "rushhour_hello", "rushhour_welcome", "rushhour_refused"
READY, LEAVING = "rushhour_ready", "rushhour_leaving"
ANSWER_WITHIN_S = 20.0  # a master that imports its packages on a busy machine takes some seconds
ASK_EVERY_S = 1.0
ROOMS = ("loadgen", "locustfiles", "records", "scenarios")  # what shapes the load and the records


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a process says of itself. `code` and `plan` are digests; a worker without a run folder has no plan yet."""

    host: str
    pid: int
    versions: dict[str, str]
    code: str
    plan: str | None

    @classmethod
    def of(cls, plan: Plan | None) -> "Introduction":
        """Return this process's own."""
        return cls(socket.gethostname(), os.getpid(), versions(), code_digest(), plan_digest(plan) if plan else None)

    def as_message(self) -> dict[str, Any]:
        """Return it as plain values for the wire."""
        return asdict(self)

    def __str__(self) -> str:
        return f"pid {self.pid} on {self.host}"


@cache
def code_digest() -> str:
    """Return a digest of the source files that shape load and records."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def plan_digest(plan: Plan) -> str:
    """Return a digest of the whole plan, target and all."""
    return hashlib.sha256(plan.model_dump_json().encode()).hexdigest()[:16]


def difference(master: Introduction, worker: Introduction) -> str:
    """Return why a worker does not fit its master, with what to do; "" where it fits."""
    for package, wanted in master.versions.items():
        found = worker.versions.get(package, "not installed")
        if found != wanted:
            return f"it has {package} {found}, the master {wanted}; install the same versions on both"
    if worker.code != master.code:
        return f"its code is {worker.code}, the master's {master.code}; use the same commit on both"
    if worker.plan is not None and worker.plan != master.plan:
        return f"its run folder holds the plan {worker.plan}, the master's {master.plan}; start it without --run-folder"
    return ""


def introduce(runner: Any, me: Introduction) -> Manifest | None:
    """Return the manifest that the master carries out, None where it has none; raise GeneratorError where it refuses."""
    answer: AsyncResult = AsyncResult()
    runner.register_message(WELCOME, lambda msg, **_: answer.set(msg.data))
    runner.register_message(REFUSED, lambda msg, **_: answer.set_exception(GeneratorError(msg.data["because"])))
    limit = time.monotonic() + ANSWER_WITHIN_S
    while time.monotonic() < limit:
        runner.send_message(HELLO, me.as_message())
        try:
            welcome: dict[str, Any] = answer.get(timeout=ASK_EVERY_S)
        except Timeout:
            continue
        return Manifest.model_validate(welcome["manifest"]) if welcome["manifest"] else None
    raise GeneratorError(
        f"the master at {runner.master_host}:{runner.master_port} did not answer within {ANSWER_WITHIN_S:g} s; "
        "expected a master with one of our locust files (and --run-folder, for a plan)"
    )
