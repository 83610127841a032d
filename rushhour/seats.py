"""Seats: which cores the processes of a duet are kept to, so that neither arm has what the other has not."""

import os
from collections.abc import Sequence
from contextlib import suppress

import psutil

from records.duet import Pinning, Seats, Side


def seats(pinning: Pinning, cores: Sequence[int], restart: int) -> dict[Side, Seats]:
    """Return the seats of both arms in a restart (from 0); every other one they are swapped.

    With fewer than two cores nobody is kept to any: there is nothing to choose from.
    """
    if pinning is Pinning.NONE or len(cores) < 2:
        return {side: Seats() for side in Side}
    half = len(cores) // 2
    first, second = tuple(cores[:half]), tuple(cores[half:])
    if restart % 2:
        first, second = second, first
    if pinning is Pinning.TOGETHER:
        return {side: Seats(generator=first, target=second) for side in Side}
    return {Side.A: _own(first), Side.B: _own(second)}


def _own(cores: tuple[int, ...]) -> Seats:
    """Return the seats of an arm with cores of its own: a half for each of its two, all for both where there is but one."""
    if len(cores) < 2:
        return Seats(generator=cores, target=cores)
    half = len(cores) // 2
    return Seats(generator=cores[:half], target=cores[half:])


def keep_to(cores: Sequence[int], pid: int) -> None:
    """Keep a process, its children and all their threads to some cores; none: leave them where they are."""
    if not cores:
        return
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for each in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                for thread in each.threads():
                    with suppress(ProcessLookupError):
                        os.sched_setaffinity(thread.id, cores)
