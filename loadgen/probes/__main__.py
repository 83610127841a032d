"""`python -m loadgen.probes RUN_FOLDER`: sample the target beside the load until the run is over."""

import argparse
import os
import signal
import sys
from pathlib import Path

from loadgen.probes.sampling import accompany
from records.errors import RunDataError

USAGE_ERROR = 2


def main() -> int:
    """Return the exit code: 0 at the run's end, 2 where there is no such run."""
    parser = argparse.ArgumentParser(prog="python -m loadgen.probes", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="RUN_FOLDER", help="the folder of a run under way")
    folder = parser.parse_args().folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the run, and with it this
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # each sample is in the file when it was taken
    try:
        accompany(folder)
    except RunDataError as error:
        print(f"rushhour: {error}", file=sys.stderr)
        return USAGE_ERROR
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # a probe that hangs in its thread holds nobody up
