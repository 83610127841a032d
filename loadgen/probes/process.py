"""The probe `process`: CPU, memory and descriptors of processes of this machine, found by pid, by port or by name."""

import math
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import psutil

from loadgen.probes.reading import NoReading, Reading
from scenarios.probe import Probe

FIND_EVERY_S = 5.0  # while one is missing: looking through all processes and sockets of a machine takes tens of ms
LOOK_AGAIN_S = 300.0  # while none is missing, for new ones: with 10,000 connections one look takes a third of a second
MAX_PROCESSES = 200  # of one name; more is another name than meant


class ProcessReader:
    """Reads the sum over the processes found; they are looked for again where one is gone, and now and then."""

    def __init__(self, probe: Probe, target_port: int | None, now: Callable[[], float] = time.monotonic) -> None:
        """Prepare; `target_port` stands for `port = "target"`."""
        self._probe = probe
        self._port = target_port if probe.port == "target" else probe.port
        self._now = now
        self._found: list[psutil.Process] = []
        self._look_at = -math.inf
        self._most = 0
        self._ended_s = 0.0  # CPU of processes that are gone: the sum must not fall when one of several ends
        self._used_s: dict[int, float] = {}

    def read(self) -> list[Reading]:
        """Return the sums; raise NoReading where there is no such process now."""
        if self._now() >= self._look_at:
            self._look()
        used, resident, descriptors = 0.0, 0, 0
        alive = []
        for process in self._found:
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    own_s = times.user + times.system
                    own_bytes, own_descriptors = process.memory_info().rss, process.num_fds()
            except psutil.NoSuchProcess:
                self._ended_s += self._used_s.pop(process.pid, 0.0)
                continue
            except psutil.AccessDenied:
                raise NoReading(f"process {process.pid} belongs to somebody else; run the probe as its user") from None
            self._used_s[process.pid] = own_s
            used, resident, descriptors = used + own_s, resident + own_bytes, descriptors + own_descriptors
            alive.append(process)
        if len(alive) < len(self._found):
            self._look_at = min(self._look_at, self._now() + FIND_EVERY_S)
        self._found = alive
        if not alive:
            raise NoReading(f"no process {self._sought()}")
        return [
            Reading("cpu_seconds", round(used + self._ended_s, 3), "s"),
            Reading("cores", float(self._cores(alive)), "count"),
            Reading("resident_bytes", float(resident), "bytes"),
            Reading("memory_bytes", float(self._probe.memory_bytes or psutil.virtual_memory().total), "bytes"),
            Reading("descriptors", float(descriptors), "count"),
            Reading("processes", float(len(alive)), "count"),
        ]

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def _cores(self, processes: list[psutil.Process]) -> int:
        """Return how many cores they can use: as the profile says, else one each (an event loop has one thread at work), at most those they may run on."""
        if self._probe.cores is not None:
            return self._probe.cores
        allowed: set[int] = set()
        for process in processes:
            try:
                allowed.update(process.cpu_affinity())
            except psutil.Error:
                continue
        return max(1, min(len(allowed) or len(processes), len(processes)))

    def _look(self) -> None:
        known = {process.pid: process for process in self._found}
        found = []
        for pid in sorted(set(self._pids())):
            with suppress(psutil.NoSuchProcess):
                found.append(known.get(pid) or psutil.Process(pid))
        self._most = max(self._most, len(found))
        self._look_at = self._now() + (LOOK_AGAIN_S if found and len(found) == self._most else FIND_EVERY_S)
        if len(found) > MAX_PROCESSES:
            raise NoReading(f"{len(found):,} processes {self._sought()}; expected at most {MAX_PROCESSES}")
        self._found = found

    def _pids(self) -> Iterable[int]:
        if self._probe.pid is not None:
            return [self._probe.pid]
        if self._port is not None:
            return listeners(self._port)
        return [process.pid for process in psutil.process_iter(["name"]) if process.info["name"] == self._probe.process]

    def _sought(self) -> str:
        if self._probe.pid is not None:
            return f"with the pid {self._probe.pid}"
        if self._port is not None:
            return f"listens on port {self._port} of this machine (or it belongs to somebody else)"
        return f"is called {self._probe.process}"


def listeners(port: int) -> list[int]:
    """Return the pids of those who listen on a TCP port of this machine, as far as they may be seen."""
    return [
        connection.pid
        for connection in psutil.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
        and connection.laddr
        and connection.laddr.port == port
        and connection.pid is not None
    ]
