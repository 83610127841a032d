"""Each mistake gets its line, exit code 2, no traceback; nothing is started and nothing is lost."""

import http.server
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shop import SECRETS
from tests.system.conftest import Rushhour, command

pytestmark = pytest.mark.system
USAGE = 2


class _OtherShape(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._say(b'{"status":"healthy"}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._say(b'{"hello":"I am another service"}')

    def _say(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def another_service() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _OtherShape)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def refused(rushhour: Rushhour, *words: object, env: dict[str, str] | None = None) -> str:
    done = rushhour(*words, env=env)
    assert done.returncode == USAGE, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_an_unreachable_target(rushhour: Rushhour, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    said = refused(rushhour, "run", "smoke", "--target", "sandbox", "--url", url, "--results", tmp_path)
    assert f"{url}: cannot be reached" in said
    assert not list(tmp_path.iterdir())


def test_wrong_credentials(rushhour: Rushhour, shop: str, tmp_path: Path) -> None:
    said = refused(
        rushhour,
        "run",
        "smoke",
        "--target",
        "sandbox",
        "--url",
        shop,
        "--results",
        tmp_path,
        env={**SECRETS, "SANDBOX_PASSWORD": "wrong"},
    )
    assert "401 for client00001@sandbox.example" in said
    assert "SANDBOX_PASSWORD" in said


def test_a_service_of_another_shape(rushhour: Rushhour, another_service: str, tmp_path: Path) -> None:
    said = refused(rushhour, "run", "smoke", "--target", "sandbox", "--url", another_service, "--results", tmp_path)
    assert "answered in another shape; expected JSON with access_token" in said


def test_a_missing_secret(rushhour: Rushhour, another_service: str, tmp_path: Path) -> None:
    profile = tmp_path / "shop.toml"
    profile.write_text(
        'format_version = 1\nname = "shop"\ntitle = "Shop"\nkind = "staging"\nurl = "http://127.0.0.1:1"\n'
        '[limits]\nsessions_per_s = "50 per s"\nusers = 100\n'
        '[clients]\nsource = "pattern"\nemail = "c{n}@shop.example"\npassword_env = "NO_SUCH_SECRET"\n',
        encoding="utf-8",
    )
    said = refused(
        rushhour, "run", "smoke", "--target", profile, "--url", another_service, "--results", tmp_path / "results"
    )
    assert "NO_SUCH_SECRET is not set" in said


def test_a_results_folder_that_cannot_be_written(rushhour: Rushhour, shop: str, tmp_path: Path) -> None:
    occupied = tmp_path / "results"
    occupied.write_text("a file, not a folder", encoding="utf-8")
    said = refused(rushhour, "run", "smoke", "--target", "sandbox", "--url", shop, "--results", occupied, env=SECRETS)
    assert "cannot write run folders there" in said


def test_a_misspelt_scenario(rushhour: Rushhour) -> None:
    assert 'did you mean "weekly_regression"' in refused(rushhour, "run", "weekly_regresion")


def test_all_problems_of_a_scenario_file(rushhour: Rushhour, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(
        'format_version = 1\nnam = "bad"\n[traffic]\n[[stages]]\nlevel = -1\nduration = "5 parsecs"\n', encoding="utf-8"
    )
    said = refused(rushhour, "run", path)
    for part in (
        'nam is not a known key; did you mean "name"?',
        "stages[0].level is -1",
        'stages[0].duration is "5 parsecs"',
        "seed is missing",
    ):
        assert part in said


def test_an_unknown_plant(rushhour: Rushhour, tmp_path: Path) -> None:
    said = refused(rushhour, "run", "smoke", "--plant", "slow-slot", "--results", tmp_path)
    assert "slow-slots" in said


def test_production_needs_a_word(rushhour: Rushhour, tmp_path: Path) -> None:
    profile = tmp_path / "live.toml"
    profile.write_text(
        'format_version = 1\nname = "live"\ntitle = "Live"\nkind = "production"\nurl = "http://127.0.0.1:1"\n'
        '[limits]\nsessions_per_s = "50 per s"\nusers = 100\n'
        '[clients]\nsource = "pattern"\nemail = "c{n}@shop.example"\npassword_env = "X"\n',
        encoding="utf-8",
    )
    assert "add --production" in refused(rushhour, "run", "smoke", "--target", profile)


@pytest.mark.parametrize("verb", ["judge", "report"])
def test_a_folder_that_is_no_run(rushhour: Rushhour, tmp_path: Path, verb: str) -> None:
    assert "no manifest.json there; expected a run folder" in refused(rushhour, verb, tmp_path)


def test_a_half_written_manifest(rushhour: Rushhour, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"format_version": 1, "run_id": "x', encoding="utf-8")
    assert "damaged" in refused(rushhour, "judge", tmp_path)


def test_an_unknown_run_names_the_nearest(rushhour: Rushhour, tmp_path: Path) -> None:
    (tmp_path / "smoke-20260101T000000Z-abc123").mkdir()
    (tmp_path / "smoke-20260101T000000Z-abc123" / "manifest.json").touch()
    assert 'did you mean "smoke-20260101T000000Z-abc123"' in refused(
        rushhour, "judge", "smoke-20260101T000000Z-abc124", "--results", tmp_path
    )


def test_a_baseline_that_is_not_there(rushhour: Rushhour, tmp_path: Path) -> None:
    assert "list them with" in refused(rushhour, "baseline", "drop", "nothing", "--baselines", tmp_path)


def test_no_runs_yet(rushhour: Rushhour, tmp_path: Path) -> None:
    assert "no runs there yet; make one with" in refused(rushhour, "judge", "last", "--results", tmp_path)


def test_more_users_than_open_files_are_told_before_anything_starts(tmp_path: Path) -> None:
    """150 places and 256 for the process itself do not fit into 300."""
    words = command("run", "smoke", "--target", "sandbox", "--time-scale", "0.1", "--results", tmp_path / "results")
    limited = ["/bin/sh", "-c", 'ulimit -n 300; exec "$@"', "sh", *words]
    done = subprocess.run(limited, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == USAGE, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("rushhour: 150 users in one process need 406 open files; the hard limit is 300: raise it")
    assert not (tmp_path / "results").exists()
