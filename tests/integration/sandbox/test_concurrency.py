"""Concurrency: two processes on one database, everybody on the same few slots, one process killed; then the tables are read.

What is looked for is read from the tables by SQL of its own, not through the shop.
"""

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.integration.sandbox.conftest import API
from tests.integration.sandbox.processes import Process, started, until

pytestmark = pytest.mark.integration

CUSTOMERS, SESSIONS = 16, 12
HOURS = ("10:00", "10:30", "11:00", "11:30")

OVERLAPS = """
SELECT COUNT(*) FROM appointments a JOIN appointments b
 ON a.barber_id = b.barber_id AND a.id < b.id AND a.status <> 'cancelled' AND b.status <> 'cancelled'
 AND a.first_cell < b.first_cell + b.duration_minutes / 30 AND b.first_cell < a.first_cell + a.duration_minutes / 30
"""
PAID_TWICE = "SELECT COUNT(*) FROM (SELECT 1 FROM payments GROUP BY appointment_id HAVING COUNT(*) > 1) AS twice"
OVER_REFUNDED = """
SELECT COUNT(*) FROM payments p WHERE refunded_cents > amount_cents OR refunded_cents <>
 (SELECT COALESCE(SUM(amount_cents), 0) FROM refunds r WHERE r.payment_id = p.id)
"""
LOOSE_CHAIRS = """
SELECT COUNT(*) FROM chair_time c LEFT JOIN appointments a ON a.id = c.appointment_id
 AND a.status <> 'cancelled' AND a.barber_id = c.barber_id
 AND c.cell >= a.first_cell AND c.cell < a.first_cell + a.duration_minutes / 30
 WHERE a.id IS NULL
"""
MISSING_CHAIRS = """
SELECT COUNT(*) FROM appointments a WHERE status <> 'cancelled'
 AND (SELECT COUNT(*) FROM chair_time c WHERE c.appointment_id = a.id) <> duration_minutes / 30
"""
INVARIANTS = {
    "a chair twice": OVERLAPS,
    "two payments": PAID_TWICE,
    "refunds above the charge": OVER_REFUNDED,
    "a chair taken by nobody": LOOSE_CHAIRS,
    "an appointment without its chair": MISSING_CHAIRS,
}


class Customer:
    """Books, moves, pays and cancels on a few slots, twice within milliseconds now and then; notes what was acknowledged."""

    def __init__(self, url: str, number: int) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=20)
        self._who = f"client{number:05d}@sandbox.example"
        self._rng = random.Random(number)
        self.statuses: Counter[int] = Counter()
        self.kept: list[int] = []

    async def visit(self) -> None:
        """Come several times."""
        headers: dict[str, str] = {}
        while not headers:
            signed = await self._ask("POST", "/auth/login", json={"email": self._who, "password": "sandbox"})
            headers = {"Authorization": f"Bearer {signed['access_token']}"} if signed else {}
        for _ in range(SESSIONS):
            await self._session(headers)
        await self._http.aclose()

    async def _session(self, headers: dict[str, str]) -> None:
        wish = {**self._wish(), "service": self._rng.choice(("Haircut", "Haircut & Shave")), "barber_id": 1}
        clicks = [self._ask("POST", "/appointments/", json=wish, headers=headers) for _ in range(2)]
        for made in await asyncio.gather(*clicks):
            if made is None:
                continue
            number = made["id"]
            move = self._ask("POST", f"/appointments/{number}/reschedule", json=self._wish(), headers=headers)
            await asyncio.gather(move, self._pay(number, headers))
            if self._rng.random() < 0.6:
                await self._ask("PUT", f"/appointments/{number}/cancel", headers=headers)
            else:
                self.kept.append(number)

    async def _pay(self, number: int, headers: dict[str, str]) -> None:
        intents = [
            self._ask("POST", "/payments/create-intent", json={"booking_id": number}, headers=headers) for _ in range(2)
        ]
        for intent in await asyncio.gather(*intents):
            if intent is not None:
                form = {"booking_id": number, "payment_intent_id": intent["payment_intent_id"]}
                pays = [self._ask("POST", "/payments/confirm", json=form, headers=headers) for _ in range(2)]
                await asyncio.gather(*pays)

    def _wish(self) -> dict[str, str]:
        day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86_400 * self._rng.randint(2, 3)))
        return {"date": day, "time": self._rng.choice(HOURS)}

    async def _ask(self, method: str, path: str, **sent: Any) -> dict[str, Any] | None:
        try:
            answer = await self._http.request(method, f"{API}{path}", **sent)
        except httpx.TransportError:
            self.statuses[0] += 1
            return None
        self.statuses[answer.status_code] += 1
        found: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
        return found


def rush(shop: Process, *, kill: bool) -> tuple[Counter[int], list[int]]:
    """Let all customers come and, where it is wanted, kill a process meanwhile; return the statuses, and the appointments that were kept."""
    customers = [Customer(shop.url, number) for number in range(1, CUSTOMERS + 1)]

    async def all_of_them() -> None:
        if kill:
            asyncio.get_running_loop().call_later(0.3, os.kill, shop.pids[0], signal.SIGKILL)
        await asyncio.gather(*(customer.visit() for customer in customers))

    asyncio.run(all_of_them())
    statuses: Counter[int] = sum((customer.statuses for customer in customers), Counter())
    return statuses, [number for customer in customers for number in customer.kept]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_given_twice_or_lost_when_a_process_is_killed_in_the_rush(kind: str, tmp_path: Path) -> None:
    where = str(tmp_path / "shop.sqlite3") if kind == "sqlite" else "postgresql-embedded"
    with started("--fast", "--instances", "2", "--restart-after-s", "0.5", "--database", where) as shop:
        statuses, kept = rush(shop, kill=True)
        until(lambda: any(entry["state"] == "end" for entry in shop.log()))
        address = shop.ready["database"]["address"]
        counts = {what: counted(kind, address, sql) for what, sql in INVARIANTS.items()}
        there = "SELECT COUNT(*) FROM appointments WHERE status <> 'cancelled' AND id IN ({})"
        found = counted(kind, address, there.format(", ".join(map(str, kept)) or "0"))
    assert counts == dict.fromkeys(INVARIANTS, 0)
    assert found == len(kept)
    assert set(statuses) <= {0, 200, 400, 500, 503}  # 500: more than 10 payments a day, as the real system has it
    assert statuses[200] > 50
    assert statuses[400] > 20
    assert statuses[503] == 0


def test_same_look_finds_what_is_planted(tmp_path: Path) -> None:
    where = str(tmp_path / "shop.sqlite3")
    planted = ("--plant", "double-booking-race", "--plant", "double-charge")
    with started("--fast", "--instances", "2", "--database", where, *planted) as shop:
        rush(shop, kill=False)
        assert counted("sqlite", where, OVERLAPS) > 0
        assert counted("sqlite", where, PAID_TWICE) > 0


def counted(kind: str, address: str, sql: str) -> int:
    """Return what a COUNT says."""
    if kind == "sqlite":
        with closing(sqlite3.connect(address)) as file:
            return int(file.execute(sql).fetchone()[0])
    with psycopg.connect(address) as server:
        row = server.execute(sql.encode()).fetchone()
        assert row is not None
        return int(row[0])
