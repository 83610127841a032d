"""`python -m benchmarks [NAME…]`: run the benchmarks one after the other and print all their figures in one table.

Each is a process of its own and also works alone (`python -m benchmarks.NAME --help`). Exit code 1 where a figure is missed, or a
benchmark ended without its rows. Figures are ratios in one run on one machine wherever they can be: keep it quiet meanwhile.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.table import ROWS_FILE_ENV, Row, delivered, exit_code, show

# In the order of the table; the short ones first.
BENCHMARKS = (
    "http_client",
    "keep_alive",
    "sandbox_speed",
    "judge_speed",
    "recorder",
    "merge_cost",
    "stall_truth",
    "lost_processes",
    "generator_health",
    "arrivals",
    "ten_thousand",
)


def main() -> int:
    """Run what was asked for, all of them by default, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all where none is given")
    names = parser.parse_args().names or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    return carry_out(names, "All figures, this machine, this run")


def carry_out(names: Sequence[str], title: str) -> int:
    """Run benchmarks one after the other, show all their rows under a title, and return the exit code."""
    rows: list[Row] = []
    for name in names:
        print(f"── {name}", flush=True)
        rows += _run(name)
    show(title, rows)
    return exit_code(rows)


def _run(name: str) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"], check=False, env={**os.environ, ROWS_FILE_ENV: str(path)}
        )
        rows = delivered(path)
        print(f"   {time.monotonic() - began:.0f} s", flush=True)
    return rows or [Row(name, f"ended with code {done.returncode} and no figures", "figures", kept=False)]


if __name__ == "__main__":
    sys.exit(main())
