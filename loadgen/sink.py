"""Where batches end: the run folder, written by the local process or the master alone.

Each worker numbers its batches and says in each how many requests it has counted so far. A batch that never came, or a count
that differs, makes the run `failed`; one that came twice is left out; order does not matter, since records add up.
"""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadgen.conductor import Batch
from loadgen.merging import MergedWindows
from loadgen.watch import RunWatch
from records.event import Event, EventKind
from records.folder import GENERATOR, JOURNEYS, LEDGER, WINDOWS, Appender, write_manifest
from records.manifest import Ended, Manifest
from records.manifest_file import read_manifest
from records.window import PAYMENT_FLOW
from scenarios.layout import PlannedStage
from scenarios.plan import Plan

WRITTEN_EVERY_S = 1.0  # the longest that windows wait for those of the other workers
MAX_AHEAD = 1000  # batches: a quarter of an hour; a number beyond that is no number of ours
MAX_PROBLEMS = 5  # in the line that says why a run failed; more say nothing new


def as_message(batch: Batch) -> dict[str, Any]:
    """Return a batch as plain values for the wire (msgpack)."""
    return {
        "worker": batch.worker,
        "sequence": batch.sequence,
        "windows": [window.as_record() for window in batch.windows],
        "journeys": [count.as_record() for count in batch.journeys],
        "ledger": [entry.as_record() for entry in batch.ledger],
        "generator": batch.generator.as_record(),
        "requests_counted": batch.requests_counted,
        "final": batch.final,
    }


@dataclass(slots=True)
class _WorkerState:
    expected: int = 0
    missing: set[int] = field(default_factory=set)
    counted: int = 0
    recorded: int = 0
    final: bool = False

    def is_new(self, sequence: int) -> bool:
        """Take note of a batch's number; tell whether it was not seen before."""
        if sequence in self.missing:
            self.missing.remove(sequence)
            return True
        if not self.expected <= sequence <= self.expected + MAX_AHEAD:
            return False
        self.missing.update(range(self.expected, sequence))
        self.expected = sequence + 1
        return True

    def problems(self, worker: str) -> list[str]:
        """Return what is wrong with what came from this worker."""
        lines = []
        if self.missing:
            numbers = ", ".join(map(str, sorted(self.missing)[:MAX_PROBLEMS]))
            lines.append(f"{worker}: {len(self.missing)} of its batches never came (number {numbers})")
        if self.counted != self.recorded:
            lines.append(f"{worker}: {self.counted:,} requests counted there, {self.recorded:,} came here")
        return lines


class FolderSink:
    """Appends batches to the run folder, watches their numbers and compares counts at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._manifest = read_manifest(folder)
        self.watch = RunWatch(self._manifest.plan)
        self._appender = Appender(folder)
        self._workers: defaultdict[str, _WorkerState] = defaultdict(_WorkerState)
        self._merged = MergedWindows()
        self._waiting: set[str] = set()
        self._written_at = time.monotonic()
        self.finished = False

    @property
    def manifest(self) -> Manifest:
        """Return the manifest as last written."""
        return self._manifest

    def begin(self, start_unix_s: float, clock_offset_us: dict[str, float]) -> None:
        """Write when second 0 is, who takes part (the keys of the offsets), and the stages as events."""
        started_at = datetime.fromtimestamp(start_unix_s, UTC).isoformat(timespec="milliseconds")
        self._update(started_at=started_at, clock_offset_us=clock_offset_us, workers=len(clock_offset_us))
        self._workers.update({worker: _WorkerState() for worker in clock_offset_us})
        self._note_stages(self._manifest.plan.stages)

    def change_plan(self, plan: Plan) -> None:
        """Write another plan into the manifest: what is carried out from now on; its new stages as events."""
        known = {stage.name for stage in self._manifest.plan.stages}
        self._update(plan=plan)
        self._note_stages([stage for stage in plan.stages if stage.name not in known])
        self.watch.follow(plan)

    def _note_stages(self, stages: Iterable[PlannedStage]) -> None:
        for stage in stages:
            self.event(stage.start_s, EventKind.STAGE, stage.name, f"{stage.kind} at {stage.level:g} x")

    def accept(self, message: dict[str, Any]) -> None:
        """Append one batch in the form of `as_message`, once."""
        worker, sequence = message["worker"], message["sequence"]
        state = self._workers[worker]
        if not state.is_new(sequence):
            self.event(
                message["generator"]["second"],
                EventKind.NOTE,
                f"batch {sequence} of {worker} left out",
                "it came twice",
            )
            return
        state.counted = max(state.counted, message["requests_counted"])
        state.recorded += _requests(message["windows"])
        state.final = state.final or message["final"]
        self._merged.add(message["windows"])
        self._appender.records(JOURNEYS, message["journeys"])
        self._appender.records(LEDGER, message["ledger"])
        self._appender.records(GENERATOR, [message["generator"]])
        watched = bool(self.watch.why)
        self.watch.batch(message["generator"])
        self._waiting.add(worker)
        if len(self._waiting) >= len(self._workers) or time.monotonic() - self._written_at >= WRITTEN_EVERY_S:
            self._write_windows()
        if self.watch.why and not watched:
            at_s = float(message["generator"]["second"] + 1)
            self.event(at_s, EventKind.ALERT, f"the run is ended: {self.watch.reason}", self.watch.why)

    def _write_windows(self) -> None:
        records = self._merged.take()
        self._appender.records(WINDOWS, records)
        self._waiting.clear()
        self._written_at = time.monotonic()
        self.watch.windows(records, len(self._workers))

    def event(self, at_s: float, kind: EventKind, name: str, detail: str = "") -> None:
        """Append an event."""
        self._appender.event(Event(round(at_s, 3), kind, name, detail))

    def is_complete(self, worker: str) -> bool:
        """Tell whether a worker's last batch and all before it are here."""
        state = self._workers[worker]
        return state.final and not state.missing

    def finish(
        self, reason: str, at_s: float, detail: str = "", clock_drift_us: dict[str, float] | None = None
    ) -> None:
        """Write how the run ended; a missing batch, a last one that did not come or a count that differs makes it `failed`."""
        if self.finished:
            return
        self.finished = True
        self._write_windows()
        problems = self._problems()
        because = ([detail] if detail else []) + problems[:MAX_PROBLEMS]
        ended = Ended(
            reason="failed" if problems else reason,  # type: ignore[arg-type]  # checked by pydantic
            at_s=round(at_s, 3),
            detail="; ".join(because),
            requests_counted=sum(state.counted for state in self._workers.values()),
            requests_recorded=sum(state.recorded for state in self._workers.values()),
        )
        self._appender.close()
        self._update(ended=ended, clock_drift_us=clock_drift_us or {})

    def _problems(self) -> list[str]:
        without_end = [worker for worker, state in sorted(self._workers.items()) if not state.final]
        problems = [f"{', '.join(without_end)} did not deliver the last windows"] if without_end else []
        return problems + [line for worker, state in sorted(self._workers.items()) for line in state.problems(worker)]

    def _update(self, **changes: Any) -> None:
        self._manifest = self._manifest.model_copy(update=changes)
        write_manifest(self.folder, self._manifest)


def _requests(windows: Iterable[dict[str, Any]]) -> int:
    """Return how many single requests windows hold; flows of several requests are not counted twice."""
    return sum(sum(window["outcomes"].values()) for window in windows if window["operation"] != PAYMENT_FLOW)
