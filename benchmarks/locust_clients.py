"""One load process of the comparison: `python -m benchmarks.locust_clients KIND PORT USERS THINK_S`.

Locust users of one kind send the same GET over and over, pinned to the first core; where nobody thinks, six in a task, which is
what a session of the everyday mix is (6.4). All read the answer as JSON, as every journey has to. On each line it reads it prints what it
has used and done so far; whoever started it stops and continues it in between (SIGSTOP, SIGCONT), so that the processes of a
comparison take turns within a second of each other.
"""

import json
import math
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
import locust  # first: patches the process
from locust.env import Environment

from benchmarks.answering_server import pin, raise_descriptor_limit
from loadgen.alarm import sleep_until
from loadgen.conductor import Conductor
from loadgen.recorder import Recorder
from loadgen.sink import as_message
from loadgen.stock import stock_listener
from loadgen.surroundings import Surroundings
from loadgen.visit import Visit
from records.folder import GENERATOR, JOURNEYS, LEDGER, WINDOWS, Appender, create_folder
from records.ledger import Write
from scenarios.library import load_plan
from scenarios.mix import Persona

everyone: list[Any] = []
"""Our users: what they have done is counted here, since Locust's statistics hear of it a moment later."""
seconds: list[list[float]] = []
"""CPU in µs a request, with recorder and ledger and without, second by second."""
WRITE_EVERY = 12
"""One request in twelve is a write with a ledger entry, about the share of the everyday mix."""
TASK_REQUESTS = 6
"""A session of the everyday mix has 6.4 requests; Locust's own work for a task is shared by them, in every client alike."""
TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
LONG_ENOUGH = 10.0  # time scale of a plan of 80 s: it must not end before the comparison does


class Kind(StrEnum):
    """Who speaks to the server."""

    EVERYTHING = "everything"
    HALVES = "halves"
    FAST = "fast"
    REQUESTS = "requests"


class Forgetful(Recorder):
    """Writes nothing down: what is left is the client, the visit and Locust's own statistics."""

    def request(self, *_: object, **__: object) -> None:
        """Forget a request."""

    def entry(self, *_: object, **__: object) -> None:
        """Forget a write."""


def user_class(kind: Kind, environment: Environment, url: str, think_s: float) -> type[locust.User]:
    """Return the user class of a kind; each user sends its GET (with think time one, else six), thinks, and begins again."""
    base: type[locust.User]
    times = range(1 if think_s else TASK_REQUESTS)
    match kind:
        case Kind.FAST | Kind.REQUESTS:
            base = locust.FastHttpUser if kind is Kind.FAST else locust.HttpUser

            def visit(self: Any) -> None:
                for _ in times:
                    self.client.get("/slots", name="/slots", headers=HEADERS).json()

        case Kind.EVERYTHING | Kind.HALVES:
            base = _our_user(_around(kind, environment, url))

            def visit(self: Any) -> None:
                for _ in times:
                    _our_request(self)

    return type("Visitor", (base,), {"host": url, "tasks": [visit], "wait_time": locust.constant(think_s)})


def _our_request(self: Any) -> None:
    reply = self.visitor.send("GET", "/slots", operation="GET /slots", token=TOKEN, keys=("slots",))
    self.sent += 1
    if self.sent % WRITE_EVERY == 0:
        self.visitor.enter(Write.BOOK, reply, appointment_id=self.sent, start_time="2026-03-02T09:00:00", key="key")


def _our_user(around: Surroundings) -> type[locust.User]:
    class OurUser(locust.User):
        abstract = True

        def __init__(self, environment: Any) -> None:
            super().__init__(environment)
            self.visitor = Visit(around, Persona.PAYER, len(everyone), time.monotonic())
            self.sent = 0
            everyone.append(self)

    return OurUser


def _around(kind: Kind, environment: Environment, url: str) -> Surroundings:
    """Everything a local run has: recorder, Locust's statistics, health, a batch a second into a run folder."""
    os.environ.setdefault("SANDBOX_PASSWORD", "sandbox")
    plan = load_plan("smoke", url=url, time_scale=LONG_ENOUGH, load_scale=0.01)
    around = Surroundings.of(plan.target, plan.mix, seed=plan.seed, time_scale=1.0)
    around.listener = stock_listener(environment)
    folder = create_folder(Path(tempfile.mkdtemp()), "benchmark")
    appender = Appender(folder)

    def deliver(batch: Any) -> None:
        message = as_message(batch)
        for name, part in ((WINDOWS, "windows"), (JOURNEYS, "journeys"), (LEDGER, "ledger")):
            appender.records(name, message[part])
        appender.records(GENERATOR, [message["generator"]])

    Conductor(plan, around).go(time.time(), 0, 1, deliver)
    if kind is Kind.HALVES:
        gevent.spawn(_forget_in_turn, around)
    return around


def _forget_in_turn(around: Surroundings) -> None:
    """Record in the first half of each second and forget in the second, and note what a request took in each.

    What was recorded is folded and written at the beginning of the next second, and so counts to a half that records.
    """
    recorder, forgetful = around.recorder, Forgetful()
    second = math.ceil(around.clock.now())
    while True:
        halves = []
        for chosen, until_s in ((recorder, 0.5), (forgetful, 1.0)):
            around.recorder = chosen
            before = _used()
            sleep_until(around.clock.monotonic(second + until_s))
            after = _used()
            halves.append((after["cpu_s"] - before["cpu_s"]) / (after["done"] - before["done"]) * 1e6)
        seconds.append(halves)
        second += 1


def _used() -> dict[str, float]:
    """Return what this process has used (s) and, for our own users, done so far."""
    use = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_s": use.ru_utime + use.ru_stime, "done": sum(user.sent for user in everyone)}


def answer_when_asked(answer: Callable[[], dict[str, Any]]) -> None:
    """Print `answer()` for each line of standard input, until its end."""
    while True:
        gevent.socket.wait_read(0)
        if not os.read(0, 100):
            return
        print(json.dumps(answer()), flush=True)


def main() -> None:
    """Drive until standard input ends."""
    kind, port, users, think_s = Kind(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    pin(0)
    raise_descriptor_limit()
    environment = Environment(catch_exceptions=False)
    environment.user_classes = [user_class(kind, environment, f"http://127.0.0.1:{port}", think_s)]
    environment.create_local_runner().start(users, spawn_rate=users)

    def used() -> dict[str, Any]:
        total, used = environment.stats.total, _used()
        return {**used, "done": used["done"] or total.num_requests, "failures": total.num_failures, "seconds": seconds}

    print("ready", flush=True)
    answer_when_asked(used)
    os._exit(0)  # stopping the users is not what is measured


if __name__ == "__main__":
    main()
