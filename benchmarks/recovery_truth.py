"""Time to recover against the sandbox's own log: short real runs in which Stripe is out for a while, each at another moment.

`python -m benchmarks.recovery_truth [--runs 10]`, half a minute a run. The truth is `GET /sandbox/log`: when the sandbox itself
switched the plant on and off. Told is what the verdict says of the writes: when the objectives held again.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.real_run import NoRun
from benchmarks.table import Row, deliver
from tests.shop import SECRETS, open_shop

TIME_SCALE = 0.05
WITHIN_S = 1.0
SCENARIO = """
format_version = 1
name = "recovery_truth"
title = "Stripe out for a while"
model = "open"
mix = "everyday"
objectives = "resilience"
seed = {seed}
[traffic]
sessions_per_s = "20 per s"
[[stages]]
name = "warm_up"
kind = "warm_up"
level = 1.0
duration = "1 min"
[[stages]]
name = "before"
kind = "steady"
level = 1.0
duration = "2 min"
[[stages]]
name = "broken"
kind = "fault"
level = 1.0
duration = "5 min"
[[faults]]
name = "outage"
kind = "sandbox"
plant = "stripe-outage"
stage = "broken"
at = "{at_s} s"
duration = "{length_s} s"
"""


@dataclass(frozen=True, slots=True)
class Told:
    """One run: the fault's real length and end (unix s), and the moment that the verdict says, None where it says none."""

    length_s: float
    over_unix_s: float
    recovered_unix_s: float | None

    @property
    def error_s(self) -> float | None:
        """Return how much later than the truth the verdict is."""
        return None if self.recovered_unix_s is None else self.recovered_unix_s - self.over_unix_s


def main() -> int:
    """Carry out the runs, print the table, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recovery_truth", description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    rng = random.Random(20250701)
    told = [_told(rng, number) for number in range(parser.parse_args().runs)]
    errors = [one.error_s for one in told]
    rows = [
        Row(
            f"run {number + 1}: Stripe out for {one.length_s:.1f} s, recovered told",
            "not at all" if one.error_s is None else f"{one.error_s:+.2f} s from the truth",
        )
        for number, one in enumerate(told)
    ]
    right = sum(error is not None and abs(error) <= WITHIN_S for error in errors)
    rows.append(
        Row(f"time to recover within {WITHIN_S:g} s of the sandbox's log", f"{right} of {len(told)}", f"{len(told)} of {len(told)}",
            right == len(told))
    )  # fmt: skip
    return deliver("Time to recover", rows)


def _told(rng: random.Random, number: int) -> Told:
    with tempfile.TemporaryDirectory() as folder, _shop(number) as ready:
        url = str(ready["listening"])
        path, results = Path(folder) / "recovery_truth.toml", Path(folder) / "results"
        at_s, length_s = rng.uniform(10, 40), rng.uniform(30, 120)  # scaled: 0.5 to 2 s, 1.5 to 6 s
        path.write_text(
            SCENARIO.format(seed=number, at_s=round(at_s, 2), length_s=round(length_s, 2)), encoding="utf-8"
        )
        command = [
            sys.executable, "-m", "rushhour", "run", str(path), "--target", "sandbox", "--url", url, "--time-scale", str(TIME_SCALE),
            "--results", str(results),
        ]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **SECRETS})
        verdicts = list(results.glob("*/verdict.json"))
        if len(verdicts) != 1:
            raise NoRun(f"run {number + 1} ended with code {done.returncode}: {done.stderr[-300:]}")
        switched = [row for row in httpx.get(f"{url}/sandbox/log").json() if row["plant"] == "stripe-outage"]
        (on, off) = (row["unix_s"] for row in switched)
        verdict = json.loads(verdicts[0].read_text(encoding="utf-8"))
        manifest = json.loads((verdicts[0].parent / "manifest.json").read_text(encoding="utf-8"))
    zero = datetime.fromisoformat(manifest["started_at"]).timestamp()
    (writes,) = [row for row in verdict["resilience"]["injections"] if row["side"] == "writes"]
    recovered = None if writes["healing"] != "recovered" else zero + writes["start_s"] + writes["recovery_s"]
    print(f"   run {number + 1}: {writes['healing']} {writes['because']}", flush=True)
    return Told(off - on, off, recovered)


def _shop(seed: int) -> AbstractContextManager[dict[str, Any]]:
    return open_shop("--barbers", "100", "--clients", "20000", "--pool", "45", "--seed", str(seed), quiet=True)


if __name__ == "__main__":
    sys.exit(main())
