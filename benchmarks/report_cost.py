"""What the quarterly report costs: `python -m benchmarks.report_cost [--climbs 6]`.

Wanted: the whole of it in under 60 s, its page under 6 MB. Six climbs (as many as a report takes) at full length, simulated on a pool of four
places, are written as run folders; the command `rushhour capacity` is a process of its own, with an event and a second plan.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.table import Row, deliver
from records.run import Run
from tests.integration.rushhour.run_folder import write_run
from tests.unit.analysis.build_queue import pool_climb

ROOT = Path(__file__).resolve().parent.parent
WANTED_S, WANTED_BYTES = 60.0, 6e6
HOLD_S = 240  # seconds of each step, as the shipped scenario has them


def main() -> int:
    """Make one report and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--climbs", type=int, default=6)
    climbs = parser.parse_args().climbs
    with tempfile.TemporaryDirectory(prefix="rushhour-quarter-") as folder:
        results = Path(folder)
        for number in range(climbs):
            write_run(results, _dated(pool_climb(seed=number, hold_s=HOLD_S), number))
        took_s = _reported(results)
        (made,) = results.glob("capacity-*")
        page, paper = ((made / name).stat().st_size for name in ("report.html", "report.pdf"))
    return deliver(
        "The quarterly report",
        [
            Row(f"whole report of {climbs} climbs at full length, HTML and PDF", f"{took_s:.1f} s", f"< {WANTED_S:g} s", took_s < WANTED_S),
            Row("its page", f"{page / 1e6:.2f} MB", f"< {WANTED_BYTES / 1e6:g} MB", page < WANTED_BYTES),
            Row("its PDF", f"{paper / 1e6:.2f} MB"),
        ],
    )  # fmt: skip


def _dated(run: Run, number: int) -> Run:
    """Return a run with a name and a day of its own."""
    update = {"run_id": f"exhaustion-{number}", "started_at": f"2026-11-{number + 1:02}T06:00:00+00:00"}
    return replace(run, manifest=run.manifest.model_copy(update=update))


def _reported(results: Path) -> float:
    """Return how long `rushhour capacity` took in s."""
    words = ["--traffic-scale", "0.1", "--event", "Black Friday=2.5@2027-11-26", "--against", "nodes=application=6"]
    command = [sys.executable, "-m", "rushhour", "capacity", "--results", str(results), *words]
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
