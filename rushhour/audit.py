"""The audit's reading: once the load has ended, and however it ended, what the target holds is written into the run folder."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from rich.console import Console

from loadgen.audit.api_source import ApiSource
from loadgen.audit.budget import Budget
from loadgen.audit.scope import Scope, scope_of
from records.folder import AUDIT, LEDGER
from records.ledger_columns import read_ledger
from records.manifest_file import read_manifest
from records.readback import ReadbackEnd, ReadbackFile
from scenarios.plan import Plan

TELL_EVERY_S = 5.0  # a short reading says one line, at its end


class Source(Protocol):
    """Whatever can read a target."""

    def read(self) -> ReadbackEnd:
        """Read it, and return how far that got."""
        ...


def read_target_back(plan: Plan, folder: Path, console: Console) -> None:
    """Write `audit.jsonl`; say in one line what came of it. Raise RunDataError where the ledger is damaged."""
    if not plan.audit.enabled:
        return
    scope = scope_of(read_ledger(folder / LEDGER, []))
    if scope.is_empty:
        return
    with ReadbackFile(folder / AUDIT) as file:
        end = _source(plan, folder, scope, file, _teller(console)).read()
        file.end(end)
    console.print(_in_words(plan, end), highlight=False, soft_wrap=True)


def _source(plan: Plan, folder: Path, scope: Scope, file: ReadbackFile, tell: Callable[[str], None]) -> Source:
    started = datetime.fromisoformat(read_manifest(folder).started_at)
    started_unix_s = started.timestamp()

    def now_s() -> float:
        return time.time() - started_unix_s

    if plan.target.audit.dsn_env is not None:
        from loadgen.audit.sql_source import SqlSource  # noqa: PLC0415 - psycopg takes a while to load, for this alone

        return SqlSource(plan.target, scope, started, now_s, file.rows, tell)
    return ApiSource(plan.target, scope, now_s, file.rows, tell, Budget(plan.target.audit))


def _teller(console: Console) -> Callable[[str], None]:
    last = time.monotonic()

    def tell(words: str) -> None:
        nonlocal last
        if time.monotonic() - last >= TELL_EVERY_S:
            last = time.monotonic()
            console.print(f"reading back: {words}", highlight=False)

    return tell


def _in_words(plan: Plan, end: ReadbackEnd) -> str:
    took = f"{end.to_s - end.from_s:.1f} s"
    if end.complete:
        return f"read back from {plan.target.name}: {end.requests:,} requests in {took}"
    return f"read back from {plan.target.name}, but not all of it ({took}): {end.because}"
