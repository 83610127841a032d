"""Through a proxy, on demand only: absolute requests for http, a tunnel for https, and whose fault a failure is."""

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loadgen.http import FailureClass, Proxies

pytestmark = pytest.mark.integration

CREDENTIALS = b"Proxy-Authorization: Basic bWU6cGE1NQ=="  # me:pa55


def through(server: Any, userinfo: str = "") -> Proxies:
    return Proxies({"all": server.url.replace("http://", f"http://{userinfo}")})


def tunnel(peer: Any) -> None:
    """A proxy that connects to the place it is asked for."""
    head = peer.head()
    host, _, port = head.split(b" ")[1].rpartition(b":")
    with socket.create_connection((host.decode(), int(port))) as there:
        peer.send(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
        back = threading.Thread(target=pump, args=(there, peer.stream), daemon=True)
        back.start()
        pump(peer.stream, there)
        back.join(timeout=5)


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def answers(data: bytes) -> Callable[[Any], None]:
    def script(peer: Any) -> None:
        peer.head()
        peer.send(data)

    return script


@pytest.fixture
def secure_shop(serve: Any, certificate: tuple[Path, Path]) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def script(peer: Any) -> None:
        peer.stream.settimeout(10)
        peer.stream = context.wrap_socket(peer.stream, server_side=True)
        while peer.request():
            peer.answer(b"secret")

    return serve(script)


def test_environment_counts_on_demand_only(serve: Any, visit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, proxy = serve(), serve(lambda peer: (peer.request(), peer.answer(b"of the proxy")))
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", proxy.url)
    assert visit(shop.url).session.get("/").content == b"ok"
    assert proxy.connections == 0
    assert visit(shop.url, proxies=Proxies.of_environment()).session.get("/").content == b"of the proxy"
    assert shop.connections == 1


def test_plain_requests_are_absolute_and_share_one_connection(serve: Any, visit: Any) -> None:
    proxy = serve()
    watched = visit("http://shop.test:81/v1", proxies=through(proxy, "me:pa55@"))
    assert [watched.session.post("/slots", json={}).content for _ in range(2)] == [b"ok", b"ok"]
    assert proxy.connections == 1
    for request in proxy.requests:
        assert request.startswith(b"POST http://shop.test:81/v1/slots HTTP/1.1\r\nHost: shop.test:81\r\n")
        assert CREDENTIALS in request
    assert watched.seen[0].url == "http://shop.test:81/v1/slots"  # without a name server: the proxy resolves


def test_secure_requests_are_tunnelled_and_verified_to_the_origin(
    serve: Any, visit: Any, secure_shop: Any, certificate: Any
) -> None:
    proxy = serve(tunnel)
    url = f"https://localhost:{secure_shop.port}"
    watched = visit(url, proxies=through(proxy, "me:pa55@"), ca_file=str(certificate[0]))
    assert [watched.session.get("/").content for _ in range(3)] == [b"secret"] * 3
    assert (proxy.connections, secure_shop.connections, watched.counters.opened) == (1, 1, 1)
    [asked] = proxy.requests
    assert asked.startswith(b"CONNECT localhost:%d HTTP/1.1\r\n" % secure_shop.port)
    assert CREDENTIALS in asked
    assert not [request for request in secure_shop.requests if b"Proxy-" in request]
    assert watched.seen[0].tls_us > 0
    stranger = visit(url, proxies=through(proxy))
    assert stranger.session.get("/").failure_class == "tls"


def test_origin_that_is_left_out_is_spoken_to_directly(serve: Any, visit: Any) -> None:
    shop, proxy = serve(), serve()
    proxies = Proxies({"all": proxy.url.replace("http://", "http://me:pa55@"), "no": "127.0.0.1"})
    assert visit(shop.url, proxies=proxies).session.get("/").ok
    assert proxy.connections == 0
    assert b"Proxy-" not in shop.requests[0]


def test_redirect_to_an_origin_left_out_takes_no_credentials_along(serve: Any, visit: Any) -> None:
    shop = serve()
    location = b"Location: " + shop.url.encode() + b"/there"
    proxy = serve(lambda peer: (peer.request(), peer.answer(b"", location, status=b"302 Found")))
    proxies = Proxies({"all": proxy.url.replace("http://", "http://me:pa55@"), "no": "127.0.0.1"})
    assert visit("http://shop.test", proxies=proxies).session.get("/").ok
    assert b"Proxy-" not in shop.requests[0]


@pytest.mark.parametrize(
    ("url", "answer", "failure", "text"),
    [
        ("http://shop.test", b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "refused", "proxy wants authentication (407)"),
        ("https://shop.test", b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "refused", "proxy wants authentication (407)"),
        ("https://shop.test", b"HTTP/1.1 403 No\r\n\r\n", "refused", "proxy refused the tunnel (403)"),
        ("https://shop.test", b"HTTP/1.0 502 Bad Gateway\r\n\r\n", "refused", "proxy refused the tunnel (502)"),
        ("https://shop.test", b"", "reset", "proxy closed the connection without an answer"),
        ("https://shop.test", b"HTTP/1.1 200", "reset", "proxy closed the connection without an answer"),
        ("https://shop.test", b"SSH-2.0-x\r\n\r\n", "protocol", "proxy answered with something that is not HTTP/1.1"),
        ("https://shop.test", b"HTTP/1.1 200 OK\r\n\r\nhello", "protocol", "proxy sent more than its answer"),
        ("https://shop.test", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000, "too_large", "headers of the proxy over their limit"),
    ],
)  # fmt: skip
def test_failure_of_the_proxy_is_named_as_such(
    serve: Any, visit: Any, url: str, answer: bytes, failure: str, text: str
) -> None:
    proxy = serve(answers(answer))
    watched = visit(url, proxies=through(proxy, "me:pa55@"), timeout_s=2, max_header_bytes=10_000)
    response = watched.session.get("/")
    [exchange] = watched.seen
    assert (response.status_code, exchange.failure, exchange.failure_text) == (0, failure, text)
    assert proxy.connections == 1
    assert watched.counters.opened == (1 if url.startswith("http:") else 0)
    assert "pa55" not in f"{exchange} {response.error} {response.error.detail}"


def test_407_of_the_origin_is_a_status_like_any_other(serve: Any, visit: Any) -> None:
    shop = serve(lambda peer: (peer.request(), peer.answer(b"", status=b"407 Odd")))
    assert visit(shop.url).session.get("/").status_code == 407


@pytest.mark.parametrize("url", ["http://shop.test", "https://shop.test"])
def test_proxy_that_nobody_runs_is_told_from_a_target_that_refuses(visit: Any, url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        proxies = Proxies({"all": f"http://127.0.0.1:{taken.getsockname()[1]}"})
        watched = visit(url, proxies=proxies)
        watched.session.get("/")
    [exchange] = watched.seen
    assert (exchange.failure, exchange.failure_text) == (FailureClass.REFUSED, "proxy: connection refused")


def test_tunnel_that_never_opens_is_bounded_by_the_deadline(serve: Any, visit: Any) -> None:
    watched = visit("https://shop.test", proxies=through(serve(lambda peer: peer.wait())), timeout_s=0.3)
    watched.session.get("/")
    assert watched.seen[0].failure_text == "deadline passed while the proxy opened its tunnel"
