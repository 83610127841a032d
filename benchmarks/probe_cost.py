"""What the probes of the sandbox's profile cost the machine that makes the load: CPU of the companion, a second of run.

    .venv/bin/python -m benchmarks.probe_cost [--seconds 60]

A sandbox with some hundred requests behind it (so that its page has all its lines), a run folder that has begun, and the companion beside it as
`rushhour run` starts it. CPU is that of the companion's process from its second sample to the last, so that its start is not in it.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil

from benchmarks.table import Row, deliver
from records.environment import fingerprint, versions
from records.event import Event, EventKind
from records.folder import PROBES, Appender, create_folder, write_manifest
from records.manifest import Ended, Manifest
from records.run import read_run
from rushhour.embedded import Embedded
from scenarios.library import load_plan
from scenarios.plan import Plan

MAX_CPU_RATIO = 0.02
REQUESTS = 300


def main() -> int:
    """Measure, print the rows, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="how long is measured")
    seconds = parser.parse_args().seconds
    plan = load_plan("weekly_regression", "sandbox")
    with tempfile.TemporaryDirectory() as results, Embedded.start(plan.target, seed=1) as shop:
        plan = load_plan("weekly_regression", "sandbox", url=shop.url)
        _visit(shop.url)
        folder = _begun(Path(results), plan)
        cpu_ratio = _accompanied(folder, seconds)
        run = read_run(folder)
        metrics = len(run.probes.columns)
        rows = [
            Row(
                f"{len(plan.target.probes)} probes, {metrics} metrics each second: CPU of the companion",
                f"{cpu_ratio:.2%} of a core",
                f"< {MAX_CPU_RATIO:.0%}",
                cpu_ratio < MAX_CPU_RATIO,
            ),
            Row("gaps", f"{len(run.probes.gaps)}", "0", not run.probes.gaps),
            Row("probes.jsonl", f"{(folder / PROBES).stat().st_size / seconds / 1000:.1f} kB a second"),
        ]
    return deliver("Probes", rows)


def _visit(url: str) -> None:
    with httpx.Client(base_url=url, trust_env=False) as client:
        for number in range(REQUESTS):
            client.get(("/health", "/api/v1/health/database", "/api/v1/health/dependencies")[number % 3])


def _begun(results: Path, plan: Plan) -> Path:
    folder = create_folder(results, "probed")
    write_manifest(folder, _manifest(plan))
    appender = Appender(folder)
    appender.event(Event(0.0, EventKind.STAGE, "steady"))
    appender.close()
    return folder


def _manifest(plan: Plan, ended: Ended | None = None) -> Manifest:
    return Manifest(
        run_id="probed", scenario_text="", plan=plan, started_at=datetime.now(UTC).isoformat(timespec="milliseconds"), workers=1,
        versions=versions(), commit=None, target_build=None, fingerprint=fingerprint(), command=(), load_command=(), ended=ended,
    )  # fmt: skip


def _accompanied(folder: Path, seconds: int) -> float:
    """Return the CPU that the companion of a run took, as a share of one core, then end the run."""
    companion = subprocess.Popen([sys.executable, "-m", "loadgen.probes", str(folder)])
    process = psutil.Process(companion.pid)
    while (folder / PROBES).read_bytes().count(b'"up"') < 6:
        time.sleep(0.05)
    began_s, began = _used_s(process), time.monotonic()
    time.sleep(seconds)
    ratio = (_used_s(process) - began_s) / (time.monotonic() - began)
    manifest = _manifest(load_plan("weekly_regression", "sandbox"), Ended(reason="completed", at_s=float(seconds)))
    write_manifest(folder, manifest)
    companion.wait(timeout=10)
    return ratio


def _used_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    sys.exit(main())
