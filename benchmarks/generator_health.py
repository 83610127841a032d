"""Whether a starved generator is always called invalid, a healthy one never, and neither blamed on the target.

    .venv/bin/python -m benchmarks.generator_health [--whole | --runs N] [--only healthy|beside|beyond]

Short real runs (what `rushhour run` does but for its reports; 10 s of load), each against a target on the last core that is known to be well:
`healthy` runs the everyday mix on the sandbox; `beside` runs the same with the process of the load pinned to the first core beside
busy loops, from its first second on; `beyond` asks for more arrivals per s than one process can make, of a target that answers everything
at once. Four runs of each by default, twenty with `--whole` (about 20 min). A starved run has to be invalid and to name a
check that tells the cause; a healthy one must not be invalid.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
from rich.console import Console

from analysis.verdict import as_document
from benchmarks.table import Row, deliver

ROOT = Path(__file__).resolve().parents[1]
TARGETS = ROOT / "scenarios" / "targets"
RUNS, WHOLE = 4, 20
ITSELF = (sys.executable, "-m", "benchmarks.generator_health")
TIME_SCALE = 0.03  # sessions of some 3 s, so that a run of 10 s is over soon after
WELL_PER_S = 40  # sessions; the sandbox makes 60 of the everyday mix with ease
BUSY_LOOPS = 16  # the load gets a 17th of the core; it needs a tenth
BEYOND_PER_S = (
    2_300  # sessions of some seven requests; as many as 20,000 open files allow, and far more than one process plays
)
LONGEST_S = 120  # of one run with its judging; more is a machine in trouble
CAUSES = {"loop_lag", "cpu", "lateness", "dropped", "started"}
SCENARIO = """
format_version = 1
name = "generator_health"
title = "Ten seconds"
model = "open"
mix = "everyday"
objectives = "bookedbarber"
seed = 1
personas = [{personas}]

[traffic]
sessions_per_s = "{rate} per s"
session_length = "{length}"

[[stages]]
name = "warm_up"
kind = "warm_up"
level = 1.0
duration = "67 s"

[[stages]]
name = "steady"
kind = "steady"
level = 1.0
duration = "267 s"
"""


Process = TypeVar("Process", bound=subprocess.Popen[Any])


@dataclass(frozen=True, slots=True)
class Told:
    """What a run ended in: its outcome, the checks that failed, the objectives that it says were missed, its tail of the loop lag in us."""

    outcome: str
    sick: frozenset[str]
    missed: int
    lag_us: float
    lateness_us: float
    because: str


def main() -> int:
    """Make the runs, print the rows, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", action="store_true", help=f"{WHOLE} runs of each")
    parser.add_argument("--runs", type=int, default=RUNS, help="runs of each")
    parser.add_argument("--only", choices=KINDS, action="append", help="this kind alone; may be repeated")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--carry-out", metavar="REQUEST", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.carry_out:
        return carry_out_and_judge(json.loads(options.carry_out))
    if options.serve:
        return serve()
    runs = WHOLE if options.whole else options.runs
    rows = []
    for kind in options.only or KINDS:
        told = [_shown(kind, KINDS[kind]()) for _ in range(runs)]
        rows += _healthy_rows(told) if kind == "healthy" else _starved_rows(kind, told)
    return deliver("Generator health", rows)


def _healthy_rows(told: list[Told]) -> list[Row]:
    invalid = sum(one.outcome == "invalid" for one in told)
    lag_ms, late_ms = max(one.lag_us for one in told) / 1000, max(one.lateness_us for one in told) / 1000
    return [
        Row("healthy generator called invalid", f"{invalid} of {len(told)} runs", "never", invalid == 0),
        Row("its loop lag and lateness p99, the worst run", f"{lag_ms:.1f} ms, {late_ms:.1f} ms"),
    ]


def _starved_rows(kind: str, told: list[Told]) -> list[Row]:
    what = {"beside": "starved beside busy loops", "beyond": "asked for more than it can make"}[kind]
    named = sum(one.outcome == "invalid" and bool(one.sick & CAUSES) for one in told)
    blamed = sum(one.outcome == "fail" for one in told)
    causes = ", ".join(f"{name} {count}" for name, count in Counter(n for one in told for n in one.sick).most_common())
    return [
        Row(f"generator {what}: invalid, cause named", f"{named} of {len(told)} runs", "always", named == len(told)),
        Row("   blamed on the target", f"{blamed} of {len(told)} runs", "never", blamed == 0),
        Row("   checks that failed", causes or "none"),
    ]


def _shown(kind: str, told: Told) -> Told:
    print(
        f"{kind:<8} {told.outcome:<13} lag {told.lag_us / 1000:7.1f} ms  lateness {told.lateness_us / 1000:7.1f} ms  "
        f"missed {told.missed}  {', '.join(sorted(told.sick)) or 'all sound'}",
        flush=True,
    )
    return told


# The three kinds of run.


def healthy() -> Told:
    """Run with the machine for itself."""
    with _sandbox() as url, _request(WELL_PER_S, url) as request:
        return _run(request)


def beside(loops: int = BUSY_LOOPS) -> Told:
    """Run with the load's process on the first core beside busy loops, from its first second to its end."""
    with ExitStack() as stack:
        request = stack.enter_context(_request(WELL_PER_S, stack.enter_context(_sandbox())))

        def starve(load: psutil.Process) -> None:
            load.cpu_affinity([0])
            stack.enter_context(_busy(loops))

        return _run(request, starve, stack.close)


def beyond() -> Told:
    """Run a rate that no single process can make."""
    with _listening([*ITSELF, "--serve"]) as url, _request(BEYOND_PER_S, url, '"barber"') as request:
        return _run(request)


@contextmanager
def _request(rate: int, url: str, personas: str = "") -> Iterator[dict[str, Any]]:
    """Yield what to carry out: ten seconds at a rate of sessions per s, on a target profile that allows it."""
    with tempfile.TemporaryDirectory() as folder:
        scenario, target = Path(folder) / "generator_health.toml", Path(folder) / "target.toml"
        scenario.write_text(
            SCENARIO.format(rate=rate, personas=personas, length="1 s" if personas else "60 s"), encoding="utf-8"
        )
        profile = (TARGETS / "sandbox.toml").read_text(encoding="utf-8")
        target.write_text(
            re.sub(r'sessions_per_s = ".*"', f'sessions_per_s = "{BEYOND_PER_S} per s"', profile), encoding="utf-8"
        )
        yield {"scenario": str(scenario), "target": str(target), "url": url, "time_scale": TIME_SCALE}


KINDS: dict[str, Callable[[], Told]] = {"healthy": healthy, "beside": beside, "beyond": beyond}


def _run(
    request: dict[str, Any],
    begun: Callable[[psutil.Process], None] | None = None,
    ended: Callable[[], None] | None = None,
) -> Told:
    """Carry out a run and return what it ended in; `begun` is called with the load's process in second 0, `ended` when it is gone."""
    with tempfile.TemporaryDirectory() as results:
        command = [*ITSELF, "--carry-out", json.dumps({**request, "results": results})]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if begun is not None:
            load = _load_of(process, Path(results))
            if load is not None:
                begun(load)
                psutil.wait_procs([load], timeout=LONGEST_S)
        if ended is not None:
            ended()
        said, complained = process.communicate(timeout=LONGEST_S)
        if process.returncode != 0:
            raise SystemExit(f"no verdict: {complained.strip()}")
        return _told(json.loads(said.splitlines()[-1]))


def carry_out_and_judge(request: dict[str, Any]) -> int:
    """Do what `rushhour run` does but for its reports, and print the verdict on one line."""
    from rushhour.run import RunRequest, carry_out  # noqa: PLC0415  # this role alone needs them
    from rushhour.verdicts import judge_folder  # noqa: PLC0415

    results = Path(request["results"])
    folder = carry_out(RunRequest(**{**request, "results": results}), Console(stderr=True))
    print(json.dumps(as_document(judge_folder(folder, results / "none").verdict)))
    return 0


def _load_of(command: "subprocess.Popen[str]", results: Path) -> psutil.Process | None:
    """Return the process that makes the load as soon as it has written its first second, None where the command ends before."""
    while command.poll() is None:
        if any(path.stat().st_size for path in results.glob("*/generator.jsonl")):
            children = psutil.Process(command.pid).children()
            return next((child for child in children if "locust" in child.cmdline()), None)
        time.sleep(0.05)
    return None


def _told(verdict: dict[str, Any]) -> Told:
    checks = {row["name"]: row for row in verdict["generator"]}
    return Told(
        outcome=verdict["outcome"],
        sick=frozenset(name for name, row in checks.items() if not row["healthy"]),
        missed=sum(row["outcome"] == "fail" for row in verdict["objectives"]),
        lag_us=checks["loop_lag"]["observed"],
        lateness_us=checks["lateness"]["observed"],
        because=verdict["because"][0],
    )


# Surroundings.


def _pinned(process: Process, core: int) -> Process:
    psutil.Process(process.pid).cpu_affinity([core])
    return process


@contextmanager
def _busy(loops: int) -> Iterator[None]:
    command = [sys.executable, "-c", "while True: pass"]
    # In a session each: Linux shares a core between sessions first (autogroup), so that loops in one would count as one.
    started = [_pinned(subprocess.Popen(command, start_new_session=True), 0) for _ in range(loops)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


@contextmanager
def _sandbox() -> Iterator[str]:
    with _listening(
        [sys.executable, "-m", "sandbox", "--port", "0", "--barbers", "100", "--clients", "2000", "--pool", "45"]
    ) as url:
        yield url


@contextmanager
def _listening(command: list[str]) -> Iterator[str]:
    """Start a target on the last core and yield its URL."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    _pinned(process, (os.cpu_count() or 1) - 1)
    assert process.stdout is not None
    try:
        yield str(json.loads(process.stdout.readline())["listening"])
    finally:
        process.terminate()
        process.wait(timeout=20)


def serve() -> int:
    """Answer everything at once, on a port below 32768, until terminated."""
    import httptools  # noqa: PLC0415  # the target's role alone needs them
    import uvloop  # noqa: PLC0415

    nothing: dict[str, Any] = {key: [] for key in ("appointments", "payments", "results")}
    said = {"id": 1, "access_token": "x", "refresh_token": "x", "token_type": "bearer", "connected": True}
    body = json.dumps({**said, **nothing, "message": "done"}).encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    class Server(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            self.parser = httptools.HttpRequestParser(self)

        def data_received(self, data: bytes) -> None:
            self.parser.feed_data(data)

        def on_message_complete(self) -> None:
            self.transport.write(answer)

    async def forever() -> None:
        for port in range(21_200, 21_400):
            try:
                server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", port, backlog=4_096)
            except OSError:
                continue
            print(json.dumps({"listening": f"http://127.0.0.1:{port}"}), flush=True)
            await server.serve_forever()

    uvloop.run(forever())
    return 1


if __name__ == "__main__":
    sys.exit(main())
