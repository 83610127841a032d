"""A sandbox process of one's own, for tests and benchmarks, and the secrets that it and the load must share."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SECRETS = {"SANDBOX_PASSWORD": "sandbox", "SANDBOX_STRIPE_WEBHOOK_SECRET": "whsec_sandbox"}


@contextmanager
def open_shop(
    *options: str, quiet: bool = False, core: int | None = None, ends_within_s: float = 10.0
) -> Iterator[dict[str, Any]]:
    """Start one on a free port and yield its ready line; `quiet` drops what else it says, `core` is the one it is kept to."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet else None,
        text=True,
        env={**os.environ, **SECRETS},
    )
    if core is not None:
        os.sched_setaffinity(process.pid, {core})  # before its instances are there, which inherit it
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=ends_within_s)
        process.stdout.close()
