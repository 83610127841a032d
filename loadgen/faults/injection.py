"""One injection from its moment to its end: begun when it is due, ended when its time is up, it is over, or the run ends."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event as Signal

from loadgen.faults.injector import FaultError, Injector
from loadgen.faults.open_faults import OpenFaults
from records.event import Event, EventKind
from scenarios.injection import PlannedFault

LOOK_S = 0.05  # how often it is looked whether a fault is over by itself: its end is known to this
BEGINS, ENDS = "begins", "ends"


@dataclass(frozen=True, slots=True)
class Injection:
    """Carries out one injection. `now_s` tells the run's time, `record` writes an event, `stop` says that the run is over."""

    place: int
    planned: PlannedFault
    injector: Injector
    now_s: Callable[[], float]
    record: Callable[[Event], None]
    open_faults: OpenFaults
    stop: Signal

    def carry_out(self) -> None:
        """Wait for the moment, break, wait, mend; whatever happens meanwhile it is mended, or said that it was not."""
        if not self._wait_until(self.planned.start_s):
            return
        self.open_faults.begin(self.place)
        begun = False
        try:
            begun = self._begin()
            if begun:
                while self.now_s() < self.planned.end_s and not self.stop.is_set() and not self.injector.over():
                    self.stop.wait(max(0.0, min(LOOK_S, self.planned.end_s - self.now_s())))
        finally:  # also where a disk is full or a defect of ours shows: what is broken is mended
            self._end(begun=begun)

    def _wait_until(self, second: float) -> bool:
        while (left_s := second - self.now_s()) > 0:
            if self.stop.wait(left_s):
                return False
        return not self.stop.is_set()

    def _begin(self) -> bool:
        at_s = self.now_s()
        try:
            did = self.injector.begin()
        except FaultError as error:
            self._note(at_s, f"fault {self.planned.name} could not begin", str(error))
            return False
        self._told(at_s, BEGINS, did, self.now_s() - at_s)
        return True

    def _end(self, *, begun: bool) -> None:
        """Mend it, also where the beginning failed: half of it may have happened."""
        began_s = self.now_s()
        try:
            did = self.injector.end()
        except FaultError as error:
            self._note(self.now_s(), f"fault {self.planned.name} could not be undone", str(error))
            return
        at_s = self.now_s()
        self.open_faults.end(self.place)
        if begun:
            self._told(at_s, ENDS, did, at_s - began_s)

    def _told(self, at_s: float, what: str, did: str, took_s: float) -> None:
        detail = f"{what}: {did} (took {took_s * 1000:.0f} ms)"
        self.record(Event(round(at_s, 3), EventKind.FAULT, self.planned.name, detail))

    def _note(self, at_s: float, name: str, detail: str) -> None:
        self.record(Event(round(at_s, 3), EventKind.NOTE, name, detail))
