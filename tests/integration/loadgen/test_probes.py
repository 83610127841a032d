"""Rules of probes against things that listen, run and stop."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue

import pytest

from loadgen.probes.lane import Lane
from loadgen.probes.process import ProcessReader, listeners
from loadgen.probes.prometheus import PrometheusReader
from loadgen.probes.readers import reader_of
from loadgen.probes.reading import NoReading, Reading
from loadgen.probes.redis import RedisReader
from records.environment import fingerprint, versions
from records.event import Event, EventKind
from records.folder import Appender, create_folder, write_manifest
from records.manifest import Ended, Manifest
from records.probe import UP
from records.run import read_run
from rushhour.load import free_port
from scenarios.library import load_plan, load_target
from scenarios.plan import Plan
from scenarios.probe import Probe

pytestmark = pytest.mark.integration
PAGE = b'# TYPE hits_total counter\nhits_total{shard="a"} 3\nhits_total{shard="b"} 4\npool 7\n'
GAUGE = {"name": "pool", "title": "Pool", "unit": "count", "gauge": "pool"}


@contextmanager
def page(port: int = 0, delay_s: float = 0.0, status: int = 200, body: bytes = PAGE) -> Iterator[int]:
    """Serve one page on a port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(delay_s)
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port or free_port()), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def probe(port: int, **given: object) -> Probe:
    url = f"http://127.0.0.1:{port}/metrics"
    return Probe.model_validate(
        {"name": "shop", "kind": "prometheus", "url": url, "signals": [GAUGE], "metrics": ["hits_total"], **given}
    )


def prometheus(port: int, **given: object) -> PrometheusReader:
    made = probe(port, **given)
    assert made.url is not None
    return PrometheusReader(made, made.url, verify_tls=True)


def values(readings: list[Reading]) -> dict[str, float]:
    return {reading.metric: reading.value for reading in readings}


def test_a_page_is_read_and_added_up() -> None:
    with page() as port:
        assert values(prometheus(port).read()) == {"pool": 7.0, "hits_total": 7.0}


@pytest.mark.parametrize(
    ("served", "expected"),
    [
        ({"delay_s": 0.6}, "no answer within 0.3 s"),
        ({"status": 503}, "answered 503"),
        ({"body": b"x" * 5_000_000}, "more than 4,000,000 bytes"),
    ],
)
def test_a_bad_answer_is_a_gap_with_its_reason_in_time(served: dict[str, object], expected: str) -> None:
    with page(**served) as port:  # type: ignore[arg-type]  # by name
        began = time.monotonic()
        with pytest.raises(NoReading) as none:
            prometheus(port, timeout="300 ms").read()
        assert expected in none.value.because
        assert time.monotonic() - began < 0.9


def test_a_probe_comes_back_when_its_target_does() -> None:
    port = free_port()

    with page(port):
        lane = Lane("shop", lambda: prometheus(port), SimpleQueue())
        assert lane.sample(0)[0].value == 1.0
    assert lane.sample(1)[0].value is None
    with page(port):
        assert lane.sample(2)[0].because == "back after 1 s"


# Processes.


@contextmanager
def child(code: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def by_pid(pid: int, now: Callable[[], float] = time.monotonic) -> ProcessReader:
    return ProcessReader(Probe(name="p", kind="process", pid=pid), None, now)  # type: ignore[arg-type]  # the word of the kind


def test_a_busy_process_uses_cpu_and_an_idle_one_does_not() -> None:
    with child("while True: pass") as busy, child("import time; time.sleep(60)") as idle:
        readers = by_pid(busy.pid), by_pid(idle.pid)
        time.sleep(0.2)
        before = [values(reader.read())["cpu_seconds"] for reader in readers]
        time.sleep(0.8)
        used = [values(reader.read())["cpu_seconds"] - start for reader, start in zip(readers, before, strict=True)]
    assert used[0] > 0.1
    assert used[1] < used[0] / 5


def test_a_process_that_is_gone_is_a_gap() -> None:
    with child("import time; time.sleep(60)") as process:
        reader = by_pid(process.pid)
        assert values(reader.read())["processes"] == 1.0
        process.kill()
        process.wait()
    with pytest.raises(NoReading) as none:
        reader.read()
    assert none.value.because == f"no process with the pid {process.pid}"


def test_a_process_is_found_by_the_port_it_listens_on() -> None:
    with page() as port:
        assert listeners(port) == [os.getpid()]
        reader = ProcessReader(Probe(name="p", kind="process", port="target"), port)  # type: ignore[arg-type]  # the word of the kind
        assert values(reader.read())["resident_bytes"] > 1e6
    assert listeners(port) == []


# Redis, spoken to in its own protocol.


@contextmanager
def redis_server(info: str) -> Iterator[int]:
    """Answer INFO, and OK to everything else, as Redis does (RESP)."""
    listener = socket.create_server(("127.0.0.1", free_port()))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                while line := stream.readline():
                    words = []
                    for _ in range(int(line[1:])):
                        stream.readline()
                        words.append(stream.readline().strip().upper())
                    body = info.encode()
                    stream.write(b"$%d\r\n%s\r\n" % (len(body), body) if words[0] == b"INFO" else b"+OK\r\n")
                    stream.flush()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def redis_probe() -> Probe:
    return Probe(name="cache", kind="redis", url_env="CACHE_URL")  # type: ignore[arg-type]  # the word of the kind


def test_redis_tells_its_hits_and_misses() -> None:
    with redis_server(
        "# Stats\r\nkeyspace_hits:90\r\nkeyspace_misses:10\r\nused_memory:1048576\r\nrole:master\r\n"
    ) as port:
        reader = RedisReader(redis_probe(), f"redis://127.0.0.1:{port}/0")
        found = values(reader.read())
        reader.close()
    assert found == {"keyspace_hits": 90.0, "keyspace_misses": 10.0, "used_memory": 1048576.0}


def test_a_redis_that_is_not_there_is_a_gap() -> None:
    with pytest.raises(NoReading) as none:
        RedisReader(redis_probe(), f"redis://127.0.0.1:{free_port()}/0").read()
    assert "refused" in none.value.because.lower()


def test_a_secret_that_is_not_set_is_a_gap_that_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CACHE_URL", raising=False)
    with pytest.raises(NoReading) as none:
        reader_of(redis_probe(), load_target("sandbox"))
    assert none.value.because == "the environment variable CACHE_URL is not set"


# The companion as a whole.


def plan_with(port: int) -> Plan:
    plan = load_plan("smoke")
    target = plan.target.model_copy(update={"probes": (probe(port),), "resources": ()})
    return plan.model_copy(update={"target": target})


def manifest_of(plan: Plan, started_unix_s: float, ended: Ended | None = None) -> Manifest:
    return Manifest(
        run_id="probed", scenario_text="", plan=plan, started_at=datetime.fromtimestamp(started_unix_s, UTC).isoformat(timespec="milliseconds"),
        workers=1, versions=versions(), commit=None, target_build=None, fingerprint=fingerprint(), command=(), load_command=(), ended=ended,
    )  # fmt: skip


def wait_for(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    limit = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.05)


def test_the_companion_samples_each_second_through_an_outage_and_ends_with_the_run(tmp_path: Path) -> None:
    port = free_port()
    folder = create_folder(tmp_path, "probed")
    started = time.time()
    write_manifest(folder, manifest_of(plan_with(port), started))
    companion = subprocess.Popen([sys.executable, "-m", "loadgen.probes", str(folder)])
    try:
        appender = Appender(folder)
        appender.event(Event(0.0, EventKind.STAGE, "steady"))
        appender.close()

        def ups() -> list[float]:
            column = read_run(folder).probes.column("shop", UP)
            return [] if column is None else column.value.tolist()

        with page(port):
            wait_for(lambda: len(ups()) >= 2)
        wait_for(lambda: len(read_run(folder).probes.gaps) >= 1)
        with page(port):
            wait_for(lambda: len(read_run(folder).probes.returns) == 1)
            write_manifest(folder, manifest_of(plan_with(port), started, Ended(reason="completed", at_s=9.0)))
            assert companion.wait(timeout=5) == 0
    finally:
        if companion.poll() is None:
            companion.kill()
            companion.wait()
    probes = read_run(folder).probes
    assert {gap.value for gap in probes.gaps} == {None}
    assert "refused" in probes.gaps[0].because
    assert probes.returns[0].because.startswith("back after ")
    pool = probes.column("shop", "pool")
    assert pool is not None
    assert set(pool.value.tolist()) == {7.0}
    seconds = sorted([*pool.second.tolist(), *(gap.second for gap in probes.gaps)])
    assert seconds == list(range(seconds[0], seconds[0] + len(seconds)))


def test_the_companion_of_no_run_is_told_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loadgen.probes", str(tmp_path)], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "expected a run folder" in done.stderr
