"""How many requests of the booking mix the sandbox answers in a second on one core, without modelled time.

    .venv/bin/python -m benchmarks.sandbox_speed [--seconds 5] [--connections 32] [--rounds 3] [--database WHERE]

`python -m sandbox --fast` runs pinned to the last core. Connections on the first core play sessions in the proportions of
an ordinary day without thinking: sign in, look, book, pay, look again; now and then a guest, a cancellation, a barber.
The client writes raw HTTP/1.1 and reads the length only, so that it is not the limit. The table shows each round, and the
exit code is 1 where the best is under the design's 1,500 requests per s.
"""

import argparse
import asyncio
import datetime
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.table import Row, deliver

ROOT = Path(__file__).resolve().parents[1]
WANTED_PER_S = 1500.0
CLIENTS, BARBERS, DAYS_AHEAD = 2000, 60, 28
SERVICES = ("Haircut", "Shave", "Haircut & Shave")


@dataclass(slots=True)
class Tally:
    """What was answered, by status."""

    by_status: Counter[int] = field(default_factory=Counter)
    ends_at: float = 0.0

    @property
    def is_over(self) -> bool:
        """Tell whether the time is up."""
        return time.perf_counter() >= self.ends_at


class RoundOver(Exception):  # noqa: N818 - an end, not a failure
    """The time is up."""


class Connection:
    """One keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tally: Tally) -> None:
        self._reader, self._writer, self._tally = reader, writer, tally

    async def ask(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """Send one request and return its answer, read as JSON; None where it was no 200."""
        if self._tally.is_over:
            raise RoundOver
        payload = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: sandbox", f"Content-Length: {len(payload)}"]
        lines += ["Content-Type: application/json"] if payload else []
        lines += [f"Authorization: Bearer {token}"] if token else []
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + payload)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        at = head.lower().index(b"content-length: ") + 16
        answer = await self._reader.readexactly(int(head[at : head.index(b"\r", at)]))
        self._tally.by_status[status] += 1
        return json.loads(answer) if status == 200 else None


async def customer(connection: Connection, rng: random.Random) -> None:
    """Sign in, look, book, pay."""
    token = await sign_in(connection, f"client{rng.randint(1, CLIENTS):05d}")
    await connection.ask("GET", "/api/v2/barbers/", token=token)
    await connection.ask("GET", "/api/v2/services/", token=token)
    wish = await chosen(connection, rng, barber_id=rng.randint(1, BARBERS))
    booked = wish and await connection.ask("POST", "/api/v2/appointments/", wish, token)
    if not booked:
        return
    number = booked["id"]
    intent = await connection.ask("POST", "/api/v2/payments/create-intent", {"booking_id": number}, token)
    if intent:
        paid = {"booking_id": number, "payment_intent_id": intent["payment_intent_id"]}
        await connection.ask("POST", "/api/v2/payments/confirm", paid, token)
    await connection.ask("GET", f"/api/v2/appointments/{number}", token=token)
    if rng.random() < 0.1:
        await connection.ask("PUT", f"/api/v2/appointments/{number}/cancel", token=token)


async def guest(connection: Connection, rng: random.Random) -> None:
    """Look and book without an account."""
    wish = await chosen(connection, rng)
    if wish:
        who = {"first_name": "Guest", "last_name": "Bench", "email": "guest@sandbox.example", "phone": "+15550100"}
        await connection.ask("POST", "/api/v2/appointments/guest", {**wish, "guest_info": who})


async def barber(connection: Connection, rng: random.Random) -> None:
    """Sign in and look at the day."""
    number = rng.randint(1, BARBERS)
    token = await sign_in(connection, f"barber{number:03d}")
    await connection.ask("GET", "/api/v2/auth/me", token=token)
    await connection.ask("GET", "/api/v2/appointments/", token=token)
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    path = f"/api/v2/barber-availability/schedule/{number}?start_date={day}&end_date={day}"
    await connection.ask("GET", path, token=token)
    await connection.ask("GET", "/api/v2/api/calendar/status", token=token)


SESSIONS: dict[Callable[[Connection, random.Random], Any], int] = {customer: 60, guest: 20, barber: 20}


async def sign_in(connection: Connection, name: str) -> str:
    """Return an access token."""
    form = {"email": f"{name}@sandbox.example", "password": os.environ.get("SANDBOX_PASSWORD", "sandbox")}
    return str((await connection.ask("POST", "/api/v2/auth/login", form))["access_token"])


async def chosen(connection: Connection, rng: random.Random, **whose: int) -> dict[str, Any] | None:
    """Look at a day and return a wish for one of its free times; None where it has none."""
    day = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=rng.randint(1, DAYS_AHEAD))
    query = "".join(f"&{name}={value}" for name, value in whose.items())
    shown = await connection.ask("GET", f"/api/v2/appointments/slots?appointment_date={day}{query}")
    free = [slot["time"] for slot in shown["slots"] if slot["available"]]
    return {"date": str(day), "time": rng.choice(free), "service": rng.choice(SERVICES), **whose} if free else None


async def visitor(port: int, seed: int, tally: Tally) -> None:
    """Play one session after the other on one connection."""
    rng = random.Random(seed)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    connection = Connection(reader, writer, tally)
    with suppress(RoundOver):
        while True:
            await rng.choices(list(SESSIONS), weights=list(SESSIONS.values()))[0](connection, rng)
    writer.close()


async def play(port: int, connections: int, seconds: float) -> tuple[float, Counter[int]]:
    """Return requests per s and the answers by status."""
    tally = Tally(ends_at=time.perf_counter() + seconds)
    begun = time.perf_counter()
    await asyncio.gather(*(visitor(port, seed, tally) for seed in range(connections)))
    return sum(tally.by_status.values()) / (time.perf_counter() - begun), tally.by_status


def one_round(connections: int, seconds: float, database: str | None) -> tuple[float, float, Counter[int]]:
    """Return requests per s, the sandbox's CPU in μs a request, and the answers by status."""
    command = [sys.executable, "-m", "sandbox", "--fast", "--port", "0"]
    command += [] if database is None else ["--database", database]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        pin(process.pid, (os.cpu_count() or 1) - 1)
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        port = int(ready["listening"].rpartition(":")[2])
        pids = ready["pids"]
        before_s = sum(map(cpu_s, pids))
        rate_per_s, statuses = asyncio.run(play(port, connections, seconds))
        cpu_us = (sum(map(cpu_s, pids)) - before_s) / sum(statuses.values()) * 1e6
    finally:
        process.terminate()
        process.wait(10)
    return rate_per_s, cpu_us, statuses


def pin(pid: int, core: int) -> None:
    """Keep a process on one core, where the system allows it."""
    with suppress(AttributeError, OSError):
        os.sched_setaffinity(pid, {core})


def cpu_s(pid: int) -> float:
    """Return user and system time of a process."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", help="as the sandbox's own; the wanted rate is that of SQLite")
    given = parser.parse_args()
    pin(0, 0)
    best_per_s = 0.0
    print(f"{'round':>5} {'requests/s':>11} {'sandbox CPU μs/request':>23}  answers by status")
    for number in range(1, given.rounds + 1):
        rate_per_s, cpu_us, statuses = one_round(given.connections, given.seconds, given.database)
        best_per_s = max(best_per_s, rate_per_s)
        print(f"{number:>5} {rate_per_s:>11.0f} {cpu_us:>23.0f}  {dict(sorted(statuses.items()))}")
    row = Row(
        "sandbox --fast, one core, best round",
        f"{best_per_s:,.0f} requests/s",
        f"≥ {WANTED_PER_S:,.0f}",
        best_per_s >= WANTED_PER_S,
    )
    return deliver("Sandbox speed", [row])


if __name__ == "__main__":
    sys.exit(main())
