"""The roster: which workers take part in a run, what they are called, and which were lost on the way.

It is open until the run begins and closed for good then: nobody joins a run under way, nobody comes back, nothing is shared out anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from loadgen.handshake import Introduction
from loadgen.silence import SILENT_S, Silence


@dataclass(slots=True)
class Member:
    """One worker. `name` is given when the roster closes."""

    client_id: str
    introduction: Introduction
    name: str = ""
    ready: bool = False
    delivered: bool = False
    lost: str = ""
    silence: Silence = field(default_factory=Silence)


class Roster:
    """The workers of one run, by Locust's client ids."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}
        self.closed = False

    def admit(self, client_id: str, introduction: Introduction) -> str:
        """Let a worker in, or return why not."""
        assert not self.closed
        host, pid = introduction.host, introduction.pid
        for known in self._members.values():
            if known.client_id != client_id and (known.introduction.host, known.introduction.pid) == (host, pid):
                return f"{introduction} takes part already, as another worker; expected one worker a process"
        self._members.setdefault(client_id, Member(client_id, introduction))
        return ""

    def is_member(self, client_id: str) -> bool:
        """Tell whether this worker was let in."""
        return client_id in self._members

    def ready(self, client_id: str) -> None:
        """Note that a worker can begin."""
        if client_id in self._members:
            self._members[client_id].ready = True

    @property
    def ready_count(self) -> int:
        """Return how many workers can begin."""
        return sum(member.ready for member in self._members.values())

    def close(self) -> None:
        """Name those that are ready, in the order of their ids, and let nobody in any more."""
        self.closed = True
        self._members = {key: member for key, member in sorted(self._members.items()) if member.ready}
        for index, member in enumerate(self._members.values()):
            member.name = f"worker{index}"

    @property
    def members(self) -> list[Member]:
        """Return those that take part, in the order of their names; nobody before the roster is closed."""
        return list(self._members.values()) if self.closed else []

    def name_of(self, client_id: str) -> str | None:
        """Return a member's name; None for a stranger, and before the roster is closed."""
        member = self._members.get(client_id)
        return member.name if member is not None and self.closed else None

    def describe(self, client_id: str) -> str:
        """Return which worker this is, for a line of text."""
        member = self._members.get(client_id)
        return f"a worker ({client_id})" if member is None else f"{member.name or 'a worker'} ({member.introduction})"

    def heard(self, client_id: str) -> None:
        """Note that a worker gave a sign."""
        if client_id in self._members:
            self._members[client_id].silence.heard()

    def delivered(self, client_id: str) -> None:
        """Note that a worker's last windows are here: it may go."""
        self._members[client_id].delivered = True

    def left(self, client_id: str, because: str) -> Member | None:
        """Note that a worker ends before its time; return it where that is news."""
        member = self._members.get(client_id)
        if member is None or member.delivered or member.lost:
            return None
        member.lost = because
        return member

    def ended(self, host: str, processes: Mapping[int, str]) -> list[Member]:
        """Take note of processes of a host that have ended, by pid and with how; return the members that are lost by it."""
        found = [
            self.left(member.client_id, how)
            for member in self._members.values()
            if member.introduction.host == host and (how := processes.get(member.introduction.pid))
        ]
        return [member for member in found if member is not None]

    def tick(self) -> list[Member]:
        """Count a tick; return those that are lost since the last one."""
        silent = [
            member
            for member in self._members.values()
            if member.ready and not member.delivered and not member.lost and member.silence.tick()
        ]
        for member in silent:
            member.lost = f"no word for {SILENT_S:g} s"
        return silent

    @property
    def lost(self) -> list[Member]:
        """Return those that were lost."""
        return [member for member in self._members.values() if member.lost]

    @property
    def all_delivered(self) -> bool:
        """Tell whether the last windows of all that are left are here."""
        return all(member.delivered or member.lost for member in self._members.values())
