"""How long importing takes: `python -m benchmarks.import_speed [--samples N]`.

Wanted (docs/import.md): 10 million samples imported and summarised in under 10 s and 2 GB, and the summary of a recorded hour at
1,000 requests per s in under 2 s. The samples are an hour of 20 operations from a seed, written as a table of latencies; the command
`rushhour import` is a process of its own, so that its peak of memory is its own. The others are a tenth of the samples each: what a
line costs differs from format to format.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
from numpy.typing import NDArray

from analysis.observed import observe
from analysis.stage import summarise
from benchmarks.table import Row, deliver
from records.run import read_run

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
OPERATIONS = 20
LENGTH_S = 3600.0
EPOCH_S = 1_700_000_000.0
WANTED_S, WANTED_BYTES, WANTED_SUMMARY_S = 10.0, 2e9, 2.0
HOUR = 3_600_000  # requests of an hour at 1,000 per s
ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Print the figures of each format and of the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=10_000_000)
    parser.add_argument("--write", nargs=2, metavar=("FORMAT", "FILE"), help="Only write a file of so many samples.")
    options = parser.parse_args()
    if options.write:
        _WRITERS[options.write[0]](Path(options.write[1]), options.samples)
        return 0
    with tempfile.TemporaryDirectory(prefix="rushhour-import-") as folder:
        place = Path(folder)
        rows = [_whole(place, options.samples)]
        rows += [_part(place, name, options.samples // 10) for name in ("jmeter", "k6_csv", "k6_json", "gatling")]
        return deliver("Importing", [*rows, _summary(place)])


def _whole(place: Path, samples: int) -> Row:
    path = place / "table.csv"
    _written("table", path, samples)
    took_s, peak_bytes = _imported(path, place / "whole")
    kept = took_s < WANTED_S and peak_bytes < WANTED_BYTES
    told = f"{took_s:.1f} s, {peak_bytes / 1e9:.2f} GB"
    path.unlink()
    return Row(
        f"{samples / 1e6:g} million samples of a table imported and summarised", told, f"< {WANTED_S:g} s, < 2 GB", kept
    )


def _summary(place: Path) -> Row:
    """Return how long the summary of an hour takes: reading its folder, and each stage's figures."""
    path = place / "hour.csv"
    _written("table", path, HOUR)
    _imported(path, place / "hour")
    folder = next((place / "hour").glob("*/manifest.json")).parent
    began = time.perf_counter()
    run = read_run(folder)
    stages = tuple(observe(run, stage) for stage in run.manifest.plan.stages)
    found = summarise(run, stages, ())
    took_s = time.perf_counter() - began
    assert found[0].count == HOUR
    return Row(
        "summary of a recorded hour at 1,000 per s",
        f"{took_s:.2f} s",
        f"< {WANTED_SUMMARY_S:g} s",
        took_s < WANTED_SUMMARY_S,
    )


def _part(place: Path, name: str, samples: int) -> Row:
    path = place / name
    _written(name, path, samples)
    size_mb = path.stat().st_size / 1e6
    took_s, peak_bytes = _imported(path, place / f"results-{name}")
    path.unlink()
    told = f"{took_s:.1f} s, {peak_bytes / 1e9:.2f} GB ({size_mb:,.0f} MB)"
    return Row(f"{samples / 1e6:g} million requests of {name.replace('_', ' ')}", told)


def _written(name: str, path: Path, samples: int) -> None:
    """Write a file in a process of its own: a child's peak of memory begins with its parent's."""
    command = [sys.executable, "-m", "benchmarks.import_speed", "--samples", str(samples), "--write", name, str(path)]
    subprocess.run(command, cwd=ROOT, check=True)


def _imported(path: Path, results: Path) -> tuple[float, float]:
    """Return how long `rushhour import` took in s, and the peak of its memory in bytes."""
    command = [sys.executable, "-m", "rushhour", "import", str(path), "--results", str(results)]
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        took_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"rushhour import ended with {process.returncode}")
    assert isinstance(usage, resource.struct_rusage)
    return took_s, usage.ru_maxrss * 1024.0


def _columns(samples: int, seed: int) -> tuple[Floats, Ints, Floats]:
    """Return start in s since the epoch, operation and latency in ms of requests in the order of their start."""
    rng = np.random.default_rng(seed)
    operation = rng.integers(OPERATIONS, size=samples)
    latency_ms = (5.0 * (1 + operation) * np.exp(0.5 * rng.standard_normal(samples))).astype(np.float64)
    return EPOCH_S + np.sort(rng.uniform(0, LENGTH_S, samples)), operation, latency_ms


def _write_table(path: Path, samples: int) -> None:
    start_s, operation, latency_ms = _columns(samples, 1)
    names = pa.DictionaryArray.from_arrays(
        pa.array(operation.astype(np.int32)), pa.array([f"GET /operation/{n}" for n in range(OPERATIONS)])
    )
    columns = {
        "timestamp": np.round(start_s, 3),
        "operation": names.cast(pa.string()),
        "latency_ms": np.round(latency_ms, 3),
        "status": np.full(samples, 200),
    }
    pv.write_csv(pa.table(columns), path)


def _write_jmeter(path: Path, samples: int) -> None:
    start_s, operation, latency_ms = _columns(samples, 3)
    ok = pa.DictionaryArray.from_arrays(pa.array(np.zeros(samples, dtype=np.int32)), pa.array(["true"])).cast(
        pa.string()
    )
    columns = {
        "timeStamp": (start_s * 1e3).astype(np.int64),
        "elapsed": latency_ms.astype(np.int64),
        "label": pa.array([f"GET /operation/{n}" for n in range(OPERATIONS)]).take(pa.array(operation)),
        "responseCode": np.full(samples, 200),
        "success": ok,
    }
    pv.write_csv(pa.table(columns), path)


def _write_k6_csv(path: Path, samples: int) -> None:
    head = "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,status\n"
    lines = (
        f"http_req_duration,{start + ms / 1e3:.0f},{ms:.6f},,,,true,,GET,http://shop/operation/{n},HTTP/1.1,default,200\n"
        for start, n, ms in _rows(samples)
    )
    _write(path, head, lines)


def _write_k6_json(path: Path, samples: int) -> None:
    head = '{"type":"Metric","data":{"name":"http_req_duration","type":"trend","contains":"time","thresholds":[],"submetrics":null},"metric":"http_req_duration"}\n'
    moments = (np.datetime64(int((start + ms / 1e3) * 1e6), "us") for start, _, ms in _rows(samples))
    lines = (
        f'{{"metric":"http_req_duration","type":"Point","data":{{"time":"{moment}Z","value":{ms:.6f},"tags":{{"expected_response":"true","group":"","method":"GET",'
        f'"name":"http://shop/operation/{n}","proto":"HTTP/1.1","scenario":"default","status":"200","url":"http://shop/operation/{n}"}}}}}}\n'
        for moment, (_, n, ms) in zip(moments, _rows(samples), strict=True)
    )
    _write(path, head, lines)


def _write_gatling(path: Path, samples: int) -> None:
    lines = (
        f"REQUEST\t\tGET /operation/{n}\t{start * 1e3:.0f}\t{start * 1e3 + ms:.0f}\tOK\n"
        for start, n, ms in _rows(samples)
    )
    _write(path, "RUN\tshop.Sim\tsim\t1700000000000\t \t3.9.5\n", lines)


def _rows(samples: int) -> Iterator[tuple[float, int, float]]:
    start_s, operation, latency_ms = _columns(samples, 4)
    return zip(start_s.tolist(), operation.tolist(), latency_ms.tolist(), strict=True)


def _write(path: Path, head: str, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(head)
        file.writelines(lines)


_WRITERS = {
    "table": _write_table,
    "jmeter": _write_jmeter,
    "k6_csv": _write_k6_csv,
    "k6_json": _write_k6_json,
    "gatling": _write_gatling,
}


if __name__ == "__main__":
    sys.exit(main())
