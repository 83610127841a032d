"""What each kind of bad server becomes: one exchange, a class, a fixed text, and never a second attempt."""

import gzip
import time
from typing import Any

import gevent
import pytest

from loadgen.http import FailureClass

pytestmark = pytest.mark.integration


def drip(peer: Any) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not peer.server.over.wait(0.05):
        peer.send(b"x")


def drip_headers(peer: Any) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\n")
    while not peer.server.over.wait(0.05):
        peer.send(b"X-Slow: 1\r\n")


def silent(peer: Any) -> None:
    peer.request()
    peer.wait()


def endless_interim(peer: Any) -> None:
    peer.request()
    while not peer.server.over.is_set():
        peer.stream.sendall(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)


def endless_body(peer: Any) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not peer.server.over.is_set():
        peer.stream.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")


def header_flood(peer: Any) -> None:
    peer.request()
    peer.stream.sendall(b"HTTP/1.1 200 OK\r\n")
    while not peer.server.over.is_set():
        peer.stream.sendall(b"X-Flood: 0123456789\r\n" * 100)


def sends(data: bytes) -> Any:
    def script(peer: Any) -> None:
        peer.request()
        peer.send(data)

    return script


def resets(data: bytes = b"") -> Any:
    def script(peer: Any) -> None:
        peer.request()
        peer.send(data)
        time.sleep(0.05)  # let what was sent be read before the reset takes it away
        peer.reset()

    return script


@pytest.mark.parametrize(
    ("script", "failure", "text"),
    [
        (drip, "timeout", "deadline passed inside the response"),
        (drip_headers, "timeout", "deadline passed inside the response"),
        (silent, "timeout", "deadline passed before the first byte"),
        (endless_interim, "too_large", "headers over their limit"),
        (endless_body, "too_large", "body over its limit"),
        (header_flood, "too_large", "headers over their limit"),
        (sends(b""), "reset", "connection closed without a response"),
        (sends(b"HTTP/1.1 200 OK\r\nContent-Le"), "protocol", "response ended inside its headers"),
        (
            sends(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"),
            "protocol",
            "response ended short of its Content-Length",
        ),
        (
            sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"),
            "protocol",
            "response ended inside a chunked body",
        ),
        (sends(b"SSH-2.0-OpenSSH_9.6\r\n"), "protocol", "not HTTP/1.1: Expected HTTP/, RTSP/ or ICE/"),
        (sends(b"HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n"), "protocol", None),
        (sends(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"), "protocol", None),
        (
            sends(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"),
            "protocol",
            "broken gzip body",
        ),
        (sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), "too_large", "body over its limit"),
        (resets(), "reset", "connection reset before the first byte"),
        (resets(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx"), "reset", "connection reset inside the response"),
    ],
)
def test_bad_server_is_one_failed_attempt(serve: Any, visit: Any, script: Any, failure: str, text: str | None) -> None:
    server = serve(script)
    watched = visit(server.url, timeout_s=0.5, max_body_bytes=100_000, max_header_bytes=10_000)
    before = time.monotonic()
    response = watched.session.get("/slots", name="slots")
    assert time.monotonic() - before < 1.5
    assert (response.status_code, response.content, response.ok) == (0, b"", False)
    assert response.failure_class == failure
    [exchange] = watched.seen
    assert (exchange.name, exchange.status, exchange.failure) == ("slots", 0, failure)
    assert text is None or exchange.failure_text == text
    assert exchange.ended_at >= exchange.started_at
    assert server.connections == 1
    assert watched.session.get("/again", timeout_s=0.3).error is not None  # nothing of the bad connection is kept
    assert server.connections == 2


def test_close_after_a_request_on_a_kept_connection_is_a_reset_on_reused(serve: Any, visit: Any) -> None:
    def script(peer: Any) -> None:
        peer.request()
        peer.answer()
        peer.request()

    server = serve(script)
    watched = visit(server.url)
    watched.session.get("/1")
    watched.session.post("/2", json={"pay": 1})
    second = watched.seen[1]
    assert (second.failure, second.on_reused, second.stale) == (FailureClass.RESET, True, False)
    assert (server.connections, len(server.requests)) == (1, 2)


@pytest.mark.parametrize("ending", ["close", "reset", "unsolicited"])
def test_connection_lost_while_idle_is_replaced_and_counted_as_stale(serve: Any, visit: Any, ending: str) -> None:
    def script(peer: Any) -> None:
        peer.request()
        peer.answer()
        match ending:
            case "reset":
                time.sleep(0.02)
                peer.reset()
            case "unsolicited":
                time.sleep(0.02)
                peer.answer(b"timeout", status=b"408 Request Timeout")
                peer.wait()

    server = serve(script)
    watched = visit(server.url)
    assert watched.session.get("/1").ok
    gevent.sleep(0.1)
    assert watched.session.get("/2").content == b"ok"
    second = watched.seen[1]
    assert (second.failure, second.stale, second.new_connection, second.on_reused) == (None, True, True, False)
    assert (watched.counters.opened, watched.counters.stale, watched.counters.reused) == (2, 1, 0)
    assert len(server.requests) == 2


def test_surplus_bytes_leave_the_response_and_end_the_connection(serve: Any, visit: Any) -> None:
    def script(peer: Any) -> None:
        while peer.request():
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")

    server = serve(script)
    watched = visit(server.url)
    assert [watched.session.get("/").content for _ in range(3)] == [b"ok"] * 3
    assert server.connections == 3


def test_body_to_the_close_is_whole(serve: Any, visit: Any) -> None:
    def script(peer: Any) -> None:
        peer.request()
        for part in (b"HTTP/1.1 200 OK\r\n\r\n", b"first ", b"second"):
            peer.send(part)
            time.sleep(0.02)

    watched = visit(serve(script).url)
    response = watched.session.get("/")
    assert (response.content, response.error) == (b"first second", None)
    assert watched.seen[0].body_us > 10_000


def test_half_closed_server_can_still_answer_the_client(serve: Any, visit: Any) -> None:
    def script(peer: Any) -> None:
        peer.request()
        peer.answer(b"last words", b"Connection: close")
        peer.stream.shutdown(1)
        peer.wait(2)

    watched = visit(serve(script).url)
    assert watched.session.get("/").content == b"last words"


def test_chunked_with_trailers_keeps_the_connection(serve: Any, visit: Any) -> None:
    def script(peer: Any) -> None:
        while peer.request():
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            time.sleep(0.01)
            peer.send(b"6;x=y\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n")

    server = serve(script)
    watched = visit(server.url)
    for _ in range(3):
        response = watched.session.get("/")
        assert (response.content, "x-sum" in response.headers) == (b"hello world", False)
    assert server.connections == 1


def test_interim_responses_are_passed_over(serve: Any, visit: Any) -> None:
    def script(peer: Any) -> None:
        while peer.request():
            peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.01)
            peer.answer()

    server = serve(script)
    watched = visit(server.url)
    assert [watched.session.get("/").content for _ in range(2)] == [b"ok", b"ok"]
    assert server.connections == 1


def test_bodiless_answers_keep_the_connection(serve: Any, visit: Any) -> None:
    def script(peer: Any) -> None:
        while request := peer.request():
            if request.startswith(b"HEAD"):
                peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
            elif request.startswith(b"DELETE"):
                peer.send(b"HTTP/1.1 204 No Content\r\n\r\n")
            else:
                peer.send(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n")

    server = serve(script)
    session = visit(server.url).session
    for _ in range(2):
        assert session.head("/").headers["content-length"] == "500"
        assert session.delete("/").status_code == 204
        assert session.get("/").status_code == 304
    assert server.connections == 1


@pytest.mark.parametrize("leave", [b"HTTP/1.1 100 Continue\r\n\r\n", b""], ids=["leave", "silence"])
def test_expect_continue_sends_the_body_after_leave_or_silence(
    serve: Any, visit: Any, leave: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loadgen.http.connection.CONTINUE_WAIT_S", 0.1)

    def script(peer: Any) -> None:
        while head := peer.head():
            assert b"Expect" in head
            peer.send(leave)
            body = b""
            while len(body) < 4:
                body += peer.stream.recv(100)
            peer.answer(body)

    server = serve(script)
    watched = visit(server.url)
    for _ in range(2):
        assert watched.session.post("/", data=b"four", headers={"Expect": "100-continue"}).content == b"four"
    assert server.connections == 1
    assert [e.failure for e in watched.seen] == [None, None]


def test_expect_continue_keeps_the_body_after_a_refusal(serve: Any, visit: Any) -> None:
    def script(peer: Any) -> None:
        peer.head()
        peer.answer(b"", status=b"413 Content Too Large")
        peer.stream.settimeout(0.2)
        peer.server.requests.append(peer._read())

    server = serve(script)
    watched = visit(server.url)
    assert watched.session.post("/", data=b"x" * 50, headers={"Expect": "100-continue"}).status_code == 413
    gevent.sleep(0.3)
    assert server.requests[1] == b""


def test_answer_before_the_upload_ends_counts(serve: Any, visit: Any) -> None:
    def script(peer: Any) -> None:
        peer.head()
        peer.answer(b"too much", b"Connection: close", status=b"413 Content Too Large")
        peer.stream.shutdown(1)
        peer.wait(0.5)

    watched = visit(serve(script).url, timeout_s=3)
    response = watched.session.post("/", data=b"x" * 30_000_000)
    [exchange] = watched.seen
    assert response.status_code == 413 or exchange.failure == "reset"  # a reset may overtake the answer in the kernel


def test_upload_that_nobody_reads_is_bounded_by_the_deadline(serve: Any, visit: Any) -> None:
    watched = visit(serve(lambda peer: peer.wait()).url, timeout_s=0.4)
    response = watched.session.post("/", data=b"x" * 30_000_000)
    assert watched.seen[0].failure_text == "deadline passed while sending"
    assert 0.35 < response.elapsed_s < 1.0


def test_decoded_size_is_limited(serve: Any, visit: Any) -> None:
    packed = gzip.compress(b"\0" * 5_000_000)
    watched = visit(
        serve(lambda p: (p.request(), p.answer(packed, b"Content-Encoding: gzip"))).url, max_body_bytes=10**6
    )
    assert watched.session.get("/").failure_class == "too_large"


def test_user_stopped_in_flight_is_reported_as_aborted(serve: Any, visit: Any) -> None:
    watched = visit(serve(silent).url)
    user = gevent.spawn(watched.session.get, "/")
    gevent.sleep(0.1)
    user.kill()
    assert isinstance(user.value, gevent.GreenletExit)
    [exchange] = watched.seen
    assert (exchange.failure, exchange.failure_text) == ("aborted", "stopped in flight")


def test_callers_own_timeout_is_reported_and_raised(serve: Any, visit: Any) -> None:
    watched = visit(serve(silent).url)
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.1):
        watched.session.get("/")
    assert [e.failure for e in watched.seen] == ["aborted"]


def test_deadline_of_one_request_does_not_reach_the_next(serve: Any, visit: Any) -> None:
    def script(peer: Any) -> None:
        while request := peer.request():
            if b"/slow" in request:
                time.sleep(0.3)
            peer.answer()

    server = serve(script)
    session = visit(server.url).session
    assert session.get("/", timeout_s=0.2).ok
    assert session.get("/slow", timeout_s=2.0).ok  # the timer of the first fires inside
    assert session.get("/slow", timeout_s=0.1).failure_class == "timeout"
    assert session.get("/slow", timeout_s=2.0).ok
    assert server.connections == 2
