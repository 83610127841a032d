import base64

import pytest

from loadgen.http.origin import origin_of
from loadgen.http.proxy import Proxies, Proxy

SHOP = origin_of("http://shop.test:8000")
SECURE = origin_of("https://shop.test")


def bases(environment: dict[str, str]) -> tuple[str | None, str | None]:
    """The proxies of the plain and of the secure shop."""
    proxies = Proxies(environment)
    plain, secure = proxies.of_origin(SHOP), proxies.of_origin(SECURE)
    return (plain.origin.base if plain else None, secure.origin.base if secure else None)


@pytest.mark.parametrize(
    ("environment", "plain", "secure"),
    [
        ({}, None, None),
        ({"http": "http://p.test:3128"}, "http://p.test:3128", None),
        ({"https": "http://p.test:3128"}, None, "http://p.test:3128"),
        ({"all": "http://p.test:3128"}, "http://p.test:3128", "http://p.test:3128"),
        ({"all": "http://a.test:1", "https": "http://s.test:2"}, "http://a.test:1", "http://s.test:2"),
        ({"http": "p.test:3128"}, "http://p.test:3128", None),
        ({"all": "http://p.test:3128", "no": "shop.test"}, None, None),
        ({"all": "http://p.test:3128", "no": "other.test,.test"}, None, None),
        ({"all": "http://p.test:3128", "no": "shop.test:8000"}, None, "http://p.test:3128"),
        ({"all": "http://p.test:3128", "no": "*"}, None, None),
        ({"all": "http://p.test:3128", "no": "op.test"}, "http://p.test:3128", "http://p.test:3128"),
    ],
)
def test_proxy_of_an_origin_is_what_the_environment_says(
    environment: dict[str, str], plain: str | None, secure: str | None
) -> None:
    assert bases(environment) == (plain, secure)


def test_environment_is_read_in_either_case(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://upper.test:1")
    monkeypatch.setenv("http_proxy", "http://lower.test:2")
    proxies = Proxies.of_environment()
    assert [p and p.origin.base for p in map(proxies.of_origin, (SHOP, SECURE))] == [
        "http://lower.test:2",
        "http://upper.test:1",
    ]


@pytest.mark.parametrize(
    "url", ["socks5://me:pa55@p.test:1080", "https://me:pa55@p.test", "http://me:pa55@p.test:port"]
)
def test_proxy_we_do_not_speak_to_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"all_proxy is .*p\.test.*; expected http://\[user:password@\]host") as caught:
        Proxies({"all": url})
    assert "pa55" not in str(caught.value)


def test_credentials_are_decoded_and_shown_to_nobody() -> None:
    proxy = Proxy.of("http://me%40x:p%3Aw@p.test:3128", "http_proxy")
    assert proxy.authorization == b"Proxy-Authorization: Basic " + base64.b64encode(b"me@x:p:w") + b"\r\n"
    assert "Basic" not in repr(proxy)
    assert proxy.origin.base == "http://p.test:3128"


def test_plain_request_names_the_whole_url_and_brings_the_credentials() -> None:
    direct = b"GET /slots?day=1 HTTP/1.1\r\nHost: shop.test:8000\r\n"
    assert Proxy.of("http://a:b@p.test", "http_proxy").prefix(SHOP, direct) == (
        b"GET http://shop.test:8000/slots?day=1 HTTP/1.1\r\nHost: shop.test:8000\r\nProxy-Authorization: Basic YTpi\r\n"
    )
