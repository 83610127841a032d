"""A Chaos Toolkit experiment, run by its own command; its rollbacks are its own, and are asked for at every end."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

from loadgen.faults.injector import FaultError, Surroundings
from scenarios.injection import PlannedFault

PROGRAM = "chaos"
ROLLBACK_WITHIN_S = 60.0


class Experiment:
    """Runs one experiment file; its journal and its words go into the run folder."""

    def __init__(self, planned: PlannedFault, around: Surroundings) -> None:
        assert planned.fault.experiment is not None
        self._file = Path(planned.fault.experiment)
        self._stem = around.folder / f"chaos-{planned.name}-{planned.number}"
        self._process: subprocess.Popen[bytes] | None = None

    def problem(self) -> str:
        """Return what is missing."""
        if _program() is None:
            return "Chaos Toolkit is not installed (no command `chaos`); install chaostoolkit, or take the fault out"
        if not self._file.is_file():
            return f"{self._file}: not found; expected a Chaos Toolkit experiment (JSON or YAML)"
        return ""

    def begin(self) -> str:
        """Start the experiment."""
        program = _program()
        if program is None:
            raise FaultError("Chaos Toolkit is not installed (no command `chaos`)")
        command = [
            program, "run", "--rollback-strategy", "always", "--journal-path", f"{self._stem}.json", str(self._file),
        ]  # fmt: skip
        with Path(f"{self._stem}.log").open("ab") as log:
            try:
                self._process = subprocess.Popen(
                    command,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                    preexec_fn=_heed_interrupts,  # noqa: PLW1509 - the companion that calls this has one thread
                )
            except OSError as error:
                raise FaultError(f"`chaos run {self._file}` cannot be run: {error.strerror or error}") from error
        return f"experiment {self._file.name} started"

    def over(self) -> str:
        """Return how the experiment ended by itself."""
        code = None if self._process is None else self._process.poll()
        return "" if code is None else f"experiment {self._file.name} ended with code {code}"

    def end(self) -> str:
        """Interrupt the experiment where it still runs: it plays its rollbacks and ends."""
        if self._process is None:
            return "no experiment was running"
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(ROLLBACK_WITHIN_S)
            except subprocess.TimeoutExpired as error:
                self._process.kill()
                self._process.wait()
                raise FaultError(
                    f"experiment {self._file.name} did not end within {ROLLBACK_WITHIN_S:g} s; its rollbacks may be missing"
                ) from error
        return self.over()


def _heed_interrupts() -> None:
    """Undo what a shell does to background jobs: who ignores SIGINT from birth plays no rollbacks when it is sent."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _program() -> str | None:
    """Return Chaos Toolkit's command: beside our own interpreter, or on the PATH."""
    beside = Path(sys.executable).with_name(PROGRAM)
    return str(beside) if beside.is_file() else shutil.which(PROGRAM)
