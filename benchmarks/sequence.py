"""Benchmarks one after the other, each a process of its own, and all their figures in one table."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.table import ROWS_FILE_ENV, Row, delivered, exit_code, show


def run_in_turn(prog: str, description: str | None, known: Sequence[str]) -> int:
    """Run the benchmarks that the command line names, all known ones by default; return the exit code."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; all where none is given")
    names = parser.parse_args().names or list(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name in names:
        print(f"── {name}", flush=True)
        rows += _run(name)
    show("All figures, this machine, this run", rows)
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
