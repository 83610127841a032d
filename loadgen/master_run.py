"""The master's part of a distributed run: one clock, one start, every batch, and an end that waits for all."""

import logging
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event as Signal

from loadgen.gathering import gathering_problem
from loadgen.run_folder import stop_asked, unused_folder
from loadgen.sink import FolderSink
from loadgen.worker_run import BATCH, CLOCK, GO, STOP
from records.event import EventKind

logger = logging.getLogger("rushhour")
START_AFTER_S = 1.0  # from the word to second 0: time for it to reach every worker
USERS_WITHIN_S = 120.0
CLOCK_ROUNDS = 5  # the round trip with the least delay tells a worker's clock best (Cristian 1989)
SILENT_S = 6.0  # a worker sends a batch each second; six missed are a lost worker
DRAIN_LIMIT_S = 40.0  # after the plan's end: drain of the sessions, then the last batches


class MasterRun:
    """Starts all workers at one moment, collects their batches, ends when all have delivered their last."""

    def __init__(self, environment: Any, folder: Path) -> None:
        self._environment = environment
        self._sink = FolderSink(unused_folder(folder))
        self._plan = self._sink.manifest.plan
        self._workers = self._sink.manifest.workers
        self._round_trips: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self._heard: dict[str, float] = {}
        self._lost: set[str] = set()
        self._done = Signal()
        self._zero = 0.0

    def attach(self) -> None:
        """Register the messages of the workers and the start."""
        runner = self._environment.runner
        runner.register_message(CLOCK, self._on_clock)
        runner.register_message(BATCH, self._on_batch)
        self._environment.events.test_start.add_listener(self._begin_once)
        self._environment.events.quitting.add_listener(self._on_quitting)

    def _begin_once(self, **_: Any) -> None:
        self._environment.events.test_start.remove_listener(self._begin_once)
        gevent.spawn(self._run)

    def _run(self) -> None:
        problem = gathering_problem(self._environment, self._plan, USERS_WITHIN_S)
        if problem:
            self._end("failed", problem)
            return
        self._go(self._offsets_s())
        reason, detail = self._collect()
        self._end(reason, detail)

    def _offsets_s(self) -> dict[str, float]:
        """Return each worker's clock minus the master's, in s."""
        runner = self._environment.runner
        for _ in range(CLOCK_ROUNDS):
            for client_id in list(runner.clients):
                runner.send_message(CLOCK, {"asked": time.time()}, client_id=client_id)
            gevent.sleep(0.1)
        return {client_id: min(trips)[1] for client_id, trips in self._round_trips.items()}

    def _on_clock(self, environment: Any, msg: Any, **_: Any) -> None:
        now = time.time()
        asked, there = msg.data["asked"], msg.data["here"]
        self._round_trips[msg.node_id].append((now - asked, there - (asked + now) / 2))

    def _go(self, offsets_s: dict[str, float]) -> None:
        runner = self._environment.runner
        self._zero = time.time() + START_AFTER_S
        names = {client_id: f"worker{index}" for index, client_id in enumerate(sorted(runner.clients))}
        self._sink.begin(
            self._zero, {names[client_id]: round(offset * 1e6, 1) for client_id, offset in sorted(offsets_s.items())}
        )
        for index, client_id in enumerate(sorted(names)):
            self._heard[names[client_id]] = time.monotonic() + START_AFTER_S
            order = {"start_unix_s": self._zero + offsets_s.get(client_id, 0.0), "index": index, "workers": len(names)}
            runner.send_message(GO, order, client_id=client_id)

    def _on_batch(self, environment: Any, msg: Any, **_: Any) -> None:
        self._heard[msg.data["worker"]] = time.monotonic() if not msg.data["final"] else float("inf")
        self._sink.accept(msg.data)
        if self._sink.all_final(self._workers):
            self._done.set()

    def _collect(self) -> tuple[str, str]:
        interrupted = ""
        limit = time.monotonic() + START_AFTER_S + self._plan.duration_s + DRAIN_LIMIT_S
        while not self._done.wait(0.2):
            reason = None if interrupted else stop_asked(self._sink.folder)
            if reason:
                interrupted = reason
                self._sink.event(self._now(), EventKind.STOP, reason)
                self._environment.runner.send_message(STOP, {})
            lost = self._newly_lost()
            if lost:
                return "failed", f"{', '.join(lost)} lost: no batch for {SILENT_S:g} s"
            if time.monotonic() > limit:
                return "failed", "not every worker delivered its last windows in time"
        return ("interrupted" if interrupted else "completed"), interrupted

    def _newly_lost(self) -> list[str]:
        now = time.monotonic()
        lost = sorted(name for name, heard in self._heard.items() if now - heard > SILENT_S and name not in self._lost)
        for name in lost:
            self._lost.add(name)
            self._sink.event(self._now(), EventKind.WORKER, f"{name} lost", f"no batch for {SILENT_S:g} s")
        return lost

    def _now(self) -> float:
        return max(0.0, time.time() - self._zero) if self._zero else 0.0

    def _end(self, reason: str, detail: str = "") -> None:
        if detail:
            logger.error("%s", detail)
        self._sink.finish(reason, self._now(), workers=self._workers, detail=detail)
        self._environment.runner.quit()

    def _on_quitting(self, **_: Any) -> None:
        """Locust ends before the plan did (Ctrl-C on a run started by hand): keep what has come so far."""
        self._sink.finish("interrupted", self._now(), workers=self._workers)
