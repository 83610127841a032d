"""Habits of FastHttpUser, connections, redirects and cookies, on a server that behaves."""

import socket
import time
from typing import Any

import gevent
import pytest

from loadgen.http import CaughtResponse, FailureClass, HttpSession, RequestError, Resolver, StatusError

pytestmark = pytest.mark.integration


def echo(peer: Any) -> None:
    """Answers with the request it got."""
    while request := peer.request():
        peer.answer(request, b"Content-Type: text/plain; charset=utf-8")


def by_path(**answers: Any) -> Any:
    """`/name` answers (status line, fields, body)."""

    def script(peer: Any) -> None:
        while request := peer.request():
            name = request.split(b" ")[1].strip(b"/").decode()
            status, fields, body = answers.get(name, (b"200 OK", [], request))
            peer.answer(body, *fields, status=status)

    return script


# Connections.


def test_one_connection_serves_many_requests(serve: Any, visit: Any) -> None:
    server = serve()
    watched = visit(server.url)
    for _ in range(20):
        assert watched.session.get("/").ok
    assert server.connections == 1
    assert (watched.counters.opened, watched.counters.reused, watched.counters.stale) == (1, 19, 0)
    first, *others = watched.seen
    assert (first.new_connection, first.on_reused) == (True, False)
    assert first.connect_us is not None
    assert {(e.new_connection, e.on_reused, e.connect_us, e.tls_us) for e in others} == {(False, True, None, None)}


def test_connection_close_is_obeyed_and_counted(serve: Any, visit: Any) -> None:
    def script(peer: Any) -> None:
        peer.request()
        peer.answer(b"bye", b"Connection: close")

    watched = visit(serve(script).url)
    for _ in range(3):
        assert watched.session.get("/").content == b"bye"
    assert (watched.counters.opened, watched.counters.closed_by_peer, watched.counters.stale) == (3, 3, 0)


def test_greenlets_on_one_session_never_mix_their_answers(serve: Any, visit: Any) -> None:
    watched = visit(serve(echo).url)
    jobs = [gevent.spawn(watched.session.get, f"/{n}") for n in range(8)]
    gevent.joinall(jobs, timeout=10)
    assert [job.value.text.split(" ")[1] for job in jobs] == [f"/{n}" for n in range(8)]


def test_closed_session_frees_its_connections_and_opens_new_ones(serve: Any, visit: Any) -> None:
    watched = visit(serve().url)
    watched.session.get("/")
    [connection] = watched.session._idle.values()
    watched.session.close()
    assert (watched.session._idle, connection._transport) == ({}, None)
    assert watched.session.get("/").ok


def test_refused_connection_is_a_failure_not_an_exception(visit: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        watched = visit(f"http://127.0.0.1:{taken.getsockname()[1]}")
        response = watched.session.get("/")
    assert (response.status_code, response.failure_class) == (0, FailureClass.REFUSED)
    with pytest.raises(RequestError):
        response.raise_for_status()
    [exchange] = watched.seen
    assert (exchange.failure_text, exchange.connect_us, exchange.send_us) == ("connection refused", None, None)
    assert watched.counters.opened == 0


def test_full_backlog_is_bounded_by_the_deadline(visit: Any) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        watched = visit(f"http://127.0.0.1:{address[1]}", timeout_s=0.3)
        watched.session.get("/")
        for filler in fillers:
            filler.close()
    assert watched.seen[0].failure_text == "deadline passed while connecting"


def test_ipv6_is_spoken(serve: Any, visit: Any) -> None:
    try:
        server = serve(echo, host="::1")
    except RuntimeError:
        pytest.skip("no IPv6 on this machine")
    response = visit(server.url).session.get("/")
    assert f"Host: [::1]:{server.port}" in response.text


def test_name_is_resolved_once_for_all_users(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any) -> list[Any]:
        asked.append(host)
        gevent.sleep(0.05)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr("gevent.socket.getaddrinfo", getaddrinfo)
    resolver = Resolver(expiry_s=0.5)
    sessions = [HttpSession(f"http://shop.test:{server.port}", resolver=resolver) for _ in range(21)]
    gevent.joinall([gevent.spawn(s.get, "/") for s in sessions[:20]], timeout=10)
    assert asked == ["shop.test"]
    gevent.sleep(0.5)
    sessions[20].get("/")
    assert asked == ["shop.test", "shop.test"]
    for session in sessions:
        session.close()


def test_name_that_does_not_resolve_is_a_dns_failure(visit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("gevent.socket.getaddrinfo", getaddrinfo)
    watched = visit("http://no-such.test", resolver=Resolver())
    assert watched.session.get("/").failure_class == "dns"
    assert watched.seen[0].failure_text == "name does not resolve"


def test_second_address_is_tried_when_the_first_refuses(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()

    def getaddrinfo(host: str, port: int, *_: Any) -> list[Any]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]

    monkeypatch.setattr("gevent.socket.getaddrinfo", getaddrinfo)
    session = HttpSession(f"http://shop.test:{server.port}", resolver=Resolver())
    assert session.get("/").ok
    session.close()


# What is sent.


def test_request_says_what_it_must(serve: Any, visit: Any) -> None:
    server = serve(echo)
    sent = visit(server.url).session.get("/slots?day=1", params={"q": "a b"}).text
    lines = sent.split("\r\n")
    assert lines[0] == "GET /slots?day=1&q=a+b HTTP/1.1"
    assert lines[1] == f"Host: 127.0.0.1:{server.port}"
    assert "Accept-Encoding: gzip, deflate, br" in lines
    assert not [line for line in lines if line.startswith("Content-")]


def test_json_form_and_text_are_sent(serve: Any, visit: Any) -> None:
    session = visit(serve(echo).url).session
    assert session.post("/", json={"a": 1}).text.endswith('Content-Length: 7\r\n\r\n{"a":1}')
    assert "Content-Type: application/x-www-form-urlencoded" in session.put("/", data={"a": "b"}).text
    assert session.patch("/", data="é").content.endswith(b"Content-Length: 2\r\n\r\n\xc3\xa9")
    assert session.post("/").text.endswith("Content-Length: 0\r\n\r\n")
    own = session.post("/", json={}, headers={"content-type": "application/problem+json"}).text
    assert own.lower().count("content-type") == 1


def test_headers_of_a_request_replace_those_of_the_session(serve: Any, visit: Any) -> None:
    session = visit(serve(echo).url, headers={"X-Team": "a", "User-Agent": "mine"}).session
    session.headers["Authorization"] = "Bearer t"
    sent = session.get("/", headers={"x-team": "b"}).text
    assert ("X-Team: a" in sent, "x-team: b" in sent) == (False, True)
    assert "User-Agent: mine" in sent
    assert "Authorization: Bearer t" in sent


def test_header_injection_is_refused_before_anything_is_sent(serve: Any, visit: Any) -> None:
    server = serve()
    watched = visit(server.url)
    with pytest.raises(ValueError, match="line break"):
        watched.session.get("/", headers={"X": "a\r\nEvil: 1"})
    assert (watched.seen, server.connections) == ([], 0)


def test_base_path_and_credentials_of_the_base_url_are_used(serve: Any, visit: Any) -> None:
    server = serve(echo)
    session = visit(server.url.replace("127.0.0.1", "me:pw@127.0.0.1") + "/api/v1/").session
    sent = session.get("/slots").text
    assert sent.startswith("GET /api/v1/slots HTTP/1.1")
    assert "Authorization: Basic bWU6cHc=" in sent
    assert "Authorization: Basic YTpi" in session.get("/slots", auth=("a", "b")).text


def test_environment_proxies_are_ignored(serve: Any, visit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert visit(serve().url).session.get("/").ok


# What is reported.


def test_phases_and_bytes_are_measured(serve: Any, visit: Any) -> None:
    def script(peer: Any) -> None:
        peer.request()
        time.sleep(0.05)
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
        time.sleep(0.05)
        peer.send(b"cd")

    watched = visit(serve(script).url)
    response = watched.session.post("/", json=[1], intended_at=time.monotonic() - 1.0)
    [e] = watched.seen
    assert 40_000 < e.first_byte_us < 500_000
    assert 40_000 < e.body_us < 500_000
    assert e.send_us < 40_000
    assert 1_090_000 < e.response_us < 2_000_000
    assert 90_000 < e.service_us < 900_000
    assert 0.09 < response.elapsed_s < 0.9
    assert e.response_bytes == len(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd")
    assert e.request_bytes > 50
    assert e.response is response


def test_status_is_not_a_failure_of_the_exchange(serve: Any, visit: Any) -> None:
    watched = visit(serve(by_path(x=(b"503 Busy", [], b"{}"))).url)
    response = watched.session.get("/x")
    assert (response.ok, response.error, watched.seen[0].failure, watched.seen[0].status) == (False, None, None, 503)
    with pytest.raises(StatusError, match="503"):
        response.raise_for_status()


def test_name_defaults_to_the_path_and_can_be_set_for_a_block(serve: Any, visit: Any) -> None:
    watched = visit(serve().url)
    watched.session.get("/a?x=1")
    with watched.session.rename_request("renamed"):
        watched.session.get("/b")
        watched.session.get("/c", name="own")
    watched.session.get("/d")
    assert [e.name for e in watched.seen] == ["/a?x=1", "renamed", "own", "/d"]


def test_catch_response_reports_at_the_end_of_the_block(serve: Any, visit: Any) -> None:
    watched = visit(serve(by_path(x=(b"409 Conflict", [], b'{"code":"taken"}'))).url)
    with watched.session.post("/x", catch_response=True) as response:
        assert watched.seen == []
        assert response.json()["code"] == "taken"
        response.success()
    with watched.session.get("/y", catch_response=True) as response:
        response.failure("no slots")
    with watched.session.get("/z", catch_response=True):
        pass
    assert [(e.status, e.outcome_override, e.failure_text) for e in watched.seen] == [
        (409, "success", ""),
        (200, "failure", "no slots"),
        (200, None, ""),
    ]


def test_caught_response_never_entered_is_reported_with_the_next(serve: Any, visit: Any) -> None:
    watched = visit(serve().url)
    watched.session.get("/1", catch_response=True)
    assert watched.seen == []
    watched.session.get("/2", catch_response=True)
    assert [e.name for e in watched.seen] == ["/1"]
    watched.session.close()
    assert [e.name for e in watched.seen] == ["/1", "/2"]


def test_nested_blocks_report_once_each(serve: Any, visit: Any) -> None:
    watched = visit(serve().url)
    with watched.session.get("/outer", catch_response=True) as outer:
        with watched.session.get("/inner", catch_response=True):
            pass
        outer.failure("outer")
    watched.session.close()
    assert [(e.name, e.failure_text) for e in watched.seen] == [("/inner", ""), ("/outer", "outer")]


def test_exception_in_the_block_is_reported_and_goes_on(serve: Any, visit: Any) -> None:
    watched = visit(serve().url)
    with pytest.raises(KeyError), watched.session.get("/", catch_response=True):
        raise KeyError("slots")
    [exchange] = watched.seen
    assert (exchange.outcome_override, exchange.failure_text) == ("failure", "KeyError in the with block")


def test_kill_in_the_block_reports_the_response_as_it_is(serve: Any, visit: Any) -> None:
    watched = visit(serve().url)

    def user() -> None:
        with watched.session.get("/", catch_response=True):
            gevent.sleep(10)

    greenlet = gevent.spawn(user)
    gevent.sleep(0.2)
    greenlet.kill()
    assert [(e.status, e.outcome_override) for e in watched.seen] == [(200, None)]


def test_judging_without_catch_response_says_what_to_do(serve: Any, visit: Any) -> None:
    response = visit(serve().url).session.get("/")
    with pytest.raises(RuntimeError, match="catch_response=True"):
        response.failure("x")
    with pytest.raises(RuntimeError, match="catch_response=True"), response:
        pass


def test_reported_response_holds_no_circle(serve: Any, visit: Any) -> None:
    session = HttpSession(serve().url)
    with session.get("/", catch_response=True) as response:
        pass
    assert isinstance(response, CaughtResponse)
    assert response.exchange is None
    session.close()


# Redirects and cookies.


def test_each_hop_is_an_exchange_of_its_own(serve: Any, visit: Any) -> None:
    server = serve(by_path(a=(b"302 Found", [b"Location: /b"], b""), b=(b"307 T", [b"Location: /c"], b"")))
    watched = visit(server.url)
    response = watched.session.post("/a", json={"x": 1}, name="login")
    assert response.status_code == 200
    assert response.url == f"{server.url}/c"
    assert [(e.name, e.method, e.status) for e in watched.seen] == [
        ("login", "POST", 302),
        ("login (redirect)", "GET", 307),
        ("login (redirect)", "GET", 200),
    ]
    assert b"Content-" not in server.requests[2]


def test_307_keeps_method_body_and_type(serve: Any, visit: Any) -> None:
    server = serve(by_path(a=(b"307 T", [b"Location: /b"], b"")))
    visit(server.url).session.post("/a", json={"x": 1})
    assert server.requests[1].startswith(b"POST /b ")
    assert b"Content-Type: application/json" in server.requests[1]
    assert server.requests[1].endswith(b'{"x":1}')


def test_redirect_not_wanted_is_the_answer(serve: Any, visit: Any) -> None:
    watched = visit(serve(by_path(a=(b"302 Found", [b"Location: /b"], b""))).url)
    assert watched.session.get("/a", allow_redirects=False).status_code == 302
    assert watched.session.get("/a").status_code == 200  # nothing is left behind in the session
    assert len(watched.seen) == 3


def test_redirect_loop_ends_at_the_limit(serve: Any, visit: Any) -> None:
    watched = visit(serve(by_path(a=(b"302 Found", [b"Location: /a"], b""))).url, max_redirects=3)
    response = watched.session.get("/a")
    assert (response.ok, str(response.error)) == (False, "more than 3 redirects")
    assert [e.failure for e in watched.seen] == [None, None, None, "protocol"]


def test_one_deadline_covers_the_whole_chain(serve: Any, visit: Any) -> None:
    def script(peer: Any) -> None:
        while peer.request():
            time.sleep(0.15)
            peer.answer(b"", b"Location: /again", status=b"302 Found")

    watched = visit(serve(script).url, timeout_s=0.4)
    before = time.monotonic()
    assert watched.session.get("/").failure_class == "timeout"
    assert time.monotonic() - before < 0.8


def test_other_origin_gets_no_credentials(serve: Any, visit: Any) -> None:
    other = serve(echo)
    server = serve(by_path(a=(b"302 Found", [b"Location: " + other.url.encode() + b"/b"], b"")))
    session = visit(server.url, headers={"Authorization": "Bearer session", "X-Team": "a"}).session
    sent = session.get("/a", headers={"Authorization": "Bearer request", "X-Kept": "1"}).text
    assert "uthorization" not in sent
    assert "X-Team: a" in sent
    assert "X-Kept: 1" in sent
    assert "uthorization" not in session.get(f"{other.url}/direct").text


def test_caught_redirect_judges_the_last_hop(serve: Any, visit: Any) -> None:
    watched = visit(serve(by_path(a=(b"302 Found", [b"Location: /b"], b""))).url)
    with watched.session.get("/a", catch_response=True) as response:
        response.failure("no")
    assert [(e.name, e.outcome_override) for e in watched.seen] == [("/a", None), ("/a (redirect)", "failure")]


def test_cookies_are_kept_over_a_redirect_and_dropped_on_demand(serve: Any, visit: Any) -> None:
    server = serve(
        by_path(
            login=(b"303 See Other", [b"Set-Cookie: sid=1; Path=/; HttpOnly", b"Location: /me"], b""),
            logout=(b"204 No Content", [b"Set-Cookie: sid=; Path=/; Max-Age=0"], b""),
        )
    )
    session = visit(server.url).session
    assert "Cookie: sid=1\r\n" in session.post("/login", json={}).text
    assert session.cookies.get("sid") == "1"
    session.get("/logout")
    assert "Cookie" not in session.get("/me").text


def test_two_users_never_share_cookies(serve: Any, visit: Any) -> None:
    server = serve(by_path(login=(b"200 OK", [b"Set-Cookie: sid=1; Path=/"], b"")))
    one, two = visit(server.url).session, visit(server.url).session
    one.get("/login")
    assert "Cookie" not in two.get("/me").text
