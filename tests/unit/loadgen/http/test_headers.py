import pytest

from loadgen.http.headers import Headers, SessionHeaders, header_line


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb", "a\0b"])
def test_value_with_a_line_break_is_refused_in_one_line(value: str) -> None:
    with pytest.raises(ValueError, match="X-Thing") as caught:
        header_line("X-Thing", value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\n", "é"])
def test_name_must_be_a_token(name: str) -> None:
    with pytest.raises(ValueError, match="token"):
        header_line(name, "x")


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "HOST", "Connection"])
def test_framing_is_the_clients_own(name: str) -> None:
    with pytest.raises(ValueError, match="set by the client"):
        header_line(name, "x")


def test_value_outside_latin_1_is_refused() -> None:
    with pytest.raises(ValueError, match="Latin-1"):
        header_line("X", "日")


def test_response_headers_ignore_case_and_keep_repeats_apart() -> None:
    headers = Headers([(b"Set-Cookie", b"a=1"), (b"Server", b"x"), (b"set-cookie", b"b=2")])
    assert headers["SERVER"] == "x"
    assert headers.get_list("Set-Cookie") == ["a=1", "b=2"]
    assert headers["set-cookie"] == "a=1, b=2"
    assert headers.get("missing") is None
    assert "Server" in headers
    assert (len(headers), list(headers)) == (2, ["set-cookie", "server"])


def test_session_headers_are_ready_as_bytes() -> None:
    headers = SessionHeaders({"Accept": "*/*"})
    headers["Authorization"] = "Bearer t"
    assert headers.home == b"Accept: */*\r\nAuthorization: Bearer t\r\n"
    headers["authorization"] = "Bearer u"
    assert headers.home == b"Accept: */*\r\nauthorization: Bearer u\r\n"
    del headers["AUTHORIZATION"]
    assert headers.home == b"Accept: */*\r\n"


def test_credentials_do_not_go_abroad() -> None:
    headers = SessionHeaders({"Accept": "*/*", "Authorization": "Bearer t", "Cookie": "a=1"})
    assert headers.abroad == b"Accept: */*\r\n"
    assert headers.without({"accept"}, abroad=True) == b""


def test_bad_session_header_leaves_the_old_ones() -> None:
    headers = SessionHeaders({"A": "1"})
    with pytest.raises(ValueError, match="line break"):
        headers["B"] = "x\r\ny"
    assert headers.home == b"A: 1\r\n"
