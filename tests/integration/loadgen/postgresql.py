"""A PostgreSQL server of a test's own on loopback, in a temporary folder."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from rushhour.load import free_port

NOBODY = 65534  # the server refuses to be root
USER = "probe"


def programs() -> Path | None:
    """Return where PostgreSQL's programs are, None where they are not installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which("initdb")
    return versions[-1] if versions else None if found is None else Path(found).parent


@dataclass(slots=True)
class Server:
    """A server that may be stopped and started again."""

    where: Path
    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def dsn(self) -> str:
        return f"host=127.0.0.1 port={self.port} user={USER} dbname=postgres"

    def start(self) -> None:
        options = {
            "listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": "", "fsync": "off",
            "shared_preload_libraries": "pg_stat_statements",
        }  # fmt: skip
        command = [str(self.where / "postgres"), "-D", str(self.folder / "data")]
        command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen([*as_user(), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        limit = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.dsn, connect_timeout=2).close()
            except psycopg.OperationalError:
                assert time.monotonic() < limit, "PostgreSQL does not listen"
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(3)  # SIGQUIT: at once
            self.process.wait(timeout=20)
            self.process = None


def as_user() -> list[str]:
    return [] if os.getuid() else ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


@contextmanager
def postgresql() -> Iterator[Server]:
    """Yield a fresh server. Where PostgreSQL is not installed the test is skipped, and fails in CI."""
    where = programs()
    if where is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: run .ci/run once, or apt-get install postgresql", pytrace=False)
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="probe-pg-"))
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    made = [str(where / "initdb"), "--pgdata", str(folder / "data"), "--username", USER, "--auth", "trust", "--no-sync"]
    subprocess.run([*as_user(), *made], check=True, capture_output=True)
    found = Server(where, folder, free_port())
    found.start()
    try:
        yield found
    finally:
        found.stop()
        shutil.rmtree(folder)
