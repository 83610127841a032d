"""The companion of a run that samples the target: started before the load, over when the run is."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scenarios.plan import Plan

ENDS_WITHIN_S = 3.0  # it looks once a second whether the run is over
LOG = "probes.log"


@contextmanager
def probing(plan: Plan, folder: Path) -> Iterator[None]:
    """Sample the target beside a run, where its profile has probes; a probe that fails is a gap and never ends the run."""
    if not plan.target.probes:
        yield
        return
    with (folder / LOG).open("ab") as log:
        companion = subprocess.Popen(
            [sys.executable, "-m", "loadgen.probes", str(folder)],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield
        with suppress(subprocess.TimeoutExpired):
            companion.wait(timeout=ENDS_WITHIN_S)
    finally:
        if companion.poll() is None:
            companion.kill()
            companion.wait()
