"""The probe `postgres`: connections, waits, cache hits and, where it is there, pg_stat_statements. Needs the extra `postgres`."""

from typing import Any

from loadgen.probes.reading import NoReading, Reading, reason
from scenarios.probe import Probe

STATEMENTS_HERE = "SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'"
ACTIVITY = """
SELECT count(*),
       count(*) FILTER (WHERE state = 'active'),
       count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
       count(*) FILTER (WHERE wait_event_type = 'Lock'),
       count(*) FILTER (WHERE wait_event_type IN ('LWLock', 'BufferPin', 'IO') AND state = 'active'),
       current_setting('max_connections')::int
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()
"""
DATABASE = """
SELECT blks_hit, blks_read, xact_commit, xact_rollback, deadlocks, temp_bytes
FROM pg_stat_database WHERE datname = current_database()
"""
STATEMENTS = """
SELECT coalesce(sum(calls), 0), coalesce(sum(total_exec_time), 0) / 1000.0
FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
ACTIVITY_METRICS = (
    ("connections", "count"), ("connections_active", "count"), ("connections_idle_in_transaction", "count"),
    ("waiting_for_locks", "count"), ("waiting_inside", "count"), ("max_connections", "count"),
)  # fmt: skip
DATABASE_METRICS = (
    ("blocks_hit", "count"), ("blocks_read", "count"), ("commits", "count"), ("rollbacks", "count"), ("deadlocks", "count"),
    ("temporary_bytes", "bytes"),
)  # fmt: skip
STATEMENTS_METRICS = (("statements_calls", "count"), ("statements_seconds", "s"))


class PostgresReader:
    """Asks the statistics views over one connection of its own, which is opened again after a failure."""

    def __init__(self, probe: Probe, dsn: str) -> None:
        """Prepare; raise NoReading where the extra is not installed. `dsn` is never shown."""
        try:
            import psycopg  # noqa: PLC0415 - an extra
        except ImportError:
            raise NoReading("the package psycopg is not installed; pip install rushhour[postgres]") from None
        self._psycopg: Any = psycopg
        self._dsn = dsn
        self._timeout_s = probe.timeout
        self._connection: Any = None
        self._asked: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    def read(self) -> list[Reading]:
        """Return the values; raise NoReading."""
        try:
            if self._connection is None:
                self._open()
            return [
                Reading(metric, float(value), unit)
                for query, metrics in self._asked
                for (metric, unit), value in zip(metrics, self._row(query), strict=True)
            ]
        except (self._psycopg.Error, OSError) as error:
            self.close()
            raise NoReading(self._without_dsn(reason(error))) from error

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> None:
        """Connect (libpq waits whole seconds, 2 at least) and look whether statements are counted."""
        self._connection = self._psycopg.connect(
            self._dsn,
            autocommit=True,
            connect_timeout=2,
            application_name="rushhour probe",
            options=f"-c statement_timeout={round(self._timeout_s * 1000)}",
        )
        self._asked = ((ACTIVITY, ACTIVITY_METRICS), (DATABASE, DATABASE_METRICS))
        if self._row(STATEMENTS_HERE):
            try:
                self._row(STATEMENTS)  # the extension may be created and its library not loaded
            except self._psycopg.Error:
                return
            self._asked = (*self._asked, (STATEMENTS, STATEMENTS_METRICS))

    def _row(self, query: str) -> tuple[Any, ...]:
        found = self._connection.execute(query).fetchone()
        return () if found is None else tuple(found)

    def _without_dsn(self, words: str) -> str:
        return words.replace(self._dsn, "the DSN")
