"""A worker's part of a distributed run: it plays its share and sends numbered batches to the master."""

import logging
import time
from typing import Any

import gevent

from loadgen.conductor import Batch, Conductor
from loadgen.sink import as_message
from loadgen.stock import stock_listener
from loadgen.visit import Surroundings
from records.manifest import Manifest

logger = logging.getLogger("rushhour")
CLOCK, GO, STOP, BATCH = "rushhour_clock", "rushhour_go", "rushhour_stop", "rushhour_batch"


class WorkerRun:
    """Waits for the master's word, then conducts this worker's share."""

    def __init__(self, environment: Any, manifest: Manifest) -> None:
        self._environment = environment
        self._plan = manifest.plan
        around = Surroundings.of(
            self._plan.target, self._plan.mix, seed=self._plan.seed, time_scale=self._plan.time_scale
        )
        around.listener = stock_listener(environment)
        self._conductor = Conductor(self._plan, around)

    def attach(self) -> None:
        """Register the messages of the master."""
        runner = self._environment.runner
        self._environment.rushhour_conductor = self._conductor
        runner.register_message(CLOCK, self._on_clock)
        runner.register_message(GO, self._on_go, concurrent=True)
        runner.register_message(STOP, self._on_stop)

    def _on_clock(self, environment: Any, msg: Any, **_: Any) -> None:
        environment.runner.send_message(CLOCK, {"asked": msg.data["asked"], "here": time.time()})

    def _on_stop(self, environment: Any, msg: Any, **_: Any) -> None:
        self._conductor.stop()

    def _on_go(self, environment: Any, msg: Any, **_: Any) -> None:
        runner = environment.runner
        order = msg.data
        self._conductor.name = f"worker{order['index']}"
        self._conductor.share_accounts(order["index"], order["workers"])
        self._conductor.user_count = lambda: int(runner.user_count)
        self._conductor.go(order["start_unix_s"], order["index"], order["workers"], self._deliver)
        self._conductor.over.wait()
        runner.user_greenlets.kill(block=True)
        self._conductor.finish()

    def _deliver(self, batch: Batch) -> None:
        self._environment.runner.send_message(BATCH, as_message(batch))
        gevent.sleep(0)
