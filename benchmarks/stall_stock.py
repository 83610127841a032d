"""Stock Locust on a rate, as its documentation recommends: users with `constant_pacing`, and what its statistics then say.

    .venv/bin/python -m benchmarks.stall_stock URL [--users 20] [--per-user 10] [--seconds 60]

Prints one JSON object: the percentiles as `locust` reports them, in ms, how many requests were sent, and each request's start
(`time.monotonic`, s) and time (s), which Locust itself does not keep.
"""

import argparse
import json
import os
import sys
import time
from typing import Any

import gevent
import locust
from locust.env import Environment

CONNECT_S = 1.0  # everybody has made a first request by then; the count begins after it


def user_class(url: str, per_user_per_s: float) -> type[locust.User]:
    """Return a user that asks for /health, so many times a second."""

    def look(self: Any) -> None:
        self.client.get("/health")

    members = {"host": url, "tasks": [look], "wait_time": locust.constant_pacing(1 / per_user_per_s)}
    return type("Visitor", (locust.FastHttpUser,), members)


def drive(url: str, users: int, per_user_per_s: float, seconds: float, quantiles: list[float]) -> dict[str, Any]:
    """Run for so many seconds and return what came out."""
    environment = Environment(user_classes=[user_class(url, per_user_per_s)])
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users / CONNECT_S)  # spread out, so that they do not all ask at the same instant
    gevent.sleep(CONNECT_S)
    environment.stats.reset_all()
    seen: list[tuple[float, float]] = []
    unix_to_monotonic_s = time.monotonic() - time.time()

    @environment.events.request.add_listener  # type: ignore[untyped-decorator]  # Locust is untyped here
    def on_request(start_time: float, response_time: float, **_: Any) -> None:
        seen.append((start_time + unix_to_monotonic_s, response_time / 1e3))

    begin_s = time.monotonic()
    gevent.sleep(seconds)
    total = environment.stats.total
    return {
        "begin_s": begin_s,
        "reported_ms": [total.get_response_time_percentile(quantile) for quantile in quantiles],
        "sent": total.num_requests,
        "failed": total.num_failures,
        "requests": seen,
    }


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--per-user", type=float, default=10.0, help="requests per s of one user")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--quantiles", default="0.5,0.95,0.99,0.999", help="separated by commas")
    given = parser.parse_args()
    quantiles = [float(word) for word in given.quantiles.split(",")]
    print(json.dumps(drive(given.url, given.users, given.per_user, given.seconds, quantiles)), flush=True)
    sys.stdout.flush()
    os._exit(0)  # stopping the users is not what is measured


if __name__ == "__main__":
    main()
