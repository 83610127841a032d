"""A master and its workers in one process: the real parts of a run, joined by a wire that can delay, lose and double messages."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent.pool import Group

from records.environment import fingerprint, versions
from records.folder import create_folder, write_manifest
from records.manifest import Ended, Manifest
from records.run import Run, read_run
from records.window import Outcome
from scenarios.abort import AbortRule
from scenarios.library import load_plan, scenario_text
from scenarios.plan import Plan

with pytest.MonkeyPatch.context() as patch:  # importing Locust patches the process: not that of the tests
    patch.setenv("LOCUST_SKIP_MONKEY_PATCH", "1")
    from locust.env import Environment

    from loadgen.handshake import Introduction
    from loadgen.local_run import LocalRun
    from loadgen.master_run import MasterRun
    from loadgen.worker_run import WorkerRun

REQUEST_EVERY_S = 0.05
Filter = Callable[[str, str, dict[str, Any]], list[float]]
"""Takes client id, kind and data of a worker's message; returns after how many seconds it arrives, once for each time."""


class End:
    """One end of the wire, in the place of a Locust runner."""

    def __init__(self, wire: "Wire", client_id: str = "") -> None:
        self.client_id = client_id
        self.handlers: dict[str, Any] = {}
        self.clients: dict[str, Any] = {}
        self.user_greenlets = Group()
        self.user_count = wire.plan.places
        self.worker_count = 1
        self.has_quit = False
        self.master_host, self.master_port = "127.0.0.1", 0
        self._wire = wire

    def register_message(self, kind: str, handler: Any, concurrent: bool = False) -> None:
        self.handlers[kind] = handler

    def send_message(self, kind: str, data: Any = None, client_id: str | None = None) -> None:
        self._wire.carry(self, kind, data, client_id)

    def stop(self) -> None:
        self.user_greenlets.kill()

    def quit(self) -> None:
        self.has_quit = True


@dataclass(slots=True)
class Wire:
    """Carries messages between one master and its workers."""

    plan: Plan
    through: Filter = lambda client_id, kind, data: [0.0]
    ends: dict[str, End] = field(default_factory=dict)

    def carry(self, sender: End, kind: str, data: Any, client_id: str | None) -> None:
        if sender.client_id:
            delays = self.through(sender.client_id, kind, data)
            self._deliver(self.ends[""], kind, data, sender.client_id, delays)
            return
        for receiver in self.ends.values():
            if receiver.client_id and client_id in {None, receiver.client_id}:
                self._deliver(
                    receiver, kind, data, receiver.client_id, self.through(receiver.client_id, f"to {kind}", data)
                )

    def _deliver(self, receiver: End, kind: str, data: Any, node_id: str, delays: list[float]) -> None:
        msg = SimpleNamespace(type=kind, data=data, node_id=node_id)
        environment = SimpleNamespace(runner=receiver)
        for delay_s in delays:
            if kind in receiver.handlers:
                gevent.spawn_later(delay_s, receiver.handlers[kind], environment=environment, msg=msg)


@dataclass(slots=True)
class Crew:
    """A master and its workers on one wire."""

    folder: Path
    wire: Wire
    master: MasterRun
    master_environment: Any
    workers: dict[str, WorkerRun] = field(default_factory=dict)
    environments: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def gathered(
        cls, results: Path, through: Filter | None = None, workers: int = 2, rule: str | None = None
    ) -> "Crew":
        """Return a crew in which a master waits for so many workers, with an abort rule where one is given."""
        plan = one_second_plan()
        if rule is not None:
            plan = plan.model_copy(update={"abort": (AbortRule.model_validate(rule),)})
        wire = Wire(plan)
        if through is not None:
            wire.through = through
        folder = run_folder(results, plan, workers)
        environment = environment_of(wire, "", workers)
        master = MasterRun(environment, folder)
        master.attach()
        return cls(folder, wire, master, environment)

    def join(self, client_id: str, wall: Callable[[], float] = time.time, pid: int = 0) -> WorkerRun:
        """Add a worker that is let in and ready; it counts a request every 50 ms while it runs."""
        environment = environment_of(self.wire, client_id, 1)
        self.environments[client_id] = environment
        hello = Introduction.of(None).as_message() | {"pid": pid or len(self.environments)}
        environment.runner.send_message("rushhour_hello", hello)
        gevent.sleep(0.01)
        worker = WorkerRun(environment, manifest_of(self.wire.plan, 2), wall)
        worker.attach()
        gevent.spawn(_make_requests, worker)
        self.workers[client_id] = worker
        return worker

    def play(self, limit_s: float = 8.0) -> Ended:
        """Start the test as Locust would, and return how the run ended."""
        gevent.spawn(self.master_environment.events.test_start.fire, environment=self.master_environment)
        limit = time.monotonic() + limit_s
        while not self.master_environment.runner.has_quit and time.monotonic() < limit:
            gevent.sleep(0.02)
        ended = self.run.manifest.ended
        assert ended is not None, f"the run did not end within {limit_s} s"
        return ended

    @property
    def run(self) -> Run:
        """Return what the folder holds."""
        return read_run(self.folder)


class Alone:
    """A local run that is started and waited for."""

    def __init__(self, results: Path) -> None:
        plan = one_second_plan()
        self.folder = run_folder(results, plan, 1)
        self.environment = environment_of(Wire(plan), "", 1)
        self.run = LocalRun(self.environment, self.folder)
        self.run.attach()

    def play(self, limit_s: float = 8.0) -> None:
        """Start the test as Locust would, and wait until Locust is told to quit."""
        gevent.spawn(self.environment.events.test_start.fire, environment=self.environment)
        limit = time.monotonic() + limit_s
        while not self.environment.runner.has_quit:
            assert time.monotonic() < limit, f"the run did not end within {limit_s} s"
            gevent.sleep(0.02)


def _make_requests(worker: WorkerRun) -> None:
    around = worker._conductor.around
    while not worker._conductor.over.is_set():
        if around.clock.now() > 0:
            around.recorder.request("GET /x", Outcome.OK, around.clock.now(), 1000.0, 900.0, 10)
        gevent.sleep(REQUEST_EVERY_S)


def environment_of(wire: Wire, client_id: str, expect: int) -> Any:
    environment = Environment(catch_exceptions=False)
    runner: Any = End(wire, client_id)
    runner.stats = environment.stats
    environment.runner = runner
    environment.parsed_options = SimpleNamespace(headless=False, autostart=False, expect_workers=expect)
    wire.ends[client_id] = runner
    return environment


def one_second_plan() -> Plan:
    """Return the smoke plan cut to one steady second."""
    plan = load_plan("smoke")
    stage = plan.stages[-1].model_copy(update={"start_s": 0.0, "end_s": 1.0})
    return plan.model_copy(update={"stages": (stage,)})


def manifest_of(plan: Plan, workers: int) -> Manifest:
    return Manifest(
        run_id="smoke-20260101T000000Z-000001", scenario_text=scenario_text("smoke"), plan=plan, started_at="2026-01-01T00:00:00.000+00:00",
        workers=workers, versions=versions(), commit=None, target_build=None, fingerprint=fingerprint(), command=(), load_command=(),
    )  # fmt: skip


def run_folder(results: Path, plan: Plan, workers: int) -> Path:
    manifest = manifest_of(plan, workers)
    folder = create_folder(results, manifest.run_id)
    write_manifest(folder, manifest)
    return folder
