"""CPU a request costs the load generator: ours beside Locust's own two, hey and wrk, same server, same second.

    .venv/bin/python -m benchmarks.http_client [--users 50] [--seconds 0.4] [--rounds 25] [--think 0.5]

A small server (uvloop and httptools) has the last core. Each client is a process of its own on the first; all are started, then
stopped, and continued one at a time, so that the clients of a round run within seconds of each other. "Everything on" is a
local run: a visit sends the request and reads its answer as JSON, one request in twelve is a write with a ledger entry,
Locust's event and statistics, recorder, health of the generator, and a batch a second in a run folder. The Locust users do the
same job, answer read as JSON, and no more than Locust does by itself; hey and wrk look at no answer. CPU is user plus system
time of the process over the requests it finished. A ratio is the median of the ratios round by round; lowest and highest round
are in brackets. The share of recorder and ledger is measured inside one process, which has them in the first half of each
second only: two processes differ by more than that share.
"""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from benchmarks.answering_server import answering_server, pin
from benchmarks.table import Row, deliver

ROOT = Path(__file__).resolve().parents[1]
RATIO_MAX = 0.25
RECORDER_SHARE_MAX = 0.10
HALVES_S = 30.0  # the client that records in one half of each second and forgets in the other
WARM_UP_S = 0.25  # after each pause: caches, and what piled up meanwhile
THINK_USERS = 10  # times the users: with think time each of them does little


@dataclass(slots=True)
class Client:
    """One Locust process, and what a request cost it round by round."""

    name: str
    process: subprocess.Popen[bytes]
    cpu_us: list[float] = field(default_factory=list)
    seconds: list[list[float]] = field(default_factory=list)
    """CPU in µs a request with recorder and ledger and without, second by second, where it takes turns by itself."""

    @classmethod
    def started(cls, name: str, kind: str, port: int, users: int, think_s: float) -> "Client":
        """Start it, wait until its users have begun, and stop it."""
        command = [sys.executable, "-m", "benchmarks.locust_clients", kind, str(port), str(users), str(think_s)]
        pipe = subprocess.PIPE
        client = cls(name, subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe))
        _read(client.process.stdout)
        time.sleep(0.5)  # everyone is connected
        client.process.send_signal(signal.SIGSTOP)
        return client

    def play(self, seconds: float) -> None:
        """Let it run for one round."""
        self.process.send_signal(signal.SIGCONT)
        time.sleep(WARM_UP_S)
        before = self._used()
        time.sleep(seconds)
        after = self._used()
        self.process.send_signal(signal.SIGSTOP)
        done, failures = after["done"] - before["done"], after["failures"]
        if failures or not done:
            raise SystemExit(f"{self.name}: {done:.0f} requests, {failures:.0f} failures; expected many and none")
        self.cpu_us.append((after["cpu_s"] - before["cpu_s"]) / done * 1e6)
        self.seconds = after["seconds"]

    def _used(self) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        used: dict[str, Any] = json.loads(_read(self.process.stdout))
        return used

    def end(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()


def _read(stream: IO[bytes] | None) -> bytes:
    assert stream is not None
    return stream.readline()


@dataclass(slots=True)
class Tool:
    """A load generator of others, started anew for each round."""

    name: str
    command: list[str]
    count: re.Pattern[str]
    cpu_us: list[float] = field(default_factory=list)

    @property
    def installed(self) -> bool:
        """Tell whether it is there."""
        return shutil.which(self.name) is not None

    def play(self) -> None:
        """Run it once, on the first core."""
        with subprocess.Popen([self.name, *self.command], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = process.stdout.read()
            _, _, used = os.wait4(process.pid, 0)
            process.returncode = 0
        found = self.count.search(said)
        if found is None:
            raise SystemExit(f"{self.name} told no number of requests: {said[:500]}")
        self.cpu_us.append((used.ru_utime + used.ru_stime) / int(found[1]) * 1e6)


def tools(port: int, users: int, seconds: float) -> list[Tool]:
    """Return those that are compared, installed or not."""
    url, agent = f"http://127.0.0.1:{port}/slots", "Accept: */*"
    whole_s = max(1, round(seconds))  # wrk counts in whole seconds
    return [
        Tool("hey", ["-z", f"{whole_s}s", "-c", str(users), "-cpus", "1", "-H", agent, url], re.compile(r"\[200\]\t(\d+)")),
        Tool("wrk", ["-d", f"{whole_s}s", "-c", str(users), "-t", "1", "-H", agent, url], re.compile(r"(\d+) requests in")),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """All clients after all rounds."""

    everything: Client
    halves: Client
    fast: Client
    requests: Client
    thinking: Client
    fast_thinking: Client
    others: list[Tool]

    @property
    def clients(self) -> list[Client]:
        """Those that take turns; who is compared with each other most closely stands side by side."""
        return [self.everything, self.fast, self.requests, self.thinking, self.fast_thinking]

    @property
    def recorder_share(self) -> float:
        """Return the share of recorder and ledger in the CPU of a request: the median of the seconds."""
        return statistics.median(1 - without / with_it for with_it, without in self.halves.seconds)


def compare(users: int, seconds: float, rounds: int, think_s: float) -> Comparison:
    """Play all rounds and return what each client used."""
    with answering_server() as port, ExitStack() as stack:

        def started(name: str, kind: str, users: int = users, think_s: float = 0.0) -> Client:
            client = Client.started(name, kind, port, users, think_s)
            stack.callback(client.end)
            return client

        halves = started("ours, recording half of each second", "halves")
        halves.play(HALVES_S)
        halves.end()
        comparison = Comparison(
            started("ours, everything on", "everything"),
            halves,
            started("FastHttpUser", "fast"),
            started("HttpUser", "requests"),
            started("ours, everything on, with think time", "everything", users * THINK_USERS, think_s),
            started("FastHttpUser with think time", "fast", users * THINK_USERS, think_s),
            [tool for tool in tools(port, users, seconds) if tool.installed],
        )
        for _ in range(rounds):
            for client in comparison.clients:
                client.play(seconds)
            for tool in comparison.others:
                tool.play()
        return comparison


def show_costs(comparison: Comparison, title: str) -> None:
    """Print what a request cost each client."""
    print(f"{title}\n{'client':<38}{'CPU µs/request':>16}{'lowest':>9}{'highest':>9}")
    costs = {client.name: client.cpu_us for client in comparison.clients}
    with_it, without = (list(half) for half in zip(*comparison.halves.seconds, strict=True))
    costs |= {"ours, halves with recorder and ledger": with_it, "ours, halves without": without}
    costs |= {tool.name: tool.cpu_us for tool in comparison.others}
    for name, each in costs.items():
        print(f"{name:<38}{statistics.median(each):>16.1f}{min(each):>9.1f}{max(each):>9.1f}")


def rows(comparison: Comparison) -> list[Row]:
    """Return the figures."""
    everything, fast = comparison.everything.cpu_us, comparison.fast.cpu_us
    ratio, seen = _ratio(everything, fast)
    share = comparison.recorder_share
    _, think_seen = _ratio(comparison.thinking.cpu_us, comparison.fast_thinking.cpu_us)
    _, requests_seen = _ratio(everything, comparison.requests.cpu_us)
    found = {tool.name: _ratio(everything, tool.cpu_us)[1] for tool in comparison.others}
    per = "CPU per request, everything on"
    return [
        Row(f"{per} / FastHttpUser", seen, f"≤ {RATIO_MAX}", ratio <= RATIO_MAX),
        Row("recorder and ledger, share of ours", f"{share:.1%}", f"≤ {RECORDER_SHARE_MAX:.0%}", share <= RECORDER_SHARE_MAX),
        Row(f"{per}, with think time / FastHttpUser with it", think_seen),
        Row(f"{per} / HttpUser", requests_seen),
        *(Row(f"{per} / {name}", found.get(name, "not installed")) for name in ("hey", "wrk")),
    ]  # fmt: skip


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, str]:
    """Return the median ratio of the rounds, and how it is shown: with its range and the two medians in µs."""
    each = [a / b for a, b in zip(ours, theirs, strict=True)]
    median = statistics.median(each)
    costs = f"{statistics.median(ours):.0f} against {statistics.median(theirs):.0f} µs"
    return median, f"{median:.3g} ({min(each):.3g} to {max(each):.3g}), {costs}"


def main() -> int:
    """Print the costs and deliver the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=0.4, help="of each client in each round")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--think", type=float, default=0.5, help="seconds, where there is think time")
    given = parser.parse_args()
    pin(0)  # and all it starts
    comparison = compare(given.users, given.seconds, given.rounds, given.think)
    show_costs(comparison, f"{given.users} users, {given.rounds} rounds of {given.seconds:g} s, median")
    return deliver("HTTP client", rows(comparison))


if __name__ == "__main__":
    sys.exit(main())
