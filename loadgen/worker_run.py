"""A worker's part of a distributed run: it plays its share, sends numbered batches to the master, and ends where the master is gone."""

import logging
import time
from collections.abc import Callable
from typing import Any

import gevent

from loadgen.conductor import Batch, Conductor
from loadgen.handshake import LEAVING, READY
from loadgen.run_folder import FAILED_EXIT_CODE
from loadgen.silence import SILENT_S, TICK_S, Silence
from loadgen.sink import as_message
from loadgen.stock import stock_listener
from loadgen.surroundings import Surroundings
from records.manifest import Manifest
from scenarios.turn import with_stages

logger = logging.getLogger("rushhour")
CLOCK, GO, STOP, TURN, BATCH = "rushhour_clock", "rushhour_go", "rushhour_stop", "rushhour_turn", "rushhour_batch"


class WorkerRun:
    """Waits for the master's word, then conducts this worker's share."""

    def __init__(self, environment: Any, manifest: Manifest, wall: Callable[[], float] = time.time) -> None:
        """Prepare; `wall` is this machine's clock."""
        self._environment = environment
        self._wall = wall
        plan = manifest.plan
        around = Surroundings.of(plan.target, plan.mix, seed=plan.seed, time_scale=plan.time_scale)
        around.listener = stock_listener(environment)
        self._conductor = Conductor(plan, around)
        self._master = Silence()
        self._delivered = self._abandoned = False

    def attach(self) -> None:
        """Register the messages of the master, watch it, and tell it that this worker can begin."""
        runner = self._environment.runner
        self._environment.rushhour_conductor = self._conductor
        runner.register_message(CLOCK, self._on_clock)
        runner.register_message(GO, self._on_go, concurrent=True)
        runner.register_message(STOP, self._on_stop)
        runner.register_message(TURN, self._on_turn)
        self._environment.events.heartbeat_received.add_listener(lambda **_: self._master.heard())
        self._environment.events.quitting.add_listener(self._on_quitting)
        gevent.spawn(self._watch_the_master)
        runner.send_message(READY, {})

    def _on_clock(self, environment: Any, msg: Any, **_: Any) -> None:
        """Answer what time it is: of the wall before second 0 is known, of the run after it; set the run's clock where told."""
        self._master.heard()
        clock = self._conductor.around.clock
        if clock.zero is not None and msg.data["set_back_s"]:
            clock.set_back(msg.data["set_back_s"])
        here = clock.now() if msg.data["of_run"] else self._wall()
        environment.runner.send_message(CLOCK, {"asked": msg.data["asked"], "of_run": msg.data["of_run"], "here": here})

    def _on_stop(self, environment: Any, msg: Any, **_: Any) -> None:
        self._conductor.stop(msg.data["drain_s"])

    def _on_turn(self, environment: Any, msg: Any, **_: Any) -> None:
        assert self._conductor.plan is not None
        self._conductor.change_plan(with_stages(self._conductor.plan, msg.data["stages"]))

    def _on_go(self, environment: Any, msg: Any, **_: Any) -> None:
        runner = environment.runner
        order = msg.data
        conductor = self._conductor
        conductor.name = order["name"]
        conductor.share_accounts(order["index"], order["workers"])
        conductor.user_count = lambda: int(runner.user_count)
        conductor.go(order["start_unix_s"], order["index"], order["workers"], self._deliver, now_unix_s=self._wall())
        conductor.over.wait()
        if conductor.failure:
            self._leave(conductor.failure)
        self._finish()

    def _finish(self) -> None:
        """Stop the users and deliver the last windows, once."""
        if self._delivered or self._abandoned:
            return
        self._delivered = True
        self._environment.runner.user_greenlets.kill(block=True)
        self._conductor.finish()

    def _deliver(self, batch: Batch) -> None:
        self._environment.runner.send_message(BATCH, as_message(batch))
        gevent.sleep(0)

    def _watch_the_master(self) -> None:
        """End this process where the master was silent for too long: nobody would stop it, nobody takes its windows."""
        while not self._master.tick():
            gevent.sleep(TICK_S)
        if not self._delivered:
            self._abandoned = True
            logger.error("no word from the master for %g s: this worker ends its load", SILENT_S)
            self._environment.process_exit_code = FAILED_EXIT_CODE
            self._conductor.stop(0.0)
            self._environment.runner.user_greenlets.kill(block=True)
        self._environment.runner.quit()

    def _on_quitting(self, **_: Any) -> None:
        """Say goodbye and deliver what is there where this process is told to end before the run does (SIGTERM, Ctrl-C)."""
        if self._delivered or self._abandoned:
            return
        self._leave("it was told to end before the run did")
        if self._conductor.around.clock.zero is not None:
            self._finish()

    def _leave(self, because: str) -> None:
        self._environment.process_exit_code = FAILED_EXIT_CODE
        self._environment.runner.send_message(LEAVING, {"because": because})
