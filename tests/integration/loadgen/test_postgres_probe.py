"""Rules of the PostgreSQL probe against a real server."""

import subprocess
import time
from collections.abc import Iterator

import psycopg
import pytest

from loadgen.probes.postgres import PostgresReader
from loadgen.probes.reading import NoReading, Reading
from scenarios.probe import Probe
from tests.integration.loadgen.postgresql import Server, postgresql

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql() as found:
        yield found


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
