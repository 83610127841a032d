"""The process beside a run that carries out its faults, and undoes them however the run ends.

It reads the plan and second 0 from the manifest, and ends with the run: at its planned end, when it is asked to stop, when it
is aborted, when the process that started this one is gone, when it is told to (SIGTERM). Each injection has a thread that
waits for its moment, so that a command that takes a minute delays nothing else.
"""

import time
from datetime import datetime
from pathlib import Path
from threading import Event as Signal
from threading import Thread

from loadgen.faults.injection import Injection
from loadgen.faults.injector import FaultError, Surroundings
from loadgen.faults.kinds import injector_of
from loadgen.faults.open_faults import OpenFaults
from loadgen.run_folder import stop_asked
from records.event import Event, EventKind
from records.folder import append_event
from records.manifest_file import read_manifest

LOOK_S = 0.1  # how often it is looked whether the run has begun or ended
START_WITHIN_S = 300.0  # from this process's start to second 0: workers come within a minute or two


class Faults:
    """Carries out the faults of one run folder. `stop` may be set by a signal handler."""

    def __init__(self, folder: Path, sandbox_pid: int | None) -> None:
        self.stop = Signal()
        self._folder = folder
        self._manifest = read_manifest(folder)
        self._around = Surroundings(self._manifest.plan.target, folder, sandbox_pid)
        self._open = OpenFaults(folder)
        self._manifest_seen_ns = 0
        self._zero_unix_s = 0.0

    def carry_out(self) -> None:
        """Wait for second 0, carry out every injection in its time, return when all is mended."""
        until = time.monotonic() + START_WITHIN_S
        while not self._has_begun():
            if self._is_over() or time.monotonic() > until:
                return
            self.stop.wait(LOOK_S)
        self._zero_unix_s = datetime.fromisoformat(self._manifest.started_at).timestamp()
        threads = [Thread(target=injection.carry_out, name=injection.planned.name) for injection in self._injections()]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            if self._is_over():
                self.stop.set()
            time.sleep(LOOK_S)
        for thread in threads:
            thread.join()

    def undo(self) -> None:
        """Undo what an earlier process began and did not end."""
        self._zero_unix_s = datetime.fromisoformat(self._manifest.started_at).timestamp()
        for place in sorted(self._open.places()):
            planned = self._manifest.plan.faults[place]
            try:
                did = injector_of(planned, self._around).end()
            except FaultError as error:
                self._record(EventKind.NOTE, f"fault {planned.name} could not be undone", str(error))
                continue
            self._open.end(place)
            self._record(EventKind.FAULT, planned.name, f"ends: {did}, after the process that began it was lost")

    def now_s(self) -> float:
        """Return the run's time: the leader's clock is this machine's."""
        return time.time() - self._zero_unix_s

    def _injections(self) -> list[Injection]:
        return [
            Injection(
                place, planned, injector_of(planned, self._around), self.now_s, self._append, self._open, self.stop
            )
            for place, planned in enumerate(self._manifest.plan.faults)
        ]

    def _record(self, kind: EventKind, name: str, detail: str) -> None:
        self._append(Event(round(self.now_s(), 3), kind, name, detail))

    def _append(self, event: Event) -> None:
        append_event(self._folder, event)

    def _has_begun(self) -> bool:
        """Tell whether second 0 is known: the leader writes it with the clocks of those who take part."""
        self._look_again()
        return bool(self._manifest.clock_offset_us)

    def _is_over(self) -> bool:
        self._look_again()
        return self.stop.is_set() or self._manifest.ended is not None or stop_asked(self._folder) is not None

    def _look_again(self) -> None:
        """Read the manifest where it was written anew; it is replaced as a whole."""
        written_ns = (self._folder / "manifest.json").stat().st_mtime_ns
        if written_ns != self._manifest_seen_ns:
            self._manifest_seen_ns = written_ns
            self._manifest = read_manifest(self._folder)
