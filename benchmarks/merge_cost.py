"""What the master's merge costs: 100 simulated workers, 20 operations, 1,000 requests per second in total.

Batches are recorded by real recorders, packed as Locust packs its messages, and read, accepted and written here as by a master;
only the sockets are missing. The figure is CPU per second of the run, as a share of one core. Beside it, how much smaller the folder
is than with a line for each worker, and that nothing was lost on the way.
"""

import random
import sys
import tempfile
import time
from array import array
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from locust.rpc.protocol import Message

from benchmarks.table import Row, deliver
from loadgen.conductor import Batch
from loadgen.recorder import Recorder, sparse
from loadgen.sink import FolderSink, as_message
from loadgen.worker_run import BATCH
from records.environment import fingerprint, versions
from records.folder import WINDOWS, create_folder, new_run_id, write_manifest
from records.generator import GeneratorSample
from records.manifest import Manifest
from records.run import read_run
from records.window import Outcome
from scenarios.library import load_plan, scenario_text

WORKERS, OPERATIONS, REQUESTS_PER_S = 100, 20, 1000
SECONDS = 60
LAG_SAMPLES = 50  # a second and worker
MOST_CORE_RATIO = 0.5  # one core keeps up, with as much again to spare


def main() -> int:
    """Measure, print the rows and return the exit code."""
    packed = _messages()
    lines_apart = sum(len(_unpacked(message)["windows"]) for second in packed for message in second)
    with tempfile.TemporaryDirectory() as results:
        folder = _folder(Path(results))
        sink = FolderSink(folder)
        sink.begin(time.time(), {f"worker{worker}": 0.0 for worker in range(WORKERS)})
        cpu_s, worst_s = _merge(sink, packed)
        run = read_run(folder)
        lines = (folder / WINDOWS).read_text(encoding="utf-8").count("\n")
    ended = run.manifest.ended
    assert ended is not None
    wanted = SECONDS * REQUESTS_PER_S
    whole = ended.reason == "completed" and int(run.series.outcomes.count.sum()) == wanted
    ratio = cpu_s / SECONDS
    load = f"{WORKERS} workers x {OPERATIONS} operations, {REQUESTS_PER_S:,} requests per s"
    rows = [
        Row(f"merge at the master, {load}: share of a core", f"{ratio:.1%}", f"<= {MOST_CORE_RATIO:.0%}", kept=ratio <= MOST_CORE_RATIO),
        Row("  its longest second, CPU", f"{worst_s * 1000:.0f} ms"),
        Row("  CPU per batch", f"{cpu_s / SECONDS / WORKERS * 1e6:.0f} us"),
        Row("  lines in windows.jsonl of those with a line for each worker", f"{lines / lines_apart:.1%}"),
        Row("  requests recorded of those counted", f"{int(run.series.outcomes.count.sum()):,}", f"{wanted:,}", kept=whole),
    ]  # fmt: skip
    return deliver("Merge at the master", rows)


def _merge(sink: FolderSink, packed: list[list[bytes]]) -> tuple[float, float]:
    """Return the CPU of merging everything, and of the costliest second, in s."""
    each: list[float] = []
    for second in packed:
        began = time.process_time()
        for message in second:
            sink.accept(_unpacked(message))
        each.append(time.process_time() - began)
    sink.finish("completed", float(SECONDS))
    return sum(each), max(each)


def _messages() -> list[list[bytes]]:
    """Return the packed batches of all workers, second by second."""
    rng = random.Random(1)
    counted = [0] * WORKERS
    packed = []
    for second in range(SECONDS):
        recorders = [Recorder() for _ in range(WORKERS)]
        for number in range(REQUESTS_PER_S):
            latency_us = rng.lognormvariate(9.5, 0.8)  # median 13 ms
            operation = f"GET /operation/{rng.randrange(OPERATIONS)}"
            recorders[number % WORKERS].request(operation, Outcome.OK, second + 0.5, latency_us, latency_us, 2000)
            counted[number % WORKERS] += 1
        packed.append([_message(second, worker, recorders[worker], counted[worker], rng) for worker in range(WORKERS)])
    return packed


def _message(second: int, worker: int, recorder: Recorder, counted: int, rng: random.Random) -> bytes:
    windows, journeys, ledger = recorder.flush()
    name = f"worker{worker}"
    lags = array("d", [rng.expovariate(1 / 300) for _ in range(LAG_SAMPLES)])
    sample = GeneratorSample(
        second=second, worker=name, sequence=second, users=10, users_planned=10, busy=5, planned=2, started=2, late=0, dropped=0,
        lateness_us=sparse(array("d", [200.0, 400.0])), loop_lag_us=sparse(lags), cpu_ratio=0.1, rss_bytes=1, descriptors=20,
        descriptor_limit=1024, connections_opened=10, connections_reused=100, connections_stale=0,
    )  # fmt: skip
    batch = Batch(name, second, windows, journeys, ledger, sample, counted, final=second == SECONDS - 1)
    wire: Any = Message
    packed: bytes = wire(BATCH, as_message(batch), name).serialize()
    return packed


def _unpacked(packed: bytes) -> dict[str, Any]:
    wire: Any = Message
    content: dict[str, Any] = wire.unserialize(packed).data
    return content


def _folder(results: Path) -> Path:
    run_id = new_run_id("smoke")
    folder = create_folder(results, run_id)
    manifest = Manifest(
        run_id=run_id, scenario_text=scenario_text("smoke"), plan=load_plan("smoke"), started_at=datetime.now(UTC).isoformat(),
        workers=WORKERS, versions=versions(), commit=None, target_build=None, fingerprint=fingerprint(), command=(), load_command=(),
    )  # fmt: skip
    write_manifest(folder, manifest)
    return folder


if __name__ == "__main__":
    sys.exit(main())
