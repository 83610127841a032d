"""Rules of the PostgreSQL probe against a real server."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from loadgen.probes.postgres import PostgresReader
from loadgen.probes.reading import NoReading, Reading
from rushhour.load import free_port
from scenarios.probe import Probe

pytestmark = pytest.mark.integration
NOBODY = 65534  # the server refuses to be root


def programs() -> Path | None:
    """Return where PostgreSQL's programs are, None where they are not installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which("initdb")
    return versions[-1] if versions else None if found is None else Path(found).parent


@dataclass(slots=True)
class Server:
    """A server of its own on a port of loopback."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def dsn(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=probe dbname=postgres"

    def start(self) -> None:
        where = programs()
        assert where is not None
        options = {
            "listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": "", "fsync": "off",
            "shared_preload_libraries": "pg_stat_statements",
        }  # fmt: skip
        command = [str(where / "postgres"), "-D", str(self.folder / "data")]
        command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen([*as_user(), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        limit = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.dsn, connect_timeout=2).close()
            except psycopg.OperationalError:
                assert time.monotonic() < limit, "PostgreSQL does not listen"
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(3)  # SIGQUIT: at once
            self.process.wait(timeout=20)
            self.process = None


def as_user() -> list[str]:
    return [] if os.getuid() else ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    where = programs()
    if where is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: run .ci/run once, or apt-get install postgresql", pytrace=False)
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="probe-pg-"))
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    made = [
        str(where / "initdb"),
        "--pgdata",
        str(folder / "data"),
        "--username",
        "probe",
        "--auth",
        "trust",
        "--no-sync",
    ]
    subprocess.run([*as_user(), *made], check=True, capture_output=True)
    found = Server(folder, free_port())
    found.start()
    yield found
    found.stop()
    shutil.rmtree(folder)


def reader(server: Server) -> PostgresReader:
    return PostgresReader(Probe(name="database", kind="postgres", dsn_env="DSN"), server.dsn)  # type: ignore[arg-type]  # the word of the kind


def values(readings: list[Reading]) -> dict[str, float]:
    return {reading.metric: reading.value for reading in readings}


def test_connections_are_counted_without_the_probes_own(server: Server) -> None:
    probe = reader(server)
    before = values(probe.read())["connections"]
    with psycopg.connect(server.dsn), psycopg.connect(server.dsn):
        found = values(probe.read())
    probe.close()
    assert found["connections"] - before == 2
    assert found["max_connections"] == 100


def test_who_waits_for_a_lock_is_counted(server: Server) -> None:
    probe = reader(server)
    with psycopg.connect(server.dsn) as holder, psycopg.connect(server.dsn) as waiter:
        holder.execute("SELECT pg_advisory_lock(7)")
        assert values(probe.read())["waiting_for_locks"] == 0
        waiter.execute("SET statement_timeout = '5s'")
        process = subprocess.Popen(
            ["psql", "-q", "-h", "127.0.0.1", "-p", str(server.port), "-U", "probe", "-d", "postgres", "-c", "SELECT pg_advisory_lock(7)"],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        limit = time.monotonic() + 10
        while values(probe.read())["waiting_for_locks"] != 1:
            assert time.monotonic() < limit, "nobody waits"
            time.sleep(0.05)
        holder.execute("SELECT pg_advisory_unlock(7)")
        assert process.wait(timeout=10) == 0
    probe.close()


def test_blocks_and_statements_are_counters_that_rise(server: Server) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        probe = reader(server)
        before = values(probe.read())
        for _ in range(20):
            connection.execute("SELECT count(*) FROM pg_class")
        time.sleep(1.1)  # a server tells its statistics once a second
        connection.execute("SELECT 1")
        after = values(probe.read())
    probe.close()
    assert after["statements_calls"] - before["statements_calls"] >= 20
    assert after["statements_seconds"] > before["statements_seconds"]
    assert after["blocks_hit"] > before["blocks_hit"]


def test_a_server_that_is_away_is_a_gap_and_the_probe_comes_back_with_it(server: Server) -> None:
    probe = reader(server)
    assert values(probe.read())["max_connections"] == 100
    server.stop()
    for _ in range(2):
        with pytest.raises(NoReading) as none:
            probe.read()
        assert none.value.because
        assert server.dsn not in none.value.because
    server.start()
    assert values(probe.read())["max_connections"] == 100
    probe.close()
