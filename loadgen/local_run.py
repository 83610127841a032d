"""A run in one process: users, recorder and run folder together."""

import time
from pathlib import Path
from typing import Any

import gevent

from loadgen import start_line
from loadgen.conductor import Batch, Conductor, let_others_run
from loadgen.fixed_users import fixed_users
from loadgen.gathering import gathering_problem
from loadgen.leader import Leader
from loadgen.sink import as_message
from loadgen.stock import stock_listener
from loadgen.surroundings import Surroundings

LOCAL = "local"  # what Locust and we call the one process
START_AFTER_S = 0.3  # from "all users exist" to second 0
USERS_WITHIN_S = 60.0  # 10,000 users take half a second; a minute is a machine in trouble
STOP_EVERY_S = 0.2  # how often the stop file is looked for


class LocalRun:
    """Carries out the plan of a run folder in this process."""

    def __init__(self, environment: Any, folder: Path) -> None:
        self._environment = environment
        self._leader = Leader(environment, folder)
        plan = self._leader.plan
        around = Surroundings.of(plan.target, plan.mix, seed=plan.session_seed, time_scale=plan.time_scale)
        around.listener = stock_listener(environment)
        self._conductor = Conductor(plan, around, LOCAL)

    def attach(self) -> None:
        """Hang the run on Locust's events."""
        self._environment.rushhour_conductor = self._conductor
        self._environment.dispatcher_class = fixed_users(self._leader.plan, lambda: [LOCAL])
        self._leader.attach(lambda: gevent.spawn(self._run), self._on_quitting)

    def _run(self) -> None:
        runner, leader, conductor = self._environment.runner, self._leader, self._conductor
        problem = gathering_problem(self._environment, leader.plan, USERS_WITHIN_S)
        if problem:
            leader.end("failed", 0.0, problem)
            return
        conductor.user_count = lambda: int(runner.user_count)
        start_unix_s = self._start_unix_s()
        if start_unix_s is None:
            leader.end("failed", 0.0, leader.wish or f"no word to begin came within {start_line.WITHIN_S:g} s")
            return
        leader.sink.begin(start_unix_s, {LOCAL: 0.0})
        conductor.go(start_unix_s, 0, 1, self._deliver)
        while not conductor.over.wait(STOP_EVERY_S):
            if not conductor.stopping and leader.wish_to_stop():
                leader.note_wish(conductor.around.clock.now())
                conductor.stop()
            if leader.turn(conductor.around.clock.now()):
                conductor.change_plan(leader.plan)
        leader.close()
        runner.stop()
        conductor.finish()
        at_s = max(0.0, conductor.around.clock.now())
        if conductor.failure:
            leader.end("failed", at_s, conductor.failure)
        else:
            reason, detail = leader.how_it_ended(stopped=bool(leader.wish))
            leader.end(reason, at_s, detail)

    def _start_unix_s(self) -> float | None:
        """Return the moment of second 0: at once, or what is named at the start line. None: nobody named one."""
        folder = self._leader.sink.folder
        if not start_line.is_held(folder):
            return time.time() + START_AFTER_S
        start_line.stand_ready(folder)
        limit = time.monotonic() + start_line.WITHIN_S
        while time.monotonic() < limit and not self._leader.wish_to_stop():
            named = start_line.beginning(folder)
            if named is not None:
                return named
            gevent.sleep(start_line.LOOK_EVERY_S)
        return None

    def _deliver(self, batch: Batch) -> None:
        message = as_message(batch)
        let_others_run()
        self._leader.sink.accept(message)

    def _on_quitting(self) -> None:
        """Locust ends before the plan did (Ctrl-C on a run started by hand): keep what was seen."""
        if self._conductor.around.clock.zero is None:
            self._leader.finish("failed", 0.0, "Locust ended before any load")
            return
        self._leader.close()
        self._environment.runner.stop()
        self._conductor.finish()
        failure = self._conductor.failure
        reason, detail = ("failed", failure) if failure else ("interrupted", "Locust was told to end")
        self._leader.finish(reason, self._conductor.around.clock.now(), detail)
