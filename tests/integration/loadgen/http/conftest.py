"""A server that misbehaves on order, in operating system threads: the client under test has the gevent loop to itself."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import run

import pytest

from loadgen.http import ConnectionCounters, Exchange, HttpSession

PORTS = range(22_000, 23_000)
"""Below the range of outgoing connections, so that no client takes one."""


class Peer:
    """One accepted connection, as a script sees it."""

    def __init__(self, stream: socket.socket, server: "HostileServer", number: int) -> None:
        self.stream = stream
        self.server = server
        self.number = number
        self._left = b""

    def request(self) -> bytes:
        """The next whole request, or nothing at the end of the connection."""
        while b"\r\n\r\n" not in self._left:
            data = self._read()
            if not data:
                return b""
            self._left += data
        head, _, rest = self._left.partition(b"\r\n\r\n")
        length = next((int(f[15:]) for f in head.split(b"\r\n") if f.lower().startswith(b"content-length:")), 0)
        while len(rest) < length and (data := self._read()):
            rest += data
        whole, self._left = head + b"\r\n\r\n" + rest[:length], rest[length:]
        self.server.requests.append(whole)
        return whole

    def head(self) -> bytes:
        """The next request's head alone, the body left unread."""
        while b"\r\n\r\n" not in self._left:
            data = self._read()
            if not data:
                return b""
            self._left += data
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        self.server.requests.append(head)
        return head

    def _read(self) -> bytes:
        try:
            return self.stream.recv(65_536)
        except OSError:
            return b""

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self.stream.sendall(data)

    def answer(self, body: bytes = b"ok", *fields: bytes, status: bytes = b"200 OK") -> None:
        lines = b"".join(field + b"\r\n" for field in fields)
        self.send(b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status, lines, len(body), body))

    def reset(self) -> None:
        """Closes with RST instead of FIN."""
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.close()

    def wait(self, seconds: float = 10.0) -> None:
        """Until the test ends, or the time is up."""
        self.server.over.wait(seconds)


Script = Callable[[Peer], None]


def polite(peer: Peer) -> None:
    while peer.request():
        peer.answer()


class HostileServer:
    def __init__(self, script: Script, host: str = "127.0.0.1") -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self.over = threading.Event()
        self._script = script
        self._peers: list[Peer] = []
        self._threads: list[threading.Thread] = []
        self._listener = listen(host)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            peer = Peer(stream, self, self.connections)
            self._peers.append(peer)
            thread = threading.Thread(target=self._serve, args=(peer,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, peer: Peer) -> None:
        with contextlib.suppress(OSError):
            self._script(peer)
        peer.stream.close()

    def close(self) -> None:
        self.over.set()
        for stream in (self._listener, *(peer.stream for peer in self._peers)):
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)
            stream.close()
        for thread in (self._accepting, *self._threads):
            thread.join(timeout=5)


def listen(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in PORTS:
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(2_048)
        except OSError:
            listener.close()
        else:
            return listener
    raise RuntimeError("no free port")


Serve = Callable[..., HostileServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve(script)` starts a server that lives as long as the test."""
    running: list[HostileServer] = []

    def start(script: Script = polite, host: str = "127.0.0.1") -> HostileServer:
        running.append(HostileServer(script, host))
        return running[-1]

    yield start
    for server in running:
        server.close()


class Watched:
    """A session and all it reported."""

    def __init__(self, session: HttpSession, seen: list[Exchange], counters: ConnectionCounters) -> None:
        self.session = session
        self.seen = seen
        self.counters = counters


@pytest.fixture
def visit() -> Iterator[Callable[..., Watched]]:
    """`visit(url, **options)` is a session whose exchanges and connections can be counted."""
    made: list[HttpSession] = []

    def start(url: str, **options: object) -> Watched:
        seen: list[Exchange] = []
        counters = ConnectionCounters()
        session = HttpSession(url, observer=seen.append, counters=counters, **options)  # type: ignore[arg-type]  # options of any kind
        made.append(session)
        return Watched(session, seen, counters)

    yield start
    for session in made:
        session.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "server.crt", folder / "server.key"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    extensions = ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:TRUE"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    run(["openssl", *options.split(), *extensions, *files], check=True, capture_output=True, timeout=30)
    return certificate, key
