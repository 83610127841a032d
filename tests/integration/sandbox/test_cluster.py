"""The cluster of our own: it says why it does not start, and leaves nothing behind."""

import signal
from pathlib import Path

import psycopg
import pytest

from sandbox.store import cluster as module
from sandbox.store.cluster import PREFIX, Cluster, ClusterError
from tests.integration.sandbox.processes import started, until

pytestmark = pytest.mark.integration


def test_machine_without_postgresql_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INSTALLED", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterError, match=r"install it: apt-get install postgresql"):
        Cluster()


def test_server_that_does_not_start_is_a_line_from_its_log_at_once(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.SETTINGS, "shared_buffers", "nonsense")
    with pytest.raises(ClusterError, match="PostgreSQL does not start: ") as raised:
        Cluster()
    assert "\n" not in str(raised.value)


def test_cluster_is_stopped_started_and_gone(cluster: Cluster) -> None:
    with Cluster() as other:
        folder, address = other.folder, other.address
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE kept (number INTEGER)")
        other.stop()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(address)
        other.start()
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT COUNT(*) FROM kept").fetchone() == (0,)
    assert not folder.exists()


def test_server_ends_with_a_sandbox_that_is_killed(cluster: Cluster) -> None:
    with started("--fast", "--database", "postgresql-embedded") as shop:
        data = Path(shop.ready["database"]["data"])
        server = int((data / "postmaster.pid").read_text().split()[0])
        assert Path(f"/proc/{server}").exists()
        shop.process.send_signal(signal.SIGKILL)
        shop.process.wait(5)
        until(lambda: not Path(f"/proc/{server}").exists())
    with Cluster():
        assert data.parent.name.startswith(PREFIX)
        assert not data.parent.exists()  # the next one has thrown it away
