"""A command that breaks something and one that mends it: kubectl, systemctl, a script. Never through a shell."""

import shutil
import subprocess
from pathlib import Path

from loadgen.faults.injector import FaultError, Surroundings
from scenarios.injection import PlannedFault

WITHIN_S = 60.0  # a command that has not ended by then is killed, and the fault has failed
WORDS = 200  # characters of what a failed command said


class Commanding:
    """Runs `start`, and `stop` where there is one."""

    def __init__(self, planned: PlannedFault, around: Surroundings) -> None:
        assert planned.fault.start is not None
        self._start = planned.fault.start
        self._stop = planned.fault.stop

    def problem(self) -> str:
        """Return which program is missing."""
        for words in (self._start, self._stop):
            if words is not None and shutil.which(words[0]) is None:
                return f"command {words[0]} is not there; expected a program on the PATH, or the path of one"
        return ""

    def begin(self) -> str:
        """Run `start`."""
        return _carried_out(self._start)

    def over(self) -> str:
        """Return nothing: what a command broke stays broken until `stop`."""
        return ""

    def end(self) -> str:
        """Run `stop`."""
        return "nothing to undo (no stop command)" if self._stop is None else _carried_out(self._stop)


def _carried_out(words: tuple[str, ...]) -> str:
    shown = " ".join((Path(words[0]).name, *words[1:]))[:WORDS]
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=WITHIN_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise FaultError(f"`{shown}` did not end within {WITHIN_S:g} s and was killed") from error
    except OSError as error:
        raise FaultError(f"`{shown}` cannot be run: {error.strerror or error}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise FaultError(
            f"`{shown}` ended with code {done.returncode}: {said[-1][:WORDS] if said else 'it said nothing'}"
        )
    return f"`{shown}`"
