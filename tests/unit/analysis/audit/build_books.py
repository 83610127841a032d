"""Books built in memory: some writes, some rows read back, and the run they belong to."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import cache

from analysis.audit.books import Books, open_books
from analysis.audit.judge import judge_books
from analysis.verdict import InvariantResult
from records.ledger import Entry
from records.ledger_columns import Ledger
from records.readback import Readback, ReadbackEnd, Row
from records.run import Run
from tests.unit.analysis.build_run import Requests, build_run

STARTED_AT = "2026-11-23T06:00:00+00:00"
BEGAN_S = datetime.fromisoformat(STARTED_AT).timestamp()
END = ReadbackEnd(
    source="api", from_s=1000.0, to_s=1001.0, requests=10, pages=4, complete=True, barbers=(7, 8), payers=(7, 8), calendars=(7, 8),
    first_day="2026-11-29", last_day="2026-12-10", everyone=True,
)  # fmt: skip


@cache
def _empty_run() -> Run:
    return build_run(Requests(), started_at=STARTED_AT)


def run_of(
    ledger: Iterable[Entry],
    rows: Iterable[Row] | None = None,
    *,
    end: ReadbackEnd | None = END,
    exclusive: bool = True,
    timezone: str | None = "UTC",
    workers: int = 1,
) -> Run:
    """Return a run; without rows nobody looked at the target."""
    run = _empty_run()
    target = run.manifest.plan.target
    audit = target.audit.model_copy(update={"exclusive": exclusive, "timezone": timezone})
    plan = run.manifest.plan.model_copy(update={"target": target.model_copy(update={"audit": audit})})
    manifest = run.manifest.model_copy(update={"plan": plan, "workers": workers})
    readback = None if rows is None else Readback.of(list(rows), end)
    return replace(run, manifest=manifest, ledger=Ledger.of(ledger), readback=readback)


def books_of(ledger: Iterable[Entry], rows: Iterable[Row] | None = None, **options: object) -> Books:
    """Return the books of such a run."""
    return open_books(run_of(ledger, rows, **options))  # type: ignore[arg-type]  # passed on by name


def judged(ledger: Iterable[Entry], rows: Iterable[Row] | None = None, **options: object) -> dict[str, InvariantResult]:
    """Return all invariants by name."""
    return {row.name: row for row in judge_books(books_of(ledger, rows, **options))}
