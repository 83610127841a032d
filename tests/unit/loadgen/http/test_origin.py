import pytest

from loadgen.http.origin import PREFIXES_MAX, credentials_of, origin_of, safe_target, with_params


@pytest.mark.parametrize(
    ("url", "base", "host", "port"),
    [
        ("http://shop.test", "http://shop.test", "shop.test", 80),
        ("HTTP://Shop.Test:80/x", "http://shop.test", "shop.test", 80),
        ("https://shop.test:8443/", "https://shop.test:8443", "shop.test", 8443),
        ("http://[::1]:8000/x", "http://[::1]:8000", "::1", 8000),
        ("http://bücher.test/", "http://xn--bcher-kva.test", "xn--bcher-kva.test", 80),
        ("http://user:pw@shop.test/", "http://shop.test", "shop.test", 80),
    ],
)
def test_origin_is_scheme_host_and_port(url: str, base: str, host: str, port: int) -> None:
    origin = origin_of(url)
    assert (origin.base, origin.host, origin.port) == (base, host, port)


def test_same_origin_is_the_same_object() -> None:
    assert origin_of("http://same.test/a") is origin_of("http://same.test:80/b")


@pytest.mark.parametrize("url", ["shop.test", "ftp://shop.test", "http://", "http://a b/", "http://x:notaport"])
def test_unusable_url_is_a_value_error(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|[Pp]ort"):
        origin_of(url)


def test_credentials_in_a_url_are_decoded() -> None:
    assert credentials_of("http://me%40x:p%3Aw@h.test") == ("me@x", "p:w")
    assert credentials_of("http://h.test") is None


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/a b", "/a%20b"),
        ("/caf\u00e9", "/caf%C3%A9"),
        ("/already%20done", "/already%20done"),
        ("/x\r\nHost: evil", "/x%0D%0AHost:%20evil"),
        ("/x#part", "/x"),
        ("?q=1", "/?q=1"),
    ],
)
def test_request_line_cannot_be_broken_by_a_path(path: str, target: str) -> None:
    assert safe_target(path) == target


def test_method_must_be_a_token() -> None:
    with pytest.raises(ValueError, match="method"):
        origin_of("http://h.test").prefix("GET /x HTTP/1.1\r\nX:", "/")


def test_params_are_encoded_and_added() -> None:
    params = {"q": "a&b c", "n": 3, "on": True, "none": None, "many": ["x", "y"], "é": "ü"}
    assert with_params("/s?p=1", params) == "/s?p=1&q=a%26b+c&n=3&on=true&many=x&many=y&%C3%A9=%C3%BC"


def test_empty_params_change_nothing() -> None:
    assert with_params("/s", {"a": None}) == "/s"


def test_ready_heads_are_bounded() -> None:
    origin = origin_of("http://bounded.test")
    for n in range(PREFIXES_MAX + 10):
        origin.prefix("GET", f"/items/{n}")
    assert len(origin.prefixes) <= PREFIXES_MAX


def test_prefix_names_the_host_as_written() -> None:
    assert origin_of("http://[::1]:81").prefix("GET", "/x") == b"GET /x HTTP/1.1\r\nHost: [::1]:81\r\n"
