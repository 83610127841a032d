"""Instances: the parent of a shop's processes. It starts, watches and ends them, switches plants, and keeps the log."""

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sandbox.board import Board
from sandbox.channel import Channel, ChannelClosedError, Message, channel_pair
from sandbox.control import CRASH_DELAY_S
from sandbox.doorman import Loads
from sandbox.instance import be_instance
from sandbox.options import Options
from sandbox.plants import DATABASE_DOWN, Plant, plant_named
from sandbox.store.cluster import Cluster
from sandbox.switches import Switches

LOOK_EVERY_S = 0.2
REVIVAL_STEP_S = 0.05
REVIVAL = ("database", 0)
END_WITHIN_S = 2.0
"""Then an instance that was told to stop is killed."""


@dataclass(slots=True)
class Instance:
    """One process. `pid` is None while it is dead."""

    number: int
    pid: int | None = None
    channel: Channel | None = None
    listens: bool = False


class Instances:
    """All processes of a shop, on one listening socket and one database."""

    def __init__(
        self, options: Options, address: str, listener: socket.socket, folder: str | None, cluster: Cluster | None
    ) -> None:
        self._options, self._address, self._listener, self._folder = options, address, listener, folder
        self._cluster = cluster
        self._switches = Switches(plant for plant in options.plants if plant is not Plant.CRASH)
        self._loads = Loads(options.instances)
        self._board = Board(options.instances)
        self._instances = [Instance(number) for number in range(options.instances)]
        self._selector = selectors.DefaultSelector()
        self._due: dict[tuple[str, object], tuple[float, Callable[[], None]]] = {}
        self._stopping = False

    @property
    def pids(self) -> list[int]:
        """Return the process ids of those that live."""
        return [each.pid for each in self._instances if each.pid is not None]

    def run(self, listening: Callable[[], None]) -> bool:
        """Start all and watch them until told to stop: True; False where all of them died and none comes back."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            for each in self._instances:
                self._start(each)
            self._watch(lambda: self._is_open() and any(each.pid and not each.listens for each in self._instances))
            if self._is_open():
                listening()
                if Plant.CRASH in self._options.plants:
                    self._in(self._options.crash_after_s, ("crash", 0), lambda: self._crash(self._instances[0]))
            self._watch(self._is_open)
            return self._stopping
        finally:
            self._end_all()

    def _is_open(self) -> bool:
        comes_back = any(what == "revive" for what, _ in self._due)
        return not self._stopping and (bool(self.pids) or comes_back)

    def _watch(self, goes_on: Callable[[], bool]) -> None:
        while goes_on():
            soonest = min((moment for moment, _ in self._due.values()), default=float("inf"))
            for key, _ in self._selector.select(max(0.0, min(LOOK_EVERY_S, soonest - time.monotonic()))):
                self._hear(key.data)
            for what, (moment, act) in list(self._due.items()):
                if moment <= time.monotonic() and self._due.pop(what, None) is not None:
                    act()
            if self._options.parent is not None and os.getppid() != self._options.parent:
                self._stopping = True  # nobody else would ever stop this

    def _start(self, instance: Instance) -> None:
        mine, theirs = channel_pair()
        pid = os.fork()
        if pid == 0:
            self._selector.close()
            mine.close()
            for other in self._instances:
                if other.channel is not None:
                    other.channel.close()
            self._loads.become(instance.number)
            self._board.become(instance.number)
            on, options, loads, board = frozenset(self._switches.on), self._options, self._loads, self._board
            be_instance(options, self._address, self._listener, loads, board, theirs, on, self._folder)
        theirs.close()
        instance.pid, instance.channel, instance.listens = pid, mine, False
        self._selector.register(mine, selectors.EVENT_READ, instance)

    def _hear(self, instance: Instance) -> None:
        assert instance.channel is not None
        try:
            messages = instance.channel.hear()
        except ChannelClosedError:
            self._bury(instance)
            return
        for message in messages:
            if message["do"] == "listening":
                instance.listens = True
                self._switches.note_process("start", instance=instance.number, pid=instance.pid)
                continue
            answer = self._obey(instance, message)
            with suppress(ChannelClosedError):
                instance.channel.say({"answer": answer})

    def _obey(self, instance: Instance, message: Message) -> Any:
        match message["do"]:
            case "turn":
                self._turn(instance, plant_named(message["plant"]), message["on"], message["seconds"])
                return True
            case "log":
                return self._switches.log
            case "instances":
                return [{"instance": i.number, "pid": i.pid, "alive": i.pid is not None} for i in self._instances]
            case "end":
                return self._end(message["number"])
            case _:
                return self._revive(message["number"])

    def _turn(self, instance: Instance, plant: Plant, on: bool, seconds: float | None) -> None:
        if plant is Plant.CRASH:
            if on:
                self._in(CRASH_DELAY_S, ("crash", instance.number), lambda: self._crash(instance))
            return
        self._due.pop(("off", plant), None)
        if plant in DATABASE_DOWN and not on:
            self._revive_database(plant)
            return
        self._switches.turn(plant, on)
        self._tell_all()
        if plant in DATABASE_DOWN and self._cluster is not None:
            self._due.pop(REVIVAL, None)
            self._cluster.begin_stop(at_once=plant is Plant.DATABASE_CRASH)
        if on and seconds is not None:
            self._in(seconds, ("off", plant), lambda: self._turn(instance, plant, False, None))

    def _revive_database(self, plant: Plant) -> None:
        """Go on until the database answers, and note the end of its outage then; whoever asks meanwhile is answered."""
        stays_down = bool((DATABASE_DOWN - {plant}) & self._switches.on)
        if stays_down or self._cluster is None or self._cluster.revived():
            self._switches.turn(plant, False)
            self._tell_all()
        else:
            self._in(REVIVAL_STEP_S, REVIVAL, lambda: self._revive_database(plant))

    def _tell_all(self) -> None:
        for each in self._instances:
            if each.channel is not None:
                with suppress(ChannelClosedError):
                    each.channel.say({"plants": self._switches.names()})

    def _crash(self, instance: Instance) -> None:
        if instance.pid is not None:
            self._switches.note({"unix_s": time.time(), "plant": Plant.CRASH.value, "state": "on"})
            self._kill(instance)

    def _kill(self, instance: Instance) -> None:
        if instance.pid is not None:
            os.kill(instance.pid, signal.SIGKILL)

    def _end(self, number: int) -> bool:
        if not 0 <= number < len(self._instances) or self._instances[number].pid is None:
            return False
        instance = self._instances[number]
        self._in(CRASH_DELAY_S, ("kill", number), lambda: self._kill(instance))
        return True

    def _revive(self, number: int) -> bool:
        if not 0 <= number < len(self._instances) or self._instances[number].pid is not None:
            return False
        self._due.pop(("revive", number), None)
        self._start(self._instances[number])
        return True

    def _bury(self, instance: Instance) -> None:
        """Note that a process is dead, and have it back later where that is wanted."""
        assert instance.channel is not None
        assert instance.pid is not None
        self._selector.unregister(instance.channel)
        instance.channel.close()
        _, status = os.waitpid(instance.pid, 0)
        self._loads.bury(instance.number)
        self._board.bury(instance.number)
        number = -os.waitstatus_to_exitcode(status)
        self._switches.note_process("end", instance=instance.number, pid=instance.pid, signal=max(number, 0))
        instance.pid, instance.channel = None, None
        if self._options.restart_after_s is not None and not self._stopping:
            again = self._options.restart_after_s
            self._in(again, ("revive", instance.number), lambda: self._start(instance))

    def _in(self, seconds: float, what: tuple[str, object], act: Callable[[], None]) -> None:
        self._due[what] = time.monotonic() + seconds, act

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _end_all(self) -> None:
        self._stopping = True
        for pid in self.pids:
            os.kill(pid, signal.SIGTERM)
        limit = time.monotonic() + END_WITHIN_S
        while self.pids and time.monotonic() < limit:
            for key, _ in self._selector.select(0.05):
                self._hear(key.data)
        for instance in self._instances:
            if instance.pid is not None:
                os.kill(instance.pid, signal.SIGKILL)
                self._bury(instance)
