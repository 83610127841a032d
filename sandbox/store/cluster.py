"""A cluster: a PostgreSQL server of our own in a temporary folder, gone at exit.

PostgreSQL refuses to run as root; root's is run as the user postgres, or nobody where there is none of that name.
"""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

INSTALLED = Path("/usr/lib/postgresql")
"""Where Debian puts the programs of each version."""
FREE_PORTS = range(20_000, 32_768)
READY_WITHIN_S = 30.0
STOP_WITHIN_S = 10.0
CONNECTIONS = 100
SPARE_CONNECTIONS = 50
"""Beside those of the pools: probes, and who looks at it by hand."""
NAME, USER = "sandbox", "sandbox"
PREFIX = "sandbox-postgresql-"
SETTINGS = {
    "fsync": "off",  # what is committed survives the server, not the machine
    "synchronous_commit": "on",  # it is with the kernel before anybody is told, so that it survives a crash of the server
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "deadlock_timeout": "100ms",
    "listen_addresses": "127.0.0.1",
}


class ClusterError(Exception):
    """There is no PostgreSQL here, or it does not start; the message is one line and says what to do."""


def programs() -> Path:
    """Return the folder of the newest PostgreSQL's programs; raise ClusterError where there is none."""
    versions = [folder for folder in INSTALLED.glob("*/bin") if (folder / "initdb").exists()]
    if versions:
        return max(versions, key=lambda folder: float(folder.parent.name))
    found = shutil.which("initdb")
    if found is None:
        raise ClusterError(f"no PostgreSQL in {INSTALLED} nor on the PATH; install it: apt-get install postgresql")
    return Path(found).resolve().parent


class Cluster:
    """A running server. `address` is that of an empty database in it, `folder` where its data are."""

    def __init__(self, connections: int = CONNECTIONS) -> None:
        """Make a cluster for so many connections and some more, and start it; raise ClusterError where that does not work."""
        self._connections = connections + SPARE_CONNECTIONS
        self.programs = programs()
        self._user = _unprivileged()
        _sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.port = _free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self._is_ending = False
        try:
            if self._user is not None:
                os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
            (self.folder / "owner").write_text(str(os.getpid()))
            self._make()
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def address(self) -> str:
        """Return the address of the database."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{NAME}"

    @property
    def runs(self) -> bool:
        """Tell whether the server runs."""
        return self._server is not None and self._server.poll() is None

    def start(self) -> None:
        """Start the server and wait until it answers; raise ClusterError where it does not."""
        limit = time.monotonic() + READY_WITHIN_S
        launched = False
        while not self.revived():
            launched = launched or not self._is_ending
            time.sleep(0.02)
            if (launched and not self.runs) or time.monotonic() > limit:
                raise ClusterError(f"PostgreSQL does not start: {self._last_words()}")

    def revived(self) -> bool:
        """Go a step towards a server that answers, without waiting; tell whether it does."""
        if not self.runs:
            self._launch()
            return False
        return not self._is_ending and self._answers()

    def _launch(self) -> None:
        settings = {
            **SETTINGS,
            "max_connections": str(self._connections),
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
        }
        if list(self.programs.parent.glob("lib/pg_stat_statements.so")):
            settings["shared_preload_libraries"] = "pg_stat_statements"
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [*self._as_user(), str(self.programs / "postgres"), "-D", str(self.folder / "data"), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        self._is_ending = False

    def begin_stop(self, *, at_once: bool = False) -> None:
        """Have the server stop, without waiting: connections are ended, what was under way is taken back.

        `at_once`: as by a crash (`pg_ctl stop -m immediate`), so that it recovers from its log when it is started again.
        """
        if self._server is not None and self.runs:
            self._server.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
            self._is_ending = True

    def stop(self) -> None:
        """Stop the server and wait until it is gone."""
        self.begin_stop()
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait()

    def close(self) -> None:
        """Stop the server and throw everything away."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Cluster":
        """Return the cluster, which is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make(self) -> None:
        made = subprocess.run(
            [
                *(*self._as_user(), str(self.programs / "initdb"), "--pgdata", str(self.folder / "data")),
                *("--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"),
            ],
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
        )
        if made.returncode:
            raise ClusterError(f"initdb fails: {(made.stderr.strip().splitlines() or ['it says nothing'])[-1]}")

    def _answers(self) -> bool:
        """Tell whether the server takes connections; make the database where it does for the first time."""
        made = subprocess.run(
            [
                *(*self._as_user(), str(self.programs / "createdb"), "--host", "127.0.0.1"),
                *("--port", str(self.port), "--username", USER, "--maintenance-db", "postgres", NAME),
            ],
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
        )
        return made.returncode == 0 or "already exists" in made.stderr

    def _as_user(self) -> list[str]:
        """Return what a command begins with so that it has the right user and ends with this process, however that ends."""
        command = ["setpriv", "--pdeathsig", "QUIT"] if shutil.which("setpriv") else []
        if self._user is not None:
            if not command:
                raise ClusterError("PostgreSQL does not run as root, and there is no setpriv to change the user with")
            command += ["--reuid", str(self._user.pw_uid), "--regid", str(self._user.pw_gid), "--clear-groups"]
        return [*command, "--"] if command else []

    def _last_words(self) -> str:
        with suppress(OSError):
            lines = (self.folder / "log").read_text(errors="replace").strip().splitlines()
            if lines:
                return lines[-1]
        return f"it does not answer within {READY_WITHIN_S:g} s"


def _unprivileged() -> pwd.struct_passwd | None:
    """Return the user to run as, None for the one that this process has."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise ClusterError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")


def _free_port() -> int:
    """Return a port that nobody listens on, below those that outgoing connections take."""
    while True:
        port = random.choice(FREE_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _sweep() -> None:
    """Throw away what owners that were killed have left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError, ValueError):
            if not Path(f"/proc/{int((folder / 'owner').read_text())}").exists() and Path("/proc/self").exists():
                shutil.rmtree(folder, ignore_errors=True)
