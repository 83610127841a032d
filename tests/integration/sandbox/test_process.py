"""The process: `python -m sandbox` as the rest of the suite starts it."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
Start = Callable[..., tuple[subprocess.Popen[str], dict[str, Any]]]


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "sandbox", "--clients", "20", *options]


@pytest.fixture
def start() -> Iterator[Start]:
    """Return what starts a sandbox on a free port and gives its process and its ready line."""
    started: list[subprocess.Popen[str]] = []

    def of(*options: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        process = subprocess.Popen(
            command("--port", "0", *options), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        return process, json.loads(process.stdout.readline())

    yield of
    for process in started:
        process.kill()
        process.communicate()


def wrong(*options: str) -> str:
    """Return the one line that a wrong command line is answered with."""
    ended = subprocess.run(command(*options), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    return ended.stderr


def test_ready_line_says_where_it_listens_and_what_it_can_do(start: Start) -> None:
    process, ready = start("--plant", "errors", "--seed", "7", "--pool", "10")
    assert ready["pid"] == process.pid
    assert (ready["seed"], ready["plants"]) == (7, ["errors"])
    assert 200 < ready["capacity_requests_per_s"]["booking_mix"] < 300
    port = int(ready["listening"].rpartition(":")[2])
    assert port < 32_768
    assert httpx.get(f"{ready['listening']}/health").json() == {"status": "healthy"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_within_two_seconds_and_leaves_nothing_behind(start: Start, tmp_path: Path, number: int) -> None:
    process, ready = start("--service-factor", "100")
    with socket.create_connection(("127.0.0.1", int(ready["listening"].rpartition(":")[2]))) as held:
        held.sendall(b"GET /api/v2/barbers/ HTTP/1.1\r\nHost: sandbox\r\n\r\n")  # in flight for seconds
        time.sleep(0.2)
        begun = time.monotonic()
        process.send_signal(number)
        assert process.wait(5) == 0
    assert time.monotonic() - begun < 2.0
    out, err = process.communicate()
    assert out == ""
    assert err.splitlines() == ["sandbox: the database is a temporary file, gone at exit"]


def test_killed_sandbox_leaves_no_database_behind(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    process, ready = start("--fast")
    assert httpx.get(f"{ready['listening']}/api/v2/barbers/").status_code == 200
    process.kill()
    process.wait(5)
    assert list(tmp_path.iterdir()) == []


def test_database_that_is_named_is_kept_and_used_again(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite3"
    form = {"email": "n@sandbox.example", "first_name": "N", "last_name": "N", "password": "sandbox0"}
    for status in (200, 400):
        process, ready = start("--database", str(path), "--fast")
        assert httpx.post(f"{ready['listening']}/api/v2/auth/register-client", json=form).status_code == status
        process.terminate()
        assert process.wait(5) == 0


def test_wrong_use_is_one_line_and_exit_code_2() -> None:
    assert "did you mean slow-slots?" in wrong("--plant", "slow-slot")
    assert "--pool 0: expected 1 to 10000" in wrong("--pool", "0")
    assert "--colour" in wrong("--colour", "red")
    assert "unable to open" in wrong("--port", "0", "--database", "/nowhere/shop.sqlite3")


def test_port_that_is_taken_is_named(start: Start) -> None:
    _, ready = start()
    port = ready["listening"].rpartition(":")[2]
    assert f"--port {port} on 127.0.0.1" in wrong("--port", port)


def test_password_and_webhook_secret_come_from_the_environment(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PASSWORD", "another one")
    _, ready = start("--fast")
    login = f"{ready['listening']}/api/v2/auth/login"
    statuses = [
        httpx.post(login, json={"email": "client00001@sandbox.example", "password": password}).status_code
        for password in ("another one", "sandbox")
    ]
    assert statuses == [200, 401]


def test_connection_is_dropped_without_a_word_after_a_500(start: Start) -> None:
    process, ready = start("--plant", "errors", "--fast")
    connection = socket.create_connection(("127.0.0.1", int(ready["listening"].rpartition(":")[2])))
    request = b"GET /api/v2/barbers/ HTTP/1.1\r\nHost: sandbox\r\n\r\n"
    with connection, connection.makefile("rb") as answers:
        status = b""
        while b"500" not in status:
            connection.sendall(request)
            status = answers.readline()
            head = list(iter(answers.readline, b"\r\n"))
            length = next(int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length"))
            answers.read(length)
            assert not any(line.lower().startswith(b"connection:") for line in head)
        assert answers.read() == b""  # the server closed
    process.terminate()
    assert "Traceback" not in process.communicate()[1]


def test_stalls_stop_everyone(start: Start) -> None:
    _, ready = start("--plant", "stalls", "--fast")
    longest_s = 0.0
    with httpx.Client() as client:
        ends = time.monotonic() + 11.0
        while time.monotonic() < ends and longest_s < 1.0:
            begun = time.monotonic()
            client.get(f"{ready['listening']}/health")
            longest_s = max(longest_s, time.monotonic() - begun)
            time.sleep(0.05)
    assert longest_s > 1.0


def test_as_many_descriptors_as_the_system_allows(start: Start) -> None:
    process, _ = start("--fast")
    limits = Path(f"/proc/{process.pid}/limits")
    if not limits.exists():
        pytest.skip("no /proc here")
    soft, hard = next(line for line in limits.read_text().splitlines() if "open files" in line).split()[3:5]
    assert soft == hard


@pytest.mark.parametrize(("keep_alive_s", "closed"), [("0.2", True), ("30", False)])
def test_an_idle_connection_is_kept_as_long_as_asked(start: Start, keep_alive_s: str, closed: bool) -> None:
    _, ready = start("--keep-alive-s", keep_alive_s)
    host, _, port = ready["listening"].removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = HTTPResponse(connection)
        answer.begin()
        assert (answer.status, bool(answer.read())) == (200, True)
        connection.settimeout(1.0)
        if closed:
            assert connection.recv(1) == b""
        else:
            with pytest.raises(TimeoutError):
                connection.recv(1)
