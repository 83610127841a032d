"""The command line: `python -m loadgen.faults RUN_FOLDER`, started beside the load by `rushhour run`."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from loadgen.faults.companion import Faults
from records.errors import RunDataError

WRONG_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the faults of a run folder until its end, or undo what is left of them; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m loadgen.faults", description=__doc__, allow_abbrev=False)
    parser.add_argument("folder", type=Path, help="run folder with the manifest whose faults are carried out")
    parser.add_argument("--sandbox-pid", type=int, help="process of the embedded sandbox, to kill an instance of it")
    parser.add_argument("--undo", action="store_true", help="only undo what an earlier process began and did not end")
    given = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        companion = Faults(given.folder, given.sandbox_pid)
    except RunDataError as error:
        print(f"loadgen.faults: {error}", file=sys.stderr)
        return WRONG_USE
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: companion.stop.set())
    if given.undo:
        companion.undo()
    else:
        companion.carry_out()
    return 0


if __name__ == "__main__":
    sys.exit(main())
