"""Whether a real run keeps its memory: 2,000 requests a second for ten minutes, all of it as in any run.

    .venv/bin/python -m benchmarks.long_run [--minutes 10]

Sessions of one request against the fast sandbox, through `rushhour run`. What counts is the resident memory of the process that makes the load, as
it writes it down each second: the highest of the last minute against the highest of the first minute after the ramp. Not part of `make bench`, which
feeds the recorder an hour in a minute (`benchmarks.recorder`).
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.real_run import NoRun, RealRun
from benchmarks.table import Row, deliver

RATE_PER_S = 2000
MAX_GROWTH_RATIO = 0.01
FIRST_S = 60
SCENARIO = """
format_version = 1
name = "long_run"
title = "2,000 requests per s for a while"
model = "open"
mix = "monitors"
objectives = "bookedbarber"
seed = 20250701
[traffic]
sessions_per_s = "{rate} per s"
session_length = "500 ms"
[[stages]]
name = "ramp"
kind = "warm_up"
level = 1.0
duration = "15 s"
ramp = true
[[stages]]
name = "long_run"
kind = "steady"
level = 1.0
duration = "{minutes} min"
[sandbox]
fast = true
"""


def rows_of(real: RealRun) -> list[Row]:
    """Return the figures of the judged stage."""
    rss = [sample.rss_bytes for sample in real.samples]
    first, last = max(rss[:FIRST_S]), max(rss[-FIRST_S:])
    growth = last / first - 1
    requests = sum(sample.started for sample in real.samples)
    return [
        Row("requests of the real run", f"{requests:,} in {real.stage.seconds} s"),
        Row(
            "memory, last minute against the first: growth",
            f"{growth:+.2%} of {first / 1e6:.0f} MB",
            f"< {MAX_GROWTH_RATIO:.0%}",
            growth < MAX_GROWTH_RATIO,
        ),
        *real.health(),
    ]


def main() -> int:
    """Run, print the table, return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long_run.toml"
        path.write_text(SCENARIO.format(rate=RATE_PER_S, minutes=given.minutes), encoding="utf-8")
        try:
            real = RealRun.of(str(path), Path(folder) / "results")
        except NoRun as error:
            print(error, file=sys.stderr)
            return 1
        return deliver("A long run", rows_of(real))


if __name__ == "__main__":
    sys.exit(main())
