"""An instance: one process of a shop that has several, and its way to reach the parent that watches them."""

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import Collection
from typing import Any, NoReturn

from sandbox.board import Board
from sandbox.channel import Channel, ChannelClosedError, Message
from sandbox.doorman import Loads
from sandbox.options import Options
from sandbox.plants import Plant, plant_named
from sandbox.server import serve
from sandbox.shop import open_shop
from sandbox.store.database import UnavailableError
from sandbox.switches import Entry, Switches

SHOW_EVERY_S = 0.5
"""What `/metrics` tells of the other processes is at most so old; writing it takes 0.3 ms."""


class ParentControl:
    """Control by the parent, which switches all instances alike and keeps the log.

    A question blocks the event loop for the 0.1 ms that the parent takes.
    """

    def __init__(self, switches: Switches, parent: Channel) -> None:
        self._switches = switches
        self._parent = parent

    def attend(self) -> None:
        """Follow what the parent says, from the event loop."""
        asyncio.get_running_loop().add_reader(self._parent.fileno(), self._hear)

    def turn(self, plant: Plant, on: bool, seconds: float | None = None) -> None:
        """Switch a plant; it switches itself off after some seconds where they are given."""
        self._ask({"do": "turn", "plant": plant.value, "on": on, "seconds": seconds})

    def log(self) -> list[Entry]:
        """Return the sandbox's own log of truth."""
        log: list[Entry] = self._ask({"do": "log"})
        return log

    def instances(self) -> list[dict[str, Any]]:
        """Return the processes of the shop: number, pid, and whether they live."""
        instances: list[dict[str, Any]] = self._ask({"do": "instances"})
        return instances

    def end(self, number: int) -> bool:
        """Kill a process; False where there is none of that number, or it is dead."""
        return bool(self._ask({"do": "end", "number": number}))

    def start(self, number: int) -> bool:
        """Start a process that is dead; False where there is none of that number, or it lives."""
        return bool(self._ask({"do": "start", "number": number}))

    def _ask(self, question: Message) -> Any:
        try:
            self._parent.say(question)
            while True:
                for message in self._parent.hear():
                    if "answer" in message:
                        return message["answer"]
                    self._follow(message)
        except ChannelClosedError as error:
            raise UnavailableError("the parent is gone") from error

    def _hear(self) -> None:
        try:
            for message in self._parent.hear():
                self._follow(message)
        except ChannelClosedError:
            asyncio.get_running_loop().remove_reader(self._parent.fileno())  # the end is near: see `_end_with`

    def _follow(self, message: Message) -> None:
        self._switches.set_to(plant_named(name) for name in message["plants"])


def be_instance(
    options: Options,
    address: str,
    listener: socket.socket,
    loads: Loads,
    board: Board,
    parent: Channel,
    planted: Collection[Plant],
    folder: str | None,
) -> NoReturn:
    """Be one process of the shop until it is told to stop. `folder` is thrown away where the parent was killed."""
    parent_pid = os.getppid()
    code = 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        shop = open_shop(options, address)
        control = ParentControl(shop.switches, parent)
        shop.control = control
        earlier = board.earlier()
        if earlier is not None:
            shop.metrics.resume(earlier)
        shop.metrics.others = board.others

        def show() -> None:
            board.show(shop.metrics.snapshot())
            asyncio.get_running_loop().call_later(SHOW_EVERY_S, show)

        def attend() -> None:
            shop.switches.set_to(planted)
            control.attend()
            show()

        listening = {"do": "listening"}
        serve(shop, listener, lambda: parent.say(listening), parent=parent_pid, loads=loads, beside=attend)
        shop.close()
        code = 0
    finally:
        if folder is not None and os.getppid() != parent_pid:
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(code)
