"""Against servers of others: uvicorn with Starlette, Python's http.server, TLS by the ssl module."""

import http.server
import os
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadgen.http import HttpSession

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[4]
APP = """
    import sys
    import uvicorn
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.responses import JSONResponse, RedirectResponse, StreamingResponse
    from starlette.routing import Route

    async def slots(request):
        return JSONResponse({"slots": list(range(500)), "cookie": request.cookies.get("sid")})

    async def echo(request):
        return JSONResponse({"method": request.method, "body": (await request.body()).decode(), "q": dict(request.query_params)})

    async def stream(request):
        async def parts():
            for n in range(20):
                yield f"part {n}\\n"
        return StreamingResponse(parts(), media_type="text/plain")

    async def login(request):
        response = RedirectResponse("/slots", status_code=303)
        response.set_cookie("sid", "abc", httponly=True)
        return response

    app = Starlette(
        routes=[
            Route("/slots", slots),
            Route("/echo", echo, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
            Route("/stream", stream),
            Route("/login", login, methods=["POST"]),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=500)],
    )
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", timeout_keep_alive=1)
"""


@pytest.fixture(scope="module")
def uvicorn_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    script = tmp_path_factory.mktemp("app") / "app.py"
    script.write_text(textwrap.dedent(APP))
    port = 23_000 + os.getpid() % 900
    process = subprocess.Popen([sys.executable, str(script), str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 20
        while True:
            try:
                httpx.get(f"{url}/slots", trust_env=False)
                break
            except httpx.HTTPError:
                assert time.monotonic() < until, "uvicorn did not start"
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_gzip_json_of_uvicorn_equals_what_httpx_reads(uvicorn_url: str, visit: Any) -> None:
    response = visit(uvicorn_url).session.get("/slots")
    assert response.headers["content-encoding"] == "gzip"
    assert response.json() == httpx.get(f"{uvicorn_url}/slots", trust_env=False).json()


def test_stream_of_uvicorn_is_chunked_and_whole(uvicorn_url: str, visit: Any) -> None:
    response = visit(uvicorn_url).session.get("/stream")
    assert response.headers["transfer-encoding"] == "chunked"
    assert response.text == "".join(f"part {n}\n" for n in range(20))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_every_method_reaches_uvicorn(uvicorn_url: str, visit: Any, method: str) -> None:
    body = None if method == "GET" else "hello é"
    seen = visit(uvicorn_url).session.request(method, "/echo", data=body, params={"a": "x y"}).json()
    assert seen == {"method": method, "body": body or "", "q": {"a": "x y"}}


def test_large_upload_is_sent_whole(uvicorn_url: str, visit: Any) -> None:
    seen = visit(uvicorn_url, max_body_bytes=20_000_000).session.post("/echo", data="x" * 5_000_000).json()
    assert len(seen["body"]) == 5_000_000


def test_sign_in_by_redirect_and_cookie(uvicorn_url: str, visit: Any) -> None:
    watched = visit(uvicorn_url)
    assert watched.session.post("/login").json()["cookie"] == "abc"
    assert watched.counters.opened == 1


def test_idle_close_of_uvicorn_is_stale_not_a_failure(uvicorn_url: str, visit: Any) -> None:
    watched = visit(uvicorn_url)
    for _ in range(2):
        assert watched.session.get("/slots").ok
        time.sleep(1.6)
    assert watched.session.get("/slots").ok
    assert (watched.counters.stale, [e.failure for e in watched.seen]) == (2, [None] * 3)


@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
def test_http_server_of_the_standard_library(visit: Any, serve: Any, protocol: str) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = protocol

        def do_GET(self) -> None:
            self.send_response(200)
            if protocol == "HTTP/1.1":
                self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 24_000 + os.getpid() % 900), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        watched = visit(f"http://127.0.0.1:{server.server_port}")
        assert [watched.session.get("/").content for _ in range(3)] == [b"hello"] * 3
        watched.session.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert watched.counters.opened == (1 if protocol == "HTTP/1.1" else 3)


# TLS.


@pytest.fixture
def tls_url(serve: Any, certificate: tuple[Path, Path]) -> tuple[str, Any]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def script(peer: Any) -> None:
        peer.stream.settimeout(10)
        peer.stream = context.wrap_socket(peer.stream, server_side=True)
        while peer.request():
            peer.answer(b"secret")
            if peer.server.connections == 1 and len(peer.server.requests) == 3:
                return

    server = serve(script)
    return f"https://localhost:{server.port}", server


def test_self_signed_certificate_is_refused(tls_url: tuple[str, Any], visit: Any) -> None:
    watched = visit(tls_url[0])
    assert watched.session.get("/").failure_class == "tls"
    [exchange] = watched.seen
    assert exchange.failure_text == "certificate refused: self-signed certificate"
    assert (watched.counters.opened, tls_url[1].requests) == (0, [])


def test_known_authority_is_accepted_and_timed(tls_url: tuple[str, Any], visit: Any, certificate: Any) -> None:
    watched = visit(tls_url[0], ca_file=str(certificate[0]))
    assert watched.session.get("/").content == b"secret"
    assert watched.seen[0].tls_us > 0
    assert watched.seen[0].connect_us is not None


def test_certificate_for_another_name_is_refused(tls_url: tuple[str, Any], visit: Any, certificate: Any) -> None:
    watched = visit(tls_url[0].replace("localhost", "127.0.0.1"), ca_file=str(certificate[0]))
    watched.session.get("/")
    assert watched.seen[0].failure_text == "certificate refused: it is for another name"


def test_tls_connection_is_kept_and_its_idle_close_is_stale(tls_url: tuple[str, Any], visit: Any) -> None:
    url, server = tls_url
    watched = visit(url, verify_tls=False)
    assert [watched.session.get("/").content for _ in range(3)] == [b"secret"] * 3
    assert server.connections == 1  # session tickets that arrive late are not taken for an end
    time.sleep(0.1)
    assert watched.session.get("/").content == b"secret"
    assert (watched.counters.stale, server.connections) == (1, 2)


def test_plain_answer_to_a_handshake_is_a_tls_failure(serve: Any, visit: Any) -> None:
    server = serve(lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    watched = visit(f"https://localhost:{server.port}")
    assert watched.session.get("/").failure_class == "tls"


def test_handshake_that_never_ends_is_bounded(serve: Any, visit: Any) -> None:
    server = serve(lambda peer: peer.wait())
    watched = visit(f"https://localhost:{server.port}", timeout_s=0.4)
    watched.session.get("/")
    assert watched.seen[0].failure_text == "deadline passed in the TLS handshake"


def test_import_leaves_the_process_unpatched() -> None:
    code = "import loadgen.http, gevent.monkey; raise SystemExit(int(gevent.monkey.is_module_patched('socket')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=30).returncode == 0


def test_session_is_of_the_documented_shape() -> None:
    for verb in ("get", "post", "put", "patch", "delete", "head", "options", "request", "close"):
        assert callable(getattr(HttpSession, verb))
