"""One probe with a thread of its own: a reader that hangs delays nobody else."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from loadgen.probes.reading import NoReading, Reader, reason
from records.probe import UP, ProbeSample

MAX_READINGS = 500  # of one sample; more is a page nobody reads
RETRY_S = 10  # how often a probe that cannot be made at all (a variable that is not set) is tried again


class Lane:
    """Asks one reader, one sample at a time; answers go to a queue that all lanes share."""

    def __init__(self, name: str, make: Callable[[], Reader], answers: "SimpleQueue[list[ProbeSample]]") -> None:
        self.name = name
        self._make = make
        self._answers = answers
        self._asked: SimpleQueue[int] = SimpleQueue()
        self._busy_since: int | None = None
        self._reader: Reader | None = None
        self._unmade: tuple[int, str] | None = None
        self._gap_since: int | None = None
        threading.Thread(target=self._run, name=f"probe {name}", daemon=True).start()

    def ask(self, second: int) -> None:
        """Ask for a sample; one that is still busy with an earlier second has a gap at this one."""
        if self._busy_since is not None:
            self._answers.put([self._gap(second, f"the sample of second {self._busy_since} is not there yet")])
            return
        self._busy_since = second
        self._asked.put(second)

    def _run(self) -> None:
        while True:
            second = self._asked.get()
            samples = self.sample(second)
            self._busy_since = None
            self._answers.put(samples)

    def sample(self, second: int) -> list[ProbeSample]:
        """Return the values of this moment, or the gap."""
        try:
            readings = self._made(second).read()
            if len(readings) > MAX_READINGS:
                raise NoReading(f"{len(readings):,} values; expected at most {MAX_READINGS}")  # noqa: TRY301
        except NoReading as none:
            return [self._gap(second, none.because)]
        except Exception as error:  # noqa: BLE001 - a probe never ends the run: whatever it is, it is a gap with its reason
            return [self._gap(second, f"{type(error).__name__}: {reason(error)}")]
        back = "" if self._gap_since is None else f"back after {second - self._gap_since} s"
        self._gap_since = None
        return [ProbeSample(second, self.name, UP, 1.0, "count", back)] + [
            ProbeSample(second, self.name, metric, value, unit) for metric, value, unit in readings
        ]

    def _made(self, second: int) -> Reader:
        if self._reader is None:
            if self._unmade is not None and second < self._unmade[0] + RETRY_S:
                raise NoReading(self._unmade[1])
            try:
                self._reader = self._make()
            except NoReading as none:
                self._unmade = (second, none.because)
                raise
        return self._reader

    def _gap(self, second: int, because: str) -> ProbeSample:
        if self._gap_since is None:
            self._gap_since = second
        return ProbeSample(second, self.name, UP, None, "count", because)
