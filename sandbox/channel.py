"""The channel: what the parent and the processes of a shop say to each other, a line of JSON at a time."""

import socket
from typing import Any

import orjson

Message = dict[str, Any]
PATIENCE_S = 5.0
"""The parent does nothing but answer; who waits so long for it waits in vain."""
LARGEST_PIECE = 65_536


class ChannelClosedError(Exception):
    """The other end is gone."""


class Channel:
    """One end of a pair of sockets."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._end.settimeout(PATIENCE_S)
        self._begun = b""

    def fileno(self) -> int:
        """Return the descriptor, for a selector."""
        return self._end.fileno()

    def say(self, message: Message) -> None:
        """Send a message; raise ChannelClosedError where nobody takes it."""
        try:
            self._end.sendall(orjson.dumps(message) + b"\n")
        except OSError as error:
            raise ChannelClosedError from error

    def hear(self) -> list[Message]:
        """Wait for messages and return them; raise ChannelClosedError where nothing more will come."""
        try:
            piece = self._end.recv(LARGEST_PIECE)
        except OSError as error:
            raise ChannelClosedError from error
        if not piece:
            raise ChannelClosedError
        *lines, self._begun = (self._begun + piece).split(b"\n")
        return [orjson.loads(line) for line in lines]

    def close(self) -> None:
        """Close this end."""
        self._end.close()


def channel_pair() -> tuple[Channel, Channel]:
    """Return both ends of a new channel."""
    one, other = socket.socketpair()
    return Channel(one), Channel(other)
