"""The run folder as it is written: one append-only file a kind of record, and a manifest replaced as a whole."""

import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from records.errors import RunDataError
from records.event import Event
from records.generator import GeneratorSample
from records.journey import JourneyCount
from records.ledger import Entry
from records.manifest import Manifest
from records.window import Window

ORJSON_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS  # outcomes are keys, as enums
MANIFEST = "manifest.json"
WINDOWS = "windows.jsonl"
JOURNEYS = "journeys.jsonl"
GENERATOR = "generator.jsonl"
PROBES = "probes.jsonl"
EVENTS = "events.jsonl"
LEDGER = "ledger.jsonl"
AUDIT = "audit.jsonl"  # made by the audit once the load has ended; not there where nobody looked
LATENCY = "latency.hlog"
VERDICT = "verdict.json"
APPENDED = (WINDOWS, JOURNEYS, GENERATOR, EVENTS, LEDGER)


def new_run_id(scenario: str, now: datetime | None = None) -> str:
    """Return `<scenario>-<utc>-<id>`; unique also between machines that share a results directory."""
    moment = now or datetime.now(UTC)
    return f"{scenario}-{moment:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def create_folder(results: Path, run_id: str) -> Path:
    """Make and return the run's folder; raise RunDataError where that is not possible."""
    folder = results / run_id
    try:
        folder.mkdir(parents=True)
        for name in (*APPENDED, PROBES):
            (folder / name).touch()
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunDataError(
            f"{results}: cannot write run folders there ({reason}); expected a writable directory, choose one with --results"
        ) from error
    return folder


@contextmanager
def written_into(folder: Path) -> Iterator[None]:
    """Make a folder for reports, to be written into here; raise RunDataError where that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise RunDataError(
            f"{folder}: cannot be written ({error.strerror or error}); expected a writable directory, choose one with --results"
        ) from error


def write_text(path: Path, text: str) -> None:
    """Replace a file as a whole: a reader sees the old text or the new one, never half."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file as a whole, as `write_text`."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json`."""
    write_text(folder / MANIFEST, json.dumps(manifest.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")


def append_event(folder: Path, event: Event) -> None:
    """Append one event from a process beside the leader.

    One write of one short line to a file opened for appending: the kernel puts it whole after whatever is there.
    """
    with (folder / EVENTS).open("ab", buffering=0) as file:
        file.write(orjson.dumps(asdict(event), option=ORJSON_OPTIONS))


class Appender:
    """Appends records to the files of a run folder; each call is whole lines, flushed to the operating system."""

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, BinaryIO] = {name: (folder / name).open("ab") for name in APPENDED}

    def windows(self, windows: Iterable[Window]) -> None:
        """Append windows."""
        self._append(WINDOWS, (window.as_record() for window in windows))

    def journeys(self, counts: Iterable[JourneyCount]) -> None:
        """Append journey counts."""
        self._append(JOURNEYS, (count.as_record() for count in counts))

    def generator(self, samples: Iterable[GeneratorSample]) -> None:
        """Append generator samples."""
        self._append(GENERATOR, (sample.as_record() for sample in samples))

    def ledger(self, entries: Iterable[Entry]) -> None:
        """Append ledger entries."""
        self._append(LEDGER, (entry.as_record() for entry in entries))

    def records(self, name: str, records: Iterable[dict[str, Any]]) -> None:
        """Append records to the file `name` as they are."""
        self._append(name, records)

    def event(self, event: Event) -> None:
        """Append one event."""
        self._append(EVENTS, [asdict(event)])

    def close(self) -> None:
        """Close all files, with what they hold on the disk."""
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())
            file.close()

    def _append(self, name: str, records: Iterable[dict[str, Any]]) -> None:
        lines = b"".join(orjson.dumps(record, option=ORJSON_OPTIONS) for record in records)
        if lines:
            self._files[name].write(lines)
            self._files[name].flush()
