"""Companions: processes beside the load (faults, probes) that live as long as it does, and clean up after themselves."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from loadgen.run_folder import PARENT_ENV

END_WITHIN_S = 75.0  # an experiment may take a minute for its rollbacks
UNDO_WITHIN_S = 75.0


@dataclass(frozen=True, slots=True)
class Companion:
    """One process: its name (also of its log), its command, and the command that undoes what it left where it was lost."""

    name: str
    command: tuple[str, ...]
    undo: tuple[str, ...] = ()


@dataclass(slots=True)
class Companions:
    """Running companions of one run; use it in a `with` block around the load. `lost` names those that ended badly."""

    folder: Path
    running: list[tuple[Companion, subprocess.Popen[bytes]]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, folder: Path, companions: Sequence[Companion]) -> "Companions":
        """Start them; what each says goes to `<name>.log` in the folder."""
        started = cls(folder)
        environment = {**os.environ, PARENT_ENV: str(os.getpid())}
        for companion in companions:
            with started._log(companion) as log:
                process = subprocess.Popen(
                    companion.command,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C is ours: they end in order
                    env=environment,
                )
            started.running.append((companion, process))
        return started

    def end(self) -> None:
        """Ask all to end, wait for them, and undo what a lost one left."""
        for _, process in self.running:
            if process.poll() is None:
                process.terminate()
        for companion, process in self.running:
            try:
                process.wait(END_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.returncode != 0:
                self.lost.append(companion.name)
                self._undo(companion)
        self.running.clear()

    def _undo(self, companion: Companion) -> None:
        if not companion.undo:
            return
        with self._log(companion) as log:
            try:
                subprocess.run(
                    companion.undo, stdout=log, stderr=log, stdin=subprocess.DEVNULL, timeout=UNDO_WITHIN_S, check=False
                )
            except subprocess.TimeoutExpired:
                log.write(b"what was left could not be undone in time\n")

    def _log(self, companion: Companion) -> BinaryIO:
        return (self.folder / f"{companion.name}.log").open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
