"""What faults act on: a small server in the place of the sandbox's control or of Toxiproxy, and a run folder."""

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from loadgen.faults.injector import Surroundings
from records.environment import fingerprint, versions
from records.folder import create_folder, write_manifest
from records.manifest import Ended, Manifest
from records.manifest_file import read_manifest
from scenarios.fault import Fault
from scenarios.injection import PlannedFault
from scenarios.library import load_plan
from scenarios.target import Target


@dataclass(slots=True)
class Server:
    """Answers by `answers` (method and path to status and body), and remembers what it was asked."""

    url: str = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def calls(self) -> list[str]:
        return [call for call, _ in self.asked]


@pytest.fixture
def server() -> Iterator[Server]:
    known = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            call = f"{self.command} {self.path}"
            known.asked.append((call, json.loads(body) if body else None))
            status, said = known.answers.get(call, (404, {"error": "not here"}))
            data = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - the base class's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.url = f"http://127.0.0.1:{serving.server_address[1]}"
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield known
    serving.shutdown()
    thread.join()
    serving.server_close()


def target_at(url: str) -> Target:
    return load_plan("smoke").target.model_copy(update={"url": url})


def planned(fault: dict[str, Any], start_s: float = 0.0, end_s: float = 5.0, number: int = 1) -> PlannedFault:
    whole = Fault.model_validate({"name": "trial", "at": "0 s", "duration": "5 s", **fault})
    return PlannedFault(fault=whole, number=number, start_s=start_s, end_s=end_s)


def around(folder: Path, url: str = "http://127.0.0.1:1", sandbox_pid: int | None = None) -> Surroundings:
    return Surroundings(target_at(url), folder, sandbox_pid)


def run_folder(results: Path, *faults: PlannedFault, url: str = "http://127.0.0.1:1", began: str | None = None) -> Path:
    """Return a run folder with faults; it has begun where `began` (ISO) is given."""
    plan = load_plan("smoke").model_copy(update={"faults": faults, "target": target_at(url)})
    manifest = Manifest(
        run_id="smoke-20260101T000000Z-000001", scenario_text="", plan=plan, started_at=began or "2026-01-01T00:00:00.000+00:00",
        workers=1, versions=versions(), commit=None, target_build=None, fingerprint=fingerprint(), command=(), load_command=(),
        clock_offset_us={"local": 0.0} if began else {},
    )  # fmt: skip
    folder = create_folder(results, manifest.run_id)
    write_manifest(folder, manifest)
    return folder


def end_run(folder: Path) -> None:
    """Write the run's end, as the leader does."""
    ended = Ended(reason="aborted", at_s=1.0)
    write_manifest(folder, read_manifest(folder).model_copy(update={"ended": ended}))
