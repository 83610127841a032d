"""The master's part of a distributed run: one roster, one clock, one start, every batch, and an end that waits for all.

A worker that is lost ends the run: the others stop in order and deliver what they have, and the run is `failed`.
"""

import logging
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent

from loadgen.clock import RunClock
from loadgen.clock_offsets import ClockOffsets
from loadgen.fixed_users import fixed_users
from loadgen.gathering import gathering_problem
from loadgen.handshake import HELLO, LEAVING, READY, REFUSED, WELCOME, Introduction, difference
from loadgen.leader import Leader
from loadgen.roster import Member, Roster
from loadgen.run_folder import FAILED_EXIT_CODE, lost_processes
from loadgen.silence import TICK_S
from loadgen.worker_run import BATCH, CLOCK, GO, STOP, TURN
from records.event import EventKind
from scenarios.turn import stages_as_records

logger = logging.getLogger("rushhour")
WORKERS_WITHIN_S = 60.0  # processes start in seconds; whoever is not there after a minute will not come
USERS_WITHIN_S = 120.0
START_AFTER_S = 1.0  # from the word to second 0: time for it to reach every worker
CLOCK_ROUNDS = 5  # before the start; the round trip with the least delay tells a worker's clock best
CLOCK_EVERY_S = 1.0  # during the run
WISH_DRAIN_S = 3.0  # a person waits for the end
LOST_DRAIN_S = 1.0  # the run is lost: short, so that everything has ended within 10 s of the loss
LAST_WINDOWS_S = 2.0  # from the end of the drain to the last batch of each worker
DRAIN_LIMIT_S = 40.0  # after the plan's end: drain of the sessions, then the last batches


class MasterRun:
    """Starts all workers at one moment, collects their batches, ends when all have delivered their last."""

    def __init__(self, environment: Any, folder: Path, wall: Callable[[], float] = time.time) -> None:
        """Prepare; `wall` is this machine's clock."""
        self._environment = environment
        self._wall = wall
        self._leader = Leader(environment, folder)
        self._me = Introduction.of(self._leader.plan)
        self._roster = Roster()
        self._offsets = ClockOffsets()
        self._clock = RunClock()
        self._wait_until = time.monotonic() + WORKERS_WITHIN_S
        self._unwritable = ""

    def attach(self) -> None:
        """Register the messages of the workers and the start."""
        runner = self._environment.runner
        handlers = {
            HELLO: self._on_hello, READY: self._on_ready, LEAVING: self._on_leaving, CLOCK: self._on_clock, BATCH: self._on_batch,
        }  # fmt: skip
        for kind, handler in handlers.items():
            runner.register_message(kind, handler)
        self._environment.dispatcher_class = fixed_users(
            self._leader.plan, lambda: [member.client_id for member in self._roster.members]
        )
        self._environment.events.heartbeat_sent.add_listener(lambda client_id, **_: self._roster.heard(client_id))
        self._leader.attach(self._begin, self._on_quitting)
        gevent.spawn(self._watch_workers)
        if self._environment.parsed_options.headless or self._environment.parsed_options.autostart:
            gevent.spawn(self._give_up_waiting)

    # Before the run.

    def _on_hello(self, environment: Any, msg: Any, **_: Any) -> None:
        worker = Introduction(**msg.data)
        because = difference(self._me, worker) or self._not_admitted(msg.node_id, worker)
        if because:
            logger.error("worker %s is refused: %s", worker, because)
            environment.runner.send_message(
                REFUSED, {"because": f"the master refuses this worker: {because}"}, msg.node_id
            )
            environment.runner.clients.pop(msg.node_id, None)
        else:
            manifest = self._leader.sink.manifest.model_dump(mode="json")
            environment.runner.send_message(WELCOME, {"manifest": manifest}, msg.node_id)

    def _not_admitted(self, client_id: str, worker: Introduction) -> str:
        if self._roster.closed:
            return "" if self._roster.is_member(client_id) else "the run has begun; start workers before it does"
        return self._roster.admit(client_id, worker)

    def _on_ready(self, environment: Any, msg: Any, **_: Any) -> None:
        self._roster.ready(msg.node_id)

    def _on_leaving(self, environment: Any, msg: Any, **_: Any) -> None:
        member = self._roster.left(msg.node_id, msg.data["because"])
        if member is not None:
            self._note_loss(member)

    def _give_up_waiting(self) -> None:
        """End where Locust waits for workers that do not come, or that leave again; by itself it waits for ever."""
        while not self._leader.has_begun:
            problem = self._missing_workers()
            if problem:
                self._leader.end("failed", 0.0, problem)
                os._exit(FAILED_EXIT_CODE)  # Locust's own wait has no other end
            gevent.sleep(TICK_S)

    def _missing_workers(self) -> str:
        """Return why the workers that are expected will not all come, "" as long as they may."""
        for member in self._roster.lost:
            return f"{self._roster.describe(member.client_id)} cannot begin: {member.lost}"
        expected = max(1, self._environment.parsed_options.expect_workers)
        if self._roster.ready_count < expected and time.monotonic() > self._wait_until:
            return (
                f"{self._roster.ready_count} of {expected} workers came within {WORKERS_WITHIN_S:g} s; expected all of them, "
                "see what the others said"
            )
        return ""

    def _begin(self) -> None:
        """Wait for all workers, close the roster, and let Locust give out the users."""
        self._wait_until = max(self._wait_until, time.monotonic() + TICK_S)
        while self._roster.ready_count < max(1, self._environment.parsed_options.expect_workers) or self._roster.lost:
            problem = self._missing_workers()
            if problem:
                self._leader.end("failed", 0.0, problem)
                return
            gevent.sleep(TICK_S)
        self._roster.close()
        gevent.spawn(self._run)

    def _run(self) -> None:
        problem = gathering_problem(self._environment, self._leader.plan, USERS_WITHIN_S, self._loss)
        if problem:
            self._leader.end("failed", 0.0, problem)
            return
        self._go()
        reason, detail = self._collect()
        self._end(reason, detail)

    def _loss(self) -> str:
        return "; ".join(
            f"{self._roster.describe(member.client_id)} lost: {member.lost}" for member in self._roster.lost
        )

    # Clocks and the start.

    def _ask_clocks(self, *, of_run: bool) -> None:
        for member in self._roster.members:
            set_back_s = self._offsets.correction_s(member.name) if of_run else 0.0
            asked = self._clock.now() if of_run else self._wall()
            question = {"asked": asked, "of_run": of_run, "set_back_s": set_back_s}
            self._environment.runner.send_message(CLOCK, question, member.client_id)

    def _on_clock(self, environment: Any, msg: Any, **_: Any) -> None:
        self._roster.heard(msg.node_id)
        name = self._roster.name_of(msg.node_id)
        of_run = msg.data["of_run"]
        if name is not None and of_run == (self._clock.zero is not None):
            now = self._clock.now() if of_run else self._wall()
            self._offsets.add(name, msg.data["asked"], msg.data["here"], now)

    def _go(self) -> None:
        for _ in range(CLOCK_ROUNDS):
            self._ask_clocks(of_run=False)
            gevent.sleep(0.1)
        members = self._roster.members
        offsets_s = {member.name: best.offset_s for member in members if (best := self._offsets.best(member.name))}
        now = self._wall()
        zero = now + START_AFTER_S
        self._clock.start_at_unix(zero, now)
        self._offsets.forget()
        self._leader.sink.begin(
            zero, {member.name: round(offsets_s.get(member.name, 0.0) * 1e6, 1) for member in members}
        )
        for index, member in enumerate(members):
            start_unix_s = zero + offsets_s.get(member.name, 0.0)
            order = {"start_unix_s": start_unix_s, "name": member.name, "index": index, "workers": len(members)}
            self._environment.runner.send_message(GO, order, member.client_id)
        gevent.spawn(self._keep_clocks)

    def _keep_clocks(self) -> None:
        gevent.sleep(2 * START_AFTER_S)
        while not self._leader.sink.finished:
            self._ask_clocks(of_run=True)
            gevent.sleep(CLOCK_EVERY_S)

    # Under way.

    def _on_batch(self, environment: Any, msg: Any, **_: Any) -> None:
        name = self._roster.name_of(msg.node_id)
        if self._leader.sink.finished:
            return
        if name is None or name != msg.data["worker"]:
            logger.error(
                "a batch of %s is left out: it came from %s", msg.data["worker"], self._roster.describe(msg.node_id)
            )
            return
        self._roster.heard(msg.node_id)
        try:
            self._leader.sink.accept(msg.data)
        except OSError as error:
            self._unwritable = self._unwritable or f"the run folder cannot be written: {error}"
        if self._leader.sink.is_complete(name):
            self._roster.delivered(msg.node_id)

    def _watch_workers(self) -> None:
        """Notice who is silent, and whom the command that started us has seen end."""
        while not self._leader.sink.finished:
            noted = lost_processes(self._leader.sink.folder)
            for member in self._roster.tick() + self._roster.ended(self._me.host, noted):
                self._note_loss(member)
            gevent.sleep(TICK_S)

    def _collect(self) -> tuple[str, str]:
        """Wait for every worker's last batch; return how the run ended, and why."""
        began, lost_limit, stopping = time.monotonic(), math.inf, False
        while not self._roster.all_delivered and time.monotonic() < min(lost_limit, self._latest_end(began)):
            gevent.sleep(TICK_S)
            if self._unwritable:
                return "failed", self._unwritable
            if self._roster.lost:
                lost_limit = min(lost_limit, time.monotonic() + LOST_DRAIN_S + LAST_WINDOWS_S)
            elif not stopping and self._leader.wish_to_stop():
                stopping = True
                self._leader.note_wish(self._clock.now())
                self._environment.runner.send_message(STOP, {"drain_s": WISH_DRAIN_S})
            if self._leader.turn(self._clock.now()):
                self._environment.runner.send_message(TURN, {"stages": stages_as_records(self._leader.plan)})
        if self._roster.lost:
            return "failed", self._loss()
        if not self._roster.all_delivered:
            return "failed", f"the last windows did not all come within {DRAIN_LIMIT_S:g} s of the plan's end"
        return self._leader.how_it_ended(stopped=stopping)

    def _latest_end(self, began: float) -> float:
        """Return until when the last windows are waited for: a plan may be changed under way."""
        return began + START_AFTER_S + self._leader.plan.duration_s + DRAIN_LIMIT_S

    def _note_loss(self, member: Member) -> None:
        """Write down that a worker is lost, and let the others come to their end."""
        if self._clock.zero is None:
            return
        self._leader.sink.event(
            max(0.0, self._clock.now()),
            EventKind.WORKER,
            f"{member.name} lost",
            f"{member.introduction}: {member.lost}",
        )
        self._environment.runner.send_message(STOP, {"drain_s": LOST_DRAIN_S})

    # The end.

    def _end(self, reason: str, detail: str) -> None:
        untrusted = self._offsets.untrusted()
        if untrusted:
            reason, detail = "failed", "; ".join([detail, *untrusted] if detail else untrusted)
        self._leader.end(reason, max(0.0, self._clock.now()), detail, self._drift_us())

    def _drift_us(self) -> dict[str, float]:
        drift_s = {member.name: self._offsets.drift_s(member.name) for member in self._roster.members}
        return {name: round(value * 1e6, 1) for name, value in drift_s.items() if value is not None}

    def _on_quitting(self) -> None:
        """Locust ends before the run did (Ctrl-C on a run started by hand, or no worker is left): keep what can be had."""
        if self._clock.zero is None:
            self._leader.finish("failed", 0.0, self._loss() or "Locust ended before any load")
            return
        self._leader.wish = self._leader.wish or "Locust was told to end"
        limit = time.monotonic() + WISH_DRAIN_S + LAST_WINDOWS_S
        while not self._leader.sink.finished and time.monotonic() < limit:
            gevent.sleep(TICK_S)
        self._leader.finish("failed", max(0.0, self._clock.now()), self._loss() or self._leader.wish, self._drift_us())
