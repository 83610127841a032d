"""The audit by SQL, against a PostgreSQL of its own: what is read, and that nothing can be written."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import psycopg
import pytest

from loadgen.audit.scope import Scope
from loadgen.audit.sql_source import SqlSource
from records.readback import ReadbackEnd, Row, RowKind
from scenarios.audit import Statements, TargetAudit
from scenarios.library import load_target
from tests.integration.loadgen.postgresql import postgresql

pytestmark = pytest.mark.integration
SHOP = """
CREATE TABLE appointments (id bigint PRIMARY KEY, barber_id bigint, user_id bigint, guest_name text, status text, start_time timestamp,
  duration_minutes int, created_at timestamp);
CREATE TABLE payments (id bigint PRIMARY KEY, appointment_id bigint, amount numeric(10, 2), refunded numeric(10, 2), status text);
INSERT INTO appointments VALUES
  (1, 7, 50, NULL, 'SCHEDULED', '2026-12-01 10:00', 30, '2026-11-25 07:00'),
  (2, 7, NULL, 'Ann', 'CONFIRMED', '2026-12-01 11:00', 30, '2026-11-25 07:00'),
  (3, 8, 51, NULL, 'SCHEDULED', '2026-12-01 10:00', 30, '2020-01-01 07:00');
INSERT INTO payments VALUES (5, 2, 30.00, 10.50, 'COMPLETED');
"""
STATEMENTS = Statements(
    appointments="SELECT id, barber_id, user_id AS owner_id, guest_name IS NOT NULL AS guest, status, start_time, duration_minutes, created_at "
    "FROM appointments WHERE created_at >= %(from)s OR id = ANY(%(ids)s)",
    payments="SELECT id, appointment_id, (amount * 100)::bigint AS amount_cents, (refunded * 100)::bigint AS refunded_cents, status FROM payments",
)


@pytest.fixture(scope="module")
def dsn() -> Iterator[str]:
    """A database with some bookings and a payment."""
    with postgresql() as server:
        with psycopg.connect(server.dsn) as connection:
            connection.execute(SHOP.encode())
        yield server.dsn


def read(
    dsn: str, monkeypatch: pytest.MonkeyPatch, statements: Statements = STATEMENTS
) -> tuple[ReadbackEnd, list[Row]]:
    monkeypatch.setenv("AUDIT_DSN", dsn)
    audit = TargetAudit(dsn_env="AUDIT_DSN", sql=statements)
    target = load_target("sandbox").model_copy(update={"audit": audit})
    day = date(2026, 12, 1)
    scope = Scope((7,), everyone=False, appointments={1: "ann", 3: "bob", 9: "eve"}, first_day=day, last_day=day)
    rows: list[Row] = []
    source = SqlSource(target, scope, datetime(2026, 11, 25, 6, tzinfo=UTC), lambda: 12.0, rows.extend, lambda _: None)
    return source.read(), rows


def test_rows_of_the_run_and_those_of_its_ledger_are_read(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    end, rows = read(dsn, monkeypatch)
    assert (end.complete, end.because, end.barbers, end.payers, end.calendars) == (True, "", (7, 8), (7, 8), ())
    assert [row.id for row in rows if row.row is RowKind.APPOINTMENT] == [1, 2, 3]
    assert Row(RowKind.APPOINTMENT, 2, 12.0, barber_id=7, guest=True, status="confirmed", start_time="2026-12-01T11:00:00",
        duration_minutes=30, created_at="2026-11-25T07:00:00") in rows  # fmt: skip
    assert (
        Row(RowKind.PAYMENT, 5, 12.0, status="completed", appointment_id=2, amount_cents=3000, refunded_cents=1050)
        in rows
    )


def test_what_the_ledger_has_and_the_table_has_not_is_absent(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, rows = read(dsn, monkeypatch)
    assert [row.id for row in rows if row.row is RowKind.ABSENT] == [9]


def test_a_statement_that_writes_is_refused_by_the_session(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    writing = STATEMENTS.model_copy(
        update={"payments": "WITH gone AS (DELETE FROM payments RETURNING id) SELECT id FROM gone"}
    )
    end, _ = read(dsn, monkeypatch, writing)
    assert not end.complete
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM payments").fetchone() == (1,)


def test_an_unknown_column_is_named(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    end, _ = read(
        dsn,
        monkeypatch,
        STATEMENTS.model_copy(update={"appointments": "SELECT id, notes FROM (SELECT 1 AS id, 2 AS notes) AS t"}),
    )
    assert "audit.sql.appointments has the columns id, notes; expected" in end.because


def test_a_database_that_is_not_there_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    end, rows = read("postgresql://audit@127.0.0.1:1/postgres", monkeypatch)
    assert (end.complete, rows) == (False, [])
    assert end.because.startswith("the database cannot be read: ")
    assert "\n" not in end.because
