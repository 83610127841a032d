"""Servers of others, each serving the same folder, plain or with TLS: uvicorn, granian, nginx, Python's own."""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

IDLE_S = 1
"""How long a server keeps an idle connection, where it can be told."""
NGINX_REQUESTS = 50
"""Requests after which nginx ends a connection; it says so with the last."""

APP = """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    files = Mount("/", StaticFiles(directory="files"))
    app = Starlette(routes=[files], middleware=[Middleware(GZipMiddleware, minimum_size=500)])
"""
PYTHON = """
    import functools, http.server, ssl, sys

    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = {idle_s}

        def log_message(self, *_):
            pass

    http.server.ThreadingHTTPServer.request_queue_size = 128
    server = http.server.ThreadingHTTPServer(("127.0.0.1", {port}), functools.partial(Handler, directory="files"))
    if len(sys.argv) > 1:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[1:])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()
"""
NGINX = """
    {user}
    daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
    events {{}}
    http {{
        access_log off; default_type application/octet-stream; types {{ application/json json; }}
        client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
        uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
        keepalive_timeout {idle_s}s; keepalive_requests {requests}; gzip on; gzip_types application/json;
        server {{ listen 127.0.0.1:{port}{tls}; root {folder}/files; }}
    }}
"""


@dataclass(frozen=True, slots=True)
class RealServer:
    """One that listens. `authority` is the file with its certificate, where it speaks TLS."""

    kind: str
    url: str
    authority: str | None

    @property
    def options(self) -> dict[str, str]:
        """What a session needs to trust it."""
        return {} if self.authority is None else {"ca_file": self.authority}


Pair = tuple[Path, Path] | None
"""Certificate and key."""


def _uvicorn(folder: Path, port: int, tls: Pair) -> list[str]:
    (folder / "shop.py").write_text(textwrap.dedent(APP))
    secured = [] if tls is None else ["--ssl-certfile", str(tls[0]), "--ssl-keyfile", str(tls[1])]
    options = ["--port", str(port), "--log-level", "error", "--timeout-keep-alive", str(IDLE_S), *secured]
    return [sys.executable, "-m", "uvicorn", "shop:app", *options]


def _granian(folder: Path, port: int, tls: Pair) -> list[str]:
    (folder / "shop.py").write_text(textwrap.dedent(APP))
    secured = [] if tls is None else ["--ssl-certificate", str(tls[0]), "--ssl-keyfile", str(tls[1])]
    options = ["--interface", "asgi", "--port", str(port), "--no-log", *secured]
    return [sys.executable, "-m", "granian", *options, "shop:app"]


def _nginx(folder: Path, port: int, tls: Pair) -> list[str]:
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.fail("nginx is not there: run .ci/run once, or apt-get install nginx-light", pytrace=False)
    secured = "" if tls is None else f" ssl; ssl_certificate {tls[0]}; ssl_certificate_key {tls[1]}"
    user = "user root;" if os.geteuid() == 0 else ""  # its workers must be able to read the folder
    text = NGINX.format(folder=folder, port=port, tls=secured, user=user, idle_s=IDLE_S, requests=NGINX_REQUESTS)
    (folder / "nginx.conf").write_text(text)
    return [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]


def _python(folder: Path, port: int, tls: Pair) -> list[str]:
    (folder / "serve.py").write_text(textwrap.dedent(PYTHON.format(port=port, idle_s=IDLE_S)))
    return [sys.executable, "serve.py", *map(str, tls or ())]


COMMANDS: dict[str, Callable[[Path, int, Pair], list[str]]] = {
    "uvicorn": _uvicorn,
    "granian": _granian,
    "nginx": _nginx,
    "python": _python,
}


@contextmanager
def running(kind: str, folder: Path, tls: Pair) -> Iterator[RealServer]:
    """Start a server on `folder`, whose sub-folder `files` it serves, and stop it at the end."""
    port = _free_port()
    command = COMMANDS[kind](folder, port, tls)
    with (folder / "output.txt").open("w") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
    try:
        until = time.monotonic() + 20
        while not _answers(port, secured=tls is not None):
            said = (folder / "output.txt").read_text()
            assert process.poll() is None, f"{kind} ended with code {process.returncode}: {said}"
            assert time.monotonic() < until, f"{kind} did not start within 20 s: {said}"
            time.sleep(0.05)
        scheme = "http" if tls is None else "https"
        yield RealServer(kind, f"{scheme}://localhost:{port}", None if tls is None else str(tls[0]))
    finally:
        process.terminate()
        process.wait(timeout=10)


def _free_port() -> int:
    """Below the range of outgoing connections; test processes that run side by side start at different ones."""
    first = 25_000 + os.getpid() % 90 * 10
    for port in range(first, 26_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 25000 and 25999")


def _answers(port: int, *, secured: bool) -> bool:
    try:
        stream = socket.create_connection(("127.0.0.1", port), timeout=2)
        if secured:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            stream = context.wrap_socket(stream)
        with stream:
            stream.sendall(b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return stream.recv(5) == b"HTTP/"
    except OSError:
        return False
