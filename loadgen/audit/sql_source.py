"""The audit by SQL: the statements of the target profile, in a session that cannot write.

Each statement is given `%(from)s` (the run's start, UTC without a zone) and `%(ids)s` (the appointments of the ledger, an array), and names its
columns as `audit.jsonl` does. An appointment of the ledger that the statement does not return is absent.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg

from loadgen.accounts import secret
from loadgen.audit.scope import Scope
from loadgen.errors import TargetError
from records.readback import FIELDS, ReadbackEnd, Row, RowKind
from scenarios.target import Target

BATCH = 10_000  # rows in memory at a time
COLUMNS = frozenset(FIELDS) - {"row", "read_s", "steady"}


@dataclass(slots=True)
class SqlSource:
    """Reads one database. `now_s` is the run's clock, `write` takes rows as they are seen, `tell` a word on how far it is."""

    target: Target
    scope: Scope
    started_at: datetime
    now_s: Callable[[], float]
    write: Callable[[Iterable[Row]], None]
    tell: Callable[[str], None]
    batches: int = 0

    def read(self) -> ReadbackEnd:
        """Read what the statements give and return how far it got; what cannot be read is in the end's `because`."""
        from_s = round(self.now_s(), 3)
        barbers: set[int] = set(self.scope.barbers)
        because, money = "", False
        try:
            with self._session() as connection:
                barbers |= self._appointments(connection)
                money = self._money(connection)
        except psycopg.Error as error:
            because = f"the database cannot be read: {_one_line(error)}"
        except TargetError as error:
            because = str(error)
        except KeyboardInterrupt:
            because = "somebody interrupted it"
        read = tuple(sorted(barbers)) if not because else ()
        return ReadbackEnd(
            source="sql",
            from_s=from_s,
            to_s=round(self.now_s(), 3),
            requests=self.batches,
            pages=self.batches,
            complete=not because,
            because=because,
            barbers=read,
            payers=read if money else (),
            everyone=not because,
        )

    def _session(self) -> "psycopg.Connection[tuple[Any, ...]]":
        audit = self.target.audit
        assert audit.dsn_env is not None
        patience_ms = int(audit.within * 1000)
        options = f"-c default_transaction_read_only=on -c statement_timeout={patience_ms} -c timezone=UTC"
        connection = psycopg.connect(secret(audit.dsn_env), options=options, connect_timeout=10)
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # all rows are of one moment
        return connection

    def _appointments(self, connection: "psycopg.Connection[tuple[Any, ...]]") -> set[int]:
        """Write the appointments, and those of the ledger that are not there; return the barbers seen."""
        assert self.target.audit.sql is not None
        missing, barbers = set(self.scope.appointments), set()
        for rows in self._rows(connection, RowKind.APPOINTMENT, self.target.audit.sql.appointments):
            missing -= {row.id for row in rows}
            barbers |= {row.barber_id for row in rows if row.barber_id is not None}
            self.write(rows)
        at_s = round(self.now_s(), 3)
        self.write(Row(RowKind.ABSENT, number, at_s) for number in sorted(missing))
        return barbers

    def _money(self, connection: "psycopg.Connection[tuple[Any, ...]]") -> bool:
        sql = self.target.audit.sql
        assert sql is not None
        for kind, statement in ((RowKind.PAYMENT, sql.payments), (RowKind.REFUND, sql.refunds)):
            if statement is not None:
                for rows in self._rows(connection, kind, statement):
                    self.write(rows)
        return sql.payments is not None

    def _rows(
        self, connection: "psycopg.Connection[tuple[Any, ...]]", kind: RowKind, statement: str
    ) -> Iterator[list[Row]]:
        """Yield rows some at a time; raise TargetError for a column that is none."""
        values = {"from": self.started_at.astimezone(UTC).replace(tzinfo=None), "ids": sorted(self.scope.appointments)}
        with connection.cursor(name=f"audit_{kind.value}") as cursor:
            cursor.execute(statement.encode(), values)
            names = [column.name for column in cursor.description or ()]
            unknown = [name for name in names if name not in COLUMNS]
            if unknown or "id" not in names:
                raise TargetError(
                    f"target {self.target.name}: audit.sql.{kind.value}s has the columns {', '.join(names)}; expected id and others of {', '.join(sorted(COLUMNS))}"
                )
            count = 0
            while batch := cursor.fetchmany(BATCH):
                self.batches += 1
                count += len(batch)
                at_s = round(self.now_s(), 3)
                yield [_row(kind, at_s, dict(zip(names, values, strict=True))) for values in batch]
                self.tell(f"{count:,} {kind.value}s by SQL")


def _row(kind: RowKind, at_s: float, found: dict[str, Any]) -> Row:
    return Row(row=kind, read_s=at_s, **{name: _plain(name, value) for name, value in found.items()})


def _plain(name: str, value: Any) -> Any:
    match value:
        case datetime():
            return (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return int(value)
        case str() if name == "status":
            return value.lower()
        case _:
            return value


def _one_line(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
