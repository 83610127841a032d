"""What holds on every real server, plain and with TLS."""

import json
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import gevent
import pytest

from loadgen.http import HttpSession
from tests.integration.loadgen.http.real_servers import COMMANDS, IDLE_S, NGINX_REQUESTS, RealServer, running

pytestmark = pytest.mark.integration

SLOTS = json.dumps({"slots": [{"id": n, "free": n % 3 > 0} for n in range(1_000)]}).encode()
LARGE = random.Random(1).randbytes(3_000_000)
EVERY = [f"{kind}{tls}" for kind in COMMANDS for tls in ("", " with TLS")]


@pytest.fixture(scope="module")
def servers(certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """`servers(name)` is started at its first use and runs until the last test of this file."""
    started: dict[str, RealServer] = {}
    with ExitStack() as stack:

        def server(name: str) -> RealServer:
            if name not in started:
                kind, _, secured = name.partition(" ")
                folder = tmp_path_factory.mktemp(kind)
                (folder / "files").mkdir()
                (folder / "files" / "slots.json").write_bytes(SLOTS)
                (folder / "files" / "large").write_bytes(LARGE)
                started[name] = stack.enter_context(running(kind, folder, certificate if secured else None))
            return started[name]

        yield server


@pytest.fixture
def server(request: Any, servers: Any) -> RealServer:
    return servers(request.param)  # type: ignore[no-any-return]  # a fixture's value


every_server = pytest.mark.parametrize("server", EVERY, indirect=True)


@every_server
def test_one_connection_serves_all_kinds_of_answers(server: RealServer, visit: Any) -> None:
    watched = visit(server.url, **server.options)
    for _ in range(3):
        slots = watched.session.get("/slots.json")
        assert (slots.status_code, slots.content) == (200, SLOTS)
        head = watched.session.head("/slots.json")
        assert (head.status_code, head.content) == (200, b"")
        assert watched.session.get("/large").content == LARGE
    modified = slots.headers["last-modified"]
    if server.kind != "granian":  # what Starlette makes of it is seen on uvicorn
        unchanged = watched.session.get("/slots.json", headers={"If-Modified-Since": modified})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert watched.session.get("/slots.json").content == SLOTS
    assert [e.failure for e in watched.seen] == [None] * len(watched.seen)
    assert (watched.counters.opened, watched.counters.stale) == (1, 0)


@every_server
def test_missing_page_is_an_answer_and_not_a_failure(server: RealServer, visit: Any) -> None:
    watched = visit(server.url, **server.options)
    assert watched.session.get("/missing").status_code == 404
    assert watched.session.get("/slots.json").content == SLOTS
    assert [e.failure for e in watched.seen] == [None, None]


@every_server
def test_many_users_at_once_have_a_connection_each(server: RealServer, visit: Any) -> None:
    users = [visit(server.url, **server.options) for _ in range(20)]

    def user(session: HttpSession) -> list[bytes]:
        return [session.get("/slots.json").content for _ in range(5)]

    jobs = [gevent.spawn(user, watched.session) for watched in users]
    gevent.joinall(jobs, timeout=60)
    assert [job.value for job in jobs] == [[SLOTS] * 5] * 20
    assert [watched.counters.opened for watched in users] == [1] * 20


def test_idle_close_is_a_stale_connection_and_no_failure(servers: Any, visit: Any) -> None:
    names = [name for name in EVERY if not name.startswith("granian")]  # it keeps idle connections for ever
    visits = {name: visit(servers(name).url, **servers(name).options) for name in names}
    for watched in visits.values():
        assert watched.session.get("/slots.json").ok
    time.sleep(IDLE_S + 0.8)
    for name, watched in visits.items():
        assert watched.session.get("/slots.json").ok, name
        assert [(e.failure, e.stale) for e in watched.seen] == [(None, False), (None, True)], name
        assert (watched.counters.opened, watched.counters.stale) == (2, 1), name


@pytest.mark.parametrize("server", ["nginx", "nginx with TLS"], indirect=True)
def test_connection_that_the_server_ends_with_its_last_answer_is_replaced(server: RealServer, visit: Any) -> None:
    watched = visit(server.url, **server.options)
    for _ in range(2 * NGINX_REQUESTS + 1):
        assert watched.session.get("/slots.json").ok
    assert (watched.counters.opened, watched.counters.stale) == (3, 0)


@pytest.mark.parametrize("server", [one for one in EVERY if one.endswith("TLS")], indirect=True)
def test_certificate_of_an_unknown_authority_is_refused(server: RealServer, visit: Any) -> None:
    watched = visit(server.url)
    watched.session.get("/slots.json")
    assert watched.seen[0].failure_text == "certificate refused: self-signed certificate"
    assert visit(server.url, verify_tls=False).session.get("/slots.json").content == SLOTS


def test_a_missing_nginx_is_a_failure_that_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(pytest.fail.Exception, match=r"nginx is not there: run \.ci/run"):
        COMMANDS["nginx"](tmp_path, 1, None)
