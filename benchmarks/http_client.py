"""CPU a request costs the load generator: our client beside Locust's own two, same server, same minute.

    .venv/bin/python -m benchmarks.http_client [--users 50] [--seconds 4] [--rounds 3] [--think 0]

A small server (uvloop and httptools) runs pinned to the last core; each client runs in a process of its own, pinned to the
first. A client is a Locust `User` whose task is one GET; Locust's request event and stock statistics are included. CPU is
user plus system time of the client process, from `getrusage`, over the requests it finished. The server is not
counted. Clients take turns round by round. The table shows median, lowest and highest round; the limit is held
against the median of the ratios round by round (the two of a round ran within the same seconds).
"""

import argparse
import asyncio
import contextlib
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.table import Row, deliver

ROOT = Path(__file__).resolve().parents[1]
BODY = json.dumps({"slots": [{"id": n, "start": "2026-03-02T09:00:00Z", "free": True} for n in range(5)]}).encode()
ANSWER = (
    b"HTTP/1.1 200 OK\r\nDate: Mon, 02 Mar 2026 09:00:00 GMT\r\nServer: bench\r\nContent-Type: application/json\r\n"
    b"Cache-Control: no-store\r\nX-Request-Id: 0123456789abcdef\r\nContent-Length: %d\r\n\r\n" % len(BODY)
) + BODY
KINDS = {"none": "no HTTP at all", "ours": "loadgen.http", "fast": "FastHttpUser", "requests": "HttpUser"}
LIMIT_RATIO = 0.25
"""What the design asks for: at most a quarter of FastHttpUser."""


def pin(core: int) -> None:
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setaffinity(0, {core})


def free_port() -> int:
    """Below 32768, where no outgoing connection takes it."""
    for port in range(21_000, 21_200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise SystemExit("no free port between 21000 and 21199")


def serve(port: int) -> None:
    import httptools  # noqa: PLC0415  # each role of this file loads only what it measures
    import uvloop  # noqa: PLC0415

    class Server(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            self.parser = httptools.HttpRequestParser(self)

        def data_received(self, data: bytes) -> None:
            self.parser.feed_data(data)

        def on_message_complete(self) -> None:
            self.transport.write(ANSWER)

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", port, backlog=4_096)
        print("ready", flush=True)
        await server.serve_forever()

    pin((os.cpu_count() or 1) - 1)
    uvloop.run(forever())


def user_class(kind: str, host: str, think_s: float) -> Any:
    import locust  # noqa: PLC0415  # patches the process

    base: type[locust.User]
    if kind == "none":
        base = silent_user()
    elif kind == "fast":
        base = locust.FastHttpUser
    elif kind == "requests":
        base = locust.HttpUser
    else:
        base = our_user()

    def visit(self: Any) -> None:
        self.client.get("/slots", name="/slots")

    return type("Visitor", (base,), {"host": host, "tasks": [visit], "wait_time": locust.constant(think_s)})


def silent_user() -> Any:
    """Fires the event and yields, and speaks to nobody: what Locust takes by itself."""
    import gevent  # noqa: PLC0415
    import locust  # noqa: PLC0415

    class Client:
        def __init__(self, fire: Any) -> None:
            self.fire = fire

        def get(self, _path: str, *, name: str) -> None:
            gevent.sleep(0)
            self.fire(
                request_type="GET", name=name, response_time=1.0, response_length=1, response=None, context={},
                exception=None, start_time=0.0, url="",
            )  # fmt: skip

    class SilentUser(locust.User):
        abstract = True

        def __init__(self, environment: Any) -> None:
            super().__init__(environment)
            self.client = Client(environment.events.request.fire)

    return SilentUser


def our_user() -> Any:
    import locust  # noqa: PLC0415

    from loadgen.http import ConnectionCounters, Exchange, HttpSession  # noqa: PLC0415

    counters = ConnectionCounters()

    class OurUser(locust.User):
        abstract = True

        def __init__(self, environment: Any) -> None:
            super().__init__(environment)
            fire = environment.events.request.fire

            def report(exchange: Exchange) -> None:
                response = exchange.response
                fire(
                    request_type=exchange.method,
                    name=exchange.name,
                    response_time=(exchange.ended_at - exchange.intended_at) * 1e3,
                    response_length=len(response.content) if response is not None else 0,
                    response=response,
                    context={},
                    exception=None if exchange.failure is None else response and response.error,
                    start_time=exchange.started_at,
                    url=exchange.url,
                )

            self.client = HttpSession(self.host or "", observer=report, counters=counters)

    return OurUser


def drive(kind: str, port: int, users: int, seconds: float, think_s: float) -> None:
    import gevent  # noqa: PLC0415
    from locust.env import Environment  # noqa: PLC0415

    pin(0)
    environment = Environment(
        user_classes=[user_class(kind, f"http://127.0.0.1:{port}", think_s)], catch_exceptions=False
    )
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    gevent.sleep(2.0)  # everyone is connected and warm
    total = environment.stats.total
    cpu, done, at = cpu_s(), total.num_requests, time.monotonic()
    gevent.sleep(seconds)
    cpu, done, took_s = cpu_s() - cpu, total.num_requests - done, time.monotonic() - at
    failures = total.num_failures
    print(json.dumps({"cpu_us": cpu / max(done, 1) * 1e6, "rate": done / took_s, "failures": failures}), flush=True)
    os._exit(0)  # stopping the users is not what is measured


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def run_role(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.http_client", *arguments]


def compare(users: int, seconds: float, rounds: int, think_s: float, kinds: list[str]) -> int:
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(run_role("--serve", str(port)), stdout=subprocess.PIPE, env=environment)
    assert server.stdout is not None
    server.stdout.readline()
    seen: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    try:
        for _ in range(rounds):
            for kind in kinds:
                load = ["--users", str(users), "--seconds", str(seconds), "--think", str(think_s)]
                role = run_role("--drive", kind, str(port), *load)
                done = subprocess.run(role, capture_output=True, env=environment, check=True, timeout=seconds + 60)
                seen[kind].append(json.loads(done.stdout.splitlines()[-1]))
    finally:
        server.terminate()
        server.wait(timeout=10)
    return show(seen, f"{users} users, think time {think_s:g} s, {seconds:g} s a round, {rounds} rounds, median")


def show(seen: dict[str, list[dict[str, float]]], title: str) -> int:
    print(title)
    print(f"{'client':<14}{'CPU µs/request':>16}{'lowest':>9}{'highest':>9}{'requests/s':>13}{'failures':>10}")
    cpu = {kind: statistics.median(one["cpu_us"] for one in rounds) for kind, rounds in seen.items()}
    for kind, rounds in seen.items():
        each = [one["cpu_us"] for one in rounds]
        rate = statistics.median(one["rate"] for one in rounds)
        failures = sum(one["failures"] for one in rounds)
        print(f"{KINDS[kind]:<16}{cpu[kind]:>14.1f}{min(each):>9.1f}{max(each):>9.1f}{rate:>13,.0f}{failures:>10.0f}")
    rows = _rows(seen, cpu)
    return deliver("CPU a request of the HTTP client", rows) if rows else 0


def _rows(seen: dict[str, list[dict[str, float]]], cpu: dict[str, float]) -> list[Row]:
    if not {"ours", "fast"} <= cpu.keys():
        return []
    pairs = zip(seen["ours"], seen["fast"], strict=True)
    ratio = statistics.median(ours["cpu_us"] / fast["cpu_us"] for ours, fast in pairs)
    limit = f"≤ {LIMIT_RATIO}, without think time"
    rows = [Row("ours / FastHttpUser, median of the rounds", f"{ratio:.3f}", limit, ratio <= LIMIT_RATIO)]
    if "none" in cpu:
        less = (cpu["ours"] - cpu["none"]) / (cpu["fast"] - cpu["none"])
        rows.append(Row("the same less Locust's own", f"{less:.3f}"))
    if "requests" in cpu:
        rows.append(Row("ours / HttpUser", f"{cpu['ours'] / cpu['requests']:.3f}"))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--think", type=float, default=0.0, help="seconds between a user's requests")
    parser.add_argument("--only", choices=KINDS, action="append", help="measure these clients alone")
    parser.add_argument("--serve", metavar="PORT", help=argparse.SUPPRESS)
    parser.add_argument("--drive", nargs=2, metavar=("KIND", "PORT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(int(options.serve))
    elif options.drive:
        drive(options.drive[0], int(options.drive[1]), options.users, options.seconds, options.think)
    else:
        return compare(options.users, options.seconds, options.rounds, options.think, options.only or list(KINDS))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
