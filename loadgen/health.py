"""The generator's own health: loop lag, CPU, memory, descriptors, lateness of starts."""

import contextlib
import resource
import time
from array import array
from pathlib import Path

import gevent
import psutil

PROBE_EVERY_S = 0.02  # 50 looks a second see a block of 20 ms and cost under 0.1 % of a core
PROBE_EVERY_US = PROBE_EVERY_S * 1e6
DESCRIPTORS = Path("/proc/self/fd")
LATE_US = 50_000.0  # a start later than this is counted as late; far over a healthy loop, far under a person's notice


class LoopLag:
    """Measures how late the event loop serves what is ready; a busy loop makes every latency look longer than it is.

    The looks that a block has swallowed are put in as they would have been: of a block of 100 ms they would have found
    100, 80, 60, 40 and 20 ms. So a value stands for 20 ms of time, however long the block, and the share of
    values over a limit is the share of time (the correction of HdrHistogram for an expected interval; exact here, for
    whatever became ready inside the block had to wait for its end).
    """

    def __init__(self) -> None:
        self.values_us = array("d")

    def watch(self) -> None:
        """Measure until killed."""
        while True:
            due = time.monotonic() + PROBE_EVERY_S
            gevent.sleep(PROBE_EVERY_S)
            gevent.sleep(
                0
            )  # a timer goes before the queue of those who are ready; whoever got an answer waits in that queue
            self.late((time.monotonic() - due) * 1e6)

    def late(self, late_us: float) -> None:
        """Record that a look came late, in us, and the looks that fell out meanwhile."""
        self.values_us.append(max(0.0, late_us))
        while late_us > PROBE_EVERY_US:
            late_us -= PROBE_EVERY_US
            self.values_us.append(late_us)

    def take(self) -> "array[float]":
        """Return the lags in us since the last call."""
        values, self.values_us = self.values_us, array("d")
        return values


class ProcessUse:
    """CPU as a share of one core since the last call, memory and descriptors of this process."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._cpu_s = _cpu_seconds()
        self._at = time.monotonic()
        self.descriptor_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]

    def cpu_ratio(self) -> float:
        """Return the CPU used since the last call, 1.0 is one core."""
        cpu_s, now = _cpu_seconds(), time.monotonic()
        used = (cpu_s - self._cpu_s) / max(1e-9, now - self._at)
        self._cpu_s, self._at = cpu_s, now
        return used

    def rss_bytes(self) -> int:
        """Return the resident memory in bytes."""
        return int(self._process.memory_info().rss)

    def descriptors(self) -> int:
        """Return how many descriptors are open.

        Linux tells it as the size of /proc/self/fd (since 6.2); to list 10,000 of them would hold the loop for 14 ms.
        """
        with contextlib.suppress(OSError):
            count = DESCRIPTORS.stat().st_size
            if count > 0:
                return count
        return int(self._process.num_fds())


def _cpu_seconds() -> float:
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def raise_descriptor_limit() -> int:
    """Raise the soft limit of open descriptors to the hard one and return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
