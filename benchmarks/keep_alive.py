"""100,000 keep-alive requests of users on descriptors above 1,023: how many connections the server saw opened.

    .venv/bin/python -m benchmarks.keep_alive [--users 500] [--requests 100000]

The load process holds descriptors up to 1,500 before its users exist. `select()`, which Locust's FastHttpUser asks whether an
idle connection still lives, knows none above 1,023: it takes every one for dead. Its users do a tenth of the requests.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from benchmarks.answering_server import answering_server, raise_descriptor_limit
from benchmarks.table import Row, deliver

ROOT = Path(__file__).resolve().parents[1]
HELD = 1_500
FAST_SHARE = 10  # a request with a connection of its own takes as long as ten without


def load(kind: str, port: int, users: int, requests: int) -> None:
    """Send the requests, `users` at a time; end with code 1 where one of them failed."""
    import locust  # noqa: PLC0415  # patches this process, not the one that compares

    raise_descriptor_limit()
    base = os.open(os.devnull, os.O_RDONLY)
    while os.dup(base) < HELD:
        pass

    import gevent  # noqa: PLC0415
    from locust.env import Environment  # noqa: PLC0415

    from loadgen.http import HttpSession  # noqa: PLC0415

    url = f"http://127.0.0.1:{port}"
    environment = Environment(catch_exceptions=False)
    fast = type("Fast", (locust.FastHttpUser,), {"host": url, "abstract": True})

    def user() -> int:
        client = HttpSession(url) if kind == "ours" else fast(environment).client
        return sum(client.get("/slots").status_code == 200 for _ in range(requests // users))

    jobs = [gevent.spawn(user) for _ in range(users)]
    gevent.joinall(jobs)
    os._exit(0 if sum(job.value for job in jobs) == requests else 1)


def opened(kind: str, users: int, requests: int) -> int:
    """Return the connections that the server saw."""
    with answering_server() as port:
        command = [sys.executable, "-m", "benchmarks.keep_alive", "--load", kind, str(port)]
        subprocess.run(
            [*command, "--users", str(users), "--requests", str(requests)], cwd=ROOT, check=True, timeout=300
        )
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/connections", timeout=10) as answer:
            return int(answer.read()) - 1  # this one


def main() -> int:
    """Measure both and deliver the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--load", nargs=2, metavar=("KIND", "PORT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.load:
        load(given.load[0], int(given.load[1]), given.users, given.requests)
    users = given.users
    requests = given.requests // users // FAST_SHARE * FAST_SHARE * users
    ours, fast = opened("ours", users, requests), opened("fast", users, requests // FAST_SHARE)
    shown = f"{users} users above descriptor {HELD:,}"
    return deliver("Keep-alive above descriptor 1,023", [
        Row(f"{requests:,} requests, {shown}: connections", f"{ours:,}", f"= users, {users:,}", ours == users),
        Row(f"{requests // FAST_SHARE:,} requests, the same of FastHttpUser: connections", f"{fast:,}"),
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
