"""A run in one process: users, recorder and run folder together."""

import logging
import time
from pathlib import Path
from typing import Any

import gevent

from loadgen.conductor import Conductor
from loadgen.gathering import gathering_problem
from loadgen.run_folder import stop_asked, unused_folder
from loadgen.sink import FolderSink, as_message
from loadgen.stock import stock_listener
from loadgen.visit import Surroundings
from records.event import EventKind

logger = logging.getLogger("rushhour")
START_AFTER_S = 0.3  # from "all users exist" to second 0
USERS_WITHIN_S = 60.0  # 10,000 users take half a second; a minute is a machine in trouble
STOP_EVERY_S = 0.2  # how often the stop file is looked for


class LocalRun:
    """Carries out the plan of a run folder in this process."""

    def __init__(self, environment: Any, folder: Path) -> None:
        self._environment = environment
        self._sink = FolderSink(unused_folder(folder))
        self._plan = self._sink.manifest.plan
        around = Surroundings.of(
            self._plan.target, self._plan.mix, seed=self._plan.seed, time_scale=self._plan.time_scale
        )
        around.listener = stock_listener(environment)
        self._conductor = Conductor(self._plan, around)
        self._interrupted = ""

    def attach(self) -> None:
        """Hang the run on Locust's events."""
        self._environment.rushhour_conductor = self._conductor
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
        self._conductor.user_count = lambda: int(self._environment.runner.user_count)
        start_unix_s = time.time() + START_AFTER_S
        self._sink.begin(start_unix_s, {"local": 0.0})
        self._conductor.go(start_unix_s, 0, 1, lambda batch: self._sink.accept(as_message(batch)))
        while not self._conductor.over.wait(STOP_EVERY_S):
            reason = None if self._interrupted else stop_asked(self._sink.folder)
            if reason:
                self._interrupted = reason
                self._sink.event(self._conductor.around.clock.now(), EventKind.STOP, reason)
                self._conductor.stop()
        self._environment.runner.stop()
        self._conductor.finish()
        self._end("interrupted" if self._interrupted else "completed", self._interrupted)

    def _end(self, reason: str, detail: str = "") -> None:
        if detail:
            logger.error("%s", detail)
        self._sink.finish(reason, max(0.0, self._conductor.around.clock.now()), workers=1, detail=detail)
        self._environment.runner.quit()

    def _on_quitting(self, **_: Any) -> None:
        """Locust ends before the plan did (Ctrl-C on a run started by hand): keep what was seen."""
        if not self._sink.finished and self._conductor.around.clock.zero is not None:
            self._environment.runner.stop()
            self._conductor.finish()
            self._sink.finish("interrupted", self._conductor.around.clock.now(), workers=1)
