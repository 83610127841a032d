"""`python -m rushhour.sampling RUN_FOLDER`: look at a few barbers' books while the load goes on, and warn of what is broken already."""

import argparse
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import httpx

from analysis.audit.early import Suspicion, alike, in_words, is_certain, suspicions
from loadgen.audit.glance import MOST_REQUESTS, Glances, Seat
from loadgen.audit.shop_reader import UnreadableError
from loadgen.beside import RunEnd, has_begun
from loadgen.errors import TargetError
from loadgen.run_folder import ask_to_abort
from records.errors import RunDataError
from records.event import SAMPLED, Event, EventKind
from records.folder import LEDGER, WINDOWS, append_event
from records.ledger_search import entries_about, latest_barbers
from records.manifest_file import read_manifest
from records.readback import Row
from records.request_count import RequestCount
from scenarios.plan import Plan
from scenarios.turn import longest_s

USAGE_ERROR = 2
NICENESS = 10  # what the load needs comes first
LOOK_EVERY_S = 0.5  # whether the run is over
REQUEST_SHARE = (
    0.008  # of the requests that the plan has sent by now: with what it plans and does not send, less than 1 %
)
APART_S = 3.0  # between two readings: longer than a request that is answered at all
SETTLES_S = 3.0  # then the ledger has what was answered before the second reading: workers send it each second
MOST_WARNINGS = 20  # a run; whoever reads the first needs no twentieth
MOST_REASONS = 5  # told apart of why the target could not be read
MOST_DOUBTS = 50  # suspicions looked up in the ledger, each up to a second of a core for a million writes


class Sample:
    """The sample of one run. `now_s` is the run's clock, `sleep` waits, `warn` takes what is certain; `transport` is for tests."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        now_s: Callable[[], float],
        sleep: Callable[[float], None],
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Prepare; raise TargetError where a secret is missing."""
        self._plan = plan
        self._ledger = folder / LEDGER
        self._sent = RequestCount(folder / WINDOWS)
        self._began_s = datetime.fromisoformat(read_manifest(folder).started_at).timestamp()
        self._now_s = now_s
        self._sleep = sleep
        self._glances = Glances(plan.target, now_s, sleep, transport)
        self._rng = random.Random(f"{plan.seed}:audit sample")
        self._queue: list[int] = []
        self._told: set[tuple[str, int]] = set()
        self._doubts = 0
        self.barbers = 0
        self.unread: dict[str, int] = {}

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return self._glances.requests

    def look(self) -> Iterator[tuple[str, str]]:
        """Look at the next barbers, as many as the scenario wants and the load allows; yield name and line of what is broken."""
        for _ in range(self._plan.audit.sample_barbers):
            if not self._may_spend(MOST_REQUESTS) or len(self._told) >= MOST_WARNINGS:
                return
            try:
                yield from self._visit(self._next())
            except UnreadableError as error:
                because = (
                    str(error) if str(error) in self.unread or len(self.unread) < MOST_REASONS else "other reasons"
                )
                self.unread[because] = self.unread.get(because, 0) + 1
                return  # a target in trouble is left alone until the next look

    def close(self) -> None:
        """Close the connection."""
        self._glances.close()

    def _may_spend(self, requests: int) -> bool:
        """Tell whether so many more requests stay within the share of the load."""
        return self.requests + requests <= REQUEST_SHARE * self._sent.now()

    def _next(self) -> int:
        """Return the barber whose turn it is: in seeded random order, but first one whom the latest writes are about."""
        if not self._queue:
            self._queue = list(self._glances.barbers())
            self._rng.shuffle(self._queue)
        latest = latest_barbers(self._ledger)
        barber = next((number for number in self._queue if number in latest), self._queue[0])
        self._queue.remove(barber)
        return barber

    def _visit(self, barber: int) -> list[tuple[str, str]]:
        seat = self._glances.open(barber)
        self.barbers += 1
        from_s = self._now_s()
        rows = seat.look()
        if not self._open(suspicions(rows, self._began_s), barber):
            return []
        return self._again(seat, rows, from_s)

    def _again(self, seat: Seat, rows: list[Row], from_s: float) -> list[tuple[str, str]]:
        """Read a second time, and return what both readings show and the ledger does not explain."""
        self._sleep(APART_S)
        again_s = self._now_s()
        both = alike(rows, seat.look())
        doubted = self._open(suspicions(both, self._began_s), seat.barber_id)
        if not doubted or self._doubts >= MOST_DOUBTS:
            return []
        self._sleep(SETTLES_S)
        found = []
        for suspicion in doubted:
            self._doubts += 1
            about = entries_about(self._ledger, suspicion.appointments, suspicion.payments)
            if is_certain(suspicion, about, from_s):
                self._told.add((suspicion.invariant.name, seat.barber_id))
                found.append((suspicion.invariant.name, in_words(suspicion, about, (from_s, again_s))))
        return found

    def _open(self, found: list[Suspicion], barber: int) -> list[Suspicion]:
        """Return what was not told of this barber before."""
        return [one for one in found if (one.invariant.name, barber) not in self._told]


def accompany(folder: Path) -> None:
    """Sample the target of a run until its load is over, and write what is found into its events. Raise RunDataError, TargetError."""
    plan, parent = read_manifest(folder).plan, os.getppid()
    if plan.target.staff is None or not plan.audit.sample_barbers or not has_begun(folder, parent):
        return
    start_unix_s = datetime.fromisoformat(read_manifest(folder).started_at).timestamp()
    end = RunEnd(folder, parent, plan)

    def now_s() -> float:
        return time.time() - start_unix_s

    sample, due_s = Sample(plan, folder, now_s, time.sleep), plan.audit.sample_every
    while due_s < longest_s(plan) and not end.is_here(now_s()):
        if now_s() < due_s:
            time.sleep(min(LOOK_EVERY_S, max(0.0, due_s - now_s())))
            continue
        due_s = now_s() + plan.audit.sample_every
        for name, line in sample.look():
            append_event(folder, Event(round(now_s(), 3), EventKind.ALERT, f"{SAMPLED}{name}", line))
            if plan.audit.stop_on_violation:
                ask_to_abort(folder, f"the audit's sample saw something broken ({name}): {line}")
    sample.close()
    _note(folder, sample, now_s())


def _note(folder: Path, sample: Sample, at_s: float) -> None:
    """Write down how much was looked at, and what could not be."""
    told = f"{sample.barbers:,} barbers looked at while the load went on, {sample.requests:,} requests, {time.process_time():.1f} s of CPU"
    for because, count in sample.unread.items():
        told += f"; not read, {count} times: {because}"
    append_event(folder, Event(round(at_s, 3), EventKind.NOTE, "the audit's sample", told))


def main() -> int:
    """Return the exit code: 0 at the end, 2 where there is no such run or a secret is missing."""
    parser = argparse.ArgumentParser(prog="python -m rushhour.sampling", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="RUN_FOLDER", help="the folder of a run under way")
    folder = parser.parse_args().folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the run, and with it this
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # what was found is in the file
    os.nice(NICENESS)
    try:
        accompany(folder)
    except (RunDataError, TargetError) as error:
        print(f"rushhour: {error}", file=sys.stderr)
        return USAGE_ERROR
    return 0


if __name__ == "__main__":
    sys.exit(main())
