"""Where batches end: the run folder, written by the local process or the master alone."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadgen.conductor import Batch
from records.event import Event, EventKind
from records.folder import GENERATOR, JOURNEYS, LEDGER, WINDOWS, Appender, write_manifest
from records.manifest import Ended, Manifest
from records.run import read_manifest
from records.window import PAYMENT_FLOW


def as_message(batch: Batch) -> dict[str, Any]:
    """Return a batch as plain values for the wire (msgpack)."""
    return {
        "worker": batch.worker,
        "sequence": batch.sequence,
        "windows": [window.as_record() for window in batch.windows],
        "journeys": [asdict(count) for count in batch.journeys],
        "ledger": [entry.as_record() for entry in batch.ledger],
        "generator": batch.generator.as_record(),
        "requests_counted": batch.requests_counted,
        "final": batch.final,
    }


@dataclass(slots=True)
class _WorkerState:
    next_sequence: int = 0
    requests_counted: int = 0
    final: bool = False


class FolderSink:
    """Appends batches to the run folder, watches their sequence numbers and compares counts at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._manifest = read_manifest(folder)
        self._appender = Appender(folder)
        self._workers: dict[str, _WorkerState] = {}
        self._recorded = 0
        self._gaps: list[str] = []
        self.finished = False

    @property
    def manifest(self) -> Manifest:
        """Return the manifest as last written."""
        return self._manifest

    def begin(self, start_unix_s: float, clock_offset_us: dict[str, float]) -> None:
        """Write when second 0 is, and the stages as events."""
        started_at = datetime.fromtimestamp(start_unix_s, UTC).isoformat(timespec="milliseconds")
        self._manifest = self._manifest.model_copy(
            update={"started_at": started_at, "clock_offset_us": clock_offset_us}
        )
        write_manifest(self.folder, self._manifest)
        for stage in self._manifest.plan.stages:
            self._appender.event(
                Event(stage.start_s, EventKind.STAGE, stage.name, f"{stage.kind} at {stage.level:g} x")
            )

    def accept(self, message: dict[str, Any]) -> None:
        """Append one batch in the form of `as_message`."""
        state = self._workers.setdefault(message["worker"], _WorkerState())
        if message["sequence"] != state.next_sequence:
            self._gaps.append(f"{message['worker']}: batch {message['sequence']} came instead of {state.next_sequence}")
        state.next_sequence = message["sequence"] + 1
        state.requests_counted = message["requests_counted"]
        state.final = message["final"]
        self._recorded += _requests(message["windows"])
        self._appender.records(WINDOWS, message["windows"])
        self._appender.records(JOURNEYS, message["journeys"])
        self._appender.records(LEDGER, message["ledger"])
        self._appender.records(GENERATOR, [message["generator"]])

    def event(self, at_s: float, kind: EventKind, name: str, detail: str = "") -> None:
        """Append an event."""
        self._appender.event(Event(round(at_s, 3), kind, name, detail))

    def all_final(self, workers: int) -> bool:
        """Tell whether so many workers have delivered their last batch."""
        return sum(state.final for state in self._workers.values()) >= workers

    def finish(self, reason: str, at_s: float, workers: int, detail: str = "") -> None:
        """Write how the run ended; a missing last batch or a gap makes it `failed`."""
        if self.finished:
            return
        self.finished = True
        missing = workers - sum(state.final for state in self._workers.values())
        problems = [detail] if detail else []
        if missing > 0:
            problems.append(f"{missing} of {workers} workers did not deliver their last windows")
        problems += self._gaps[:5]
        ended = Ended(
            reason="failed" if missing > 0 or self._gaps else reason,  # type: ignore[arg-type]  # checked by pydantic
            at_s=round(at_s, 3),
            detail="; ".join(problems),
            requests_counted=sum(state.requests_counted for state in self._workers.values()),
            requests_recorded=self._recorded,
        )
        self._appender.close()
        self._manifest = self._manifest.model_copy(update={"ended": ended})
        write_manifest(self.folder, self._manifest)


def _requests(windows: Iterable[dict[str, Any]]) -> int:
    """Return how many single requests windows hold; flows of several requests are not counted twice."""
    return sum(sum(window["outcomes"].values()) for window in windows if window["operation"] != PAYMENT_FLOW)
