"""The course of the companion: wait for second 0, take a sample each second, end with the run."""

import math
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from loadgen.beside import RunEnd, has_begun
from loadgen.probes.lane import Lane
from loadgen.probes.readers import reader_of
from records.folder import PROBES
from records.manifest_file import read_manifest
from records.probe import ProbeSample, ProbeWriter
from scenarios.plan import Plan

ANSWERS_WITHIN_S = 0.95  # of a second: what comes later is written with the next one's


def accompany(folder: Path, wall: Callable[[], float] = time.time) -> int:
    """Sample the target of a run until the run is over; return how many seconds were sampled. Raise RunDataError."""
    plan = read_manifest(folder).plan
    parent = os.getppid()
    if not plan.target.probes or not has_begun(folder, parent):
        return 0
    start_unix_s = datetime.fromisoformat(read_manifest(folder).started_at).timestamp()
    end = RunEnd(folder, parent, plan)
    rounds = _Rounds(plan, ProbeWriter(folder / PROBES))
    first = second = max(0, math.floor(wall() - start_unix_s) + 1)
    while not end.is_here(second):
        time.sleep(max(0.0, start_unix_s + second - wall()))
        rounds.sample(second, start_unix_s + second + ANSWERS_WITHIN_S - wall())
        second = max(second + 1, math.floor(wall() - start_unix_s) + 1)
    rounds.close()
    return second - first


class _Rounds:
    """Asks all probes at once, and writes what they answer; each question has one answer, sooner or later."""

    def __init__(self, plan: Plan, writer: ProbeWriter) -> None:
        self._writer = writer
        self._answers: SimpleQueue[list[ProbeSample]] = SimpleQueue()
        self._lanes = [
            Lane(probe.name, partial(reader_of, probe, plan.target), self._answers) for probe in plan.target.probes
        ]
        self._outstanding = 0

    def sample(self, second: int, within_s: float) -> None:
        """Take one sample of each; what is not there within so many seconds is written with the next one's."""
        for lane in self._lanes:
            lane.ask(second)
        self._outstanding += len(self._lanes)
        until = time.monotonic() + within_s
        samples: list[ProbeSample] = []
        with suppress(Empty):
            while self._outstanding:
                samples += self._answers.get(timeout=max(0.001, until - time.monotonic()))
                self._outstanding -= 1
        self._writer.write(samples)

    def close(self) -> None:
        """Close the file; what is still out is lost with the process."""
        self._writer.close()
