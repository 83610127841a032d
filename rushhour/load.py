"""Starts Locust for a run folder, alone or as a master with workers, and sees it to its end."""

import importlib.util
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from loadgen.errors import GeneratorError
from loadgen.run_folder import PARENT_ENV, STOP_FILE, note_lost_process
from records.event import Event, EventKind
from records.folder import Appender
from records.manifest_file import read_manifest
from scenarios.plan import Plan

LOG = "locust.log"
USAGE = 2  # the code of a process that refuses what it was asked for
PORTS = range(20000, 32000)  # below the ephemeral range, where connections of the run itself could take the port
PORTS_TRIED = 200


def load_command(plan: Plan, folder: Path, *, workers: int, web: bool) -> list[str]:
    """Return the command of the process that leads the run; it also works by hand."""
    users = plan.places
    command = [*_locust(), "--run-folder", str(folder), "-H", plan.target.url, "-u", str(users), "-r", str(users)]
    command += (
        ["--autostart", "--autoquit", "1", "--web-host", "127.0.0.1"] if web else ["--headless", "--only-summary"]
    )
    if workers > 1:
        port = free_port()
        command += [
            "--master",
            "--master-bind-host",
            "127.0.0.1",
            "--master-bind-port",
            str(port),
            "--expect-workers",
            str(workers),
        ]
    return command


def worker_command(leader: Sequence[str]) -> list[str]:
    """Return the command of one worker for a leader's command; the master sends it the plan."""
    port = leader[leader.index("--master-bind-port") + 1]
    return [*_locust(), "--worker", "--master-host", "127.0.0.1", "--master-port", port]


def _locust() -> list[str]:
    return [sys.executable, "-m", "locust", "-f", str(locust_file()), "--loglevel", "WARNING"]


def locust_file() -> Path:
    """Return the locust file with all user classes, without importing it."""
    spec = importlib.util.find_spec("locustfiles")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations))) / "everyone.py"


def free_port() -> int:
    """Return a port below the ephemeral range on which nothing listens on loopback; raise GeneratorError if none.

    Drawn at random: Locust takes it a second later, and two runs that start together must not both wait for the first one free.
    """
    for port in random.sample(PORTS, min(PORTS_TRIED, len(PORTS))):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise GeneratorError(
        f"none of {PORTS_TRIED} ports drawn between {PORTS.start} and {PORTS.stop - 1} is free; expected one for the master"
    )


@dataclass(slots=True)
class Load:
    """The processes that make the load of one run."""

    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    told: set[int] = field(default_factory=set)  # workers whose end the leader knows of

    @classmethod
    def start(cls, folder: Path, leader: Sequence[str], workers: int) -> "Load":
        """Start the leader and its workers; their output goes to `locust.log` in the folder."""
        _raise_descriptors()
        load = cls(folder)
        environment = {**os.environ, PARENT_ENV: str(os.getpid())}
        commands = [list(leader)] + [worker_command(leader) for _ in range(workers if workers > 1 else 0)]
        with (folder / LOG).open("ab") as log:
            for command in commands:
                load.processes.append(
                    subprocess.Popen(
                        command,
                        stdout=log,
                        stderr=log,
                        stdin=subprocess.DEVNULL,
                        start_new_session=True,
                        env=environment,
                    )
                )
        return load

    @property
    def leader(self) -> subprocess.Popen[bytes]:
        """Return the process that writes the run folder."""
        return self.processes[0]

    def watch(self) -> bool:
        """Tell the leader of workers that have ended; return whether the load can still come to its end."""
        for worker in self.processes[1:]:
            if worker.poll() is not None and worker.pid not in self.told:
                self.told.add(worker.pid)
                note_lost_process(self.folder, worker.pid, how_it_ended(worker.returncode))
        return not self.was_refused and self.leader.poll() is None

    @property
    def was_refused(self) -> bool:
        """Tell whether one of the processes could not do what it was asked for; its last words say why."""
        return any(process.poll() == USAGE for process in self.processes)

    def note_loss(self) -> None:
        """Write down in the run folder that the leader ended without writing the run's end: it cannot say so itself."""
        manifest = read_manifest(self.folder)
        code = self.leader.returncode
        if manifest.ended is not None or code is None:
            return
        who = "the master" if len(self.processes) > 1 else "the load process"
        started_unix_s = datetime.fromisoformat(manifest.started_at).timestamp()
        at_s = max(0.0, round(time.time() - started_unix_s, 3))
        appender = Appender(self.folder)
        appender.event(Event(at_s, EventKind.WORKER, f"{who} lost", f"pid {self.leader.pid} {how_it_ended(code)}"))
        appender.close()

    def ask_to_stop(self) -> None:
        """Ask for an orderly end: no more sessions, last windows, manifest."""
        (self.folder / STOP_FILE).touch()

    def end(self) -> None:
        """End whatever still runs, by force."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def last_words(self) -> str:
        """Return the last line that the leader said, for an error."""
        try:
            lines = [
                line
                for line in (self.folder / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
                if line.strip()
            ]
        except OSError:
            return ""
        return lines[-1] if lines else ""


def how_it_ended(code: int) -> str:
    """Return how a process ended, in words."""
    return f"ended by signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"ended with code {code}"


def _raise_descriptors() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
