import pytest

from loadgen.http.cookies import COOKIES_MAX, CookieJar, domain_matches, parse_cookie, path_matches

NOW_S = 1_700_000_000.0


def line(jar: CookieJar, host: str = "shop.test", target: str = "/", *, secure: bool = False) -> bytes:
    return jar.line(host, target, secure=secure, now_s=NOW_S)


def jar_with(*values: str, host: str = "shop.test", target: str = "/") -> CookieJar:
    jar = CookieJar()
    jar.store(list(values), host, target, NOW_S)
    return jar


def test_cookie_comes_back_to_its_host_alone() -> None:
    jar = jar_with("sid=abc; Path=/")
    assert line(jar) == b"Cookie: sid=abc\r\n"
    assert line(jar, "other.test") == b""
    assert line(jar, "api.shop.test") == b""


def test_domain_attribute_includes_subdomains() -> None:
    jar = jar_with("sid=abc; Domain=.shop.test; Path=/")
    assert line(jar, "api.shop.test") == b"Cookie: sid=abc\r\n"
    assert line(jar, "evilshop.test") == b""


@pytest.mark.parametrize("domain", ["other.test", "api.shop.test", "test", "op.test"])
def test_foreign_domain_is_refused(domain: str) -> None:
    assert len(jar_with(f"sid=abc; Domain={domain}")) == 0


def test_path_bounds_a_cookie() -> None:
    jar = jar_with("a=1; Path=/book", "b=2; Path=/")
    assert line(jar, target="/book/7?x=1") == b"Cookie: a=1; b=2\r\n"
    assert line(jar, target="/bookings") == b"Cookie: b=2\r\n"


def test_path_defaults_to_the_folder_of_the_request() -> None:
    jar = jar_with("a=1", target="/auth/login?next=/x")
    assert line(jar, target="/auth/me") == b"Cookie: a=1\r\n"
    assert line(jar, target="/") == b""


@pytest.mark.parametrize(
    ("host", "secure", "sent"),
    [("shop.test", False, False), ("shop.test", True, True), ("localhost", False, True), ("127.0.0.1", False, True)],
)
def test_secure_cookie_travels_over_tls_or_to_this_machine(host: str, secure: bool, sent: bool) -> None:
    jar = jar_with("a=1; Secure; Path=/", host=host)
    assert bool(line(jar, host, secure=secure)) is sent


def test_max_age_wins_over_expires() -> None:
    cookie = parse_cookie("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", "h.test", "/", NOW_S)
    assert cookie is not None
    assert cookie.expires_at == NOW_S + 60


def test_expired_cookie_is_not_sent() -> None:
    jar = jar_with("a=1; Max-Age=10; Path=/")
    assert line(jar) == b"Cookie: a=1\r\n"
    assert jar.line("shop.test", "/", secure=False, now_s=NOW_S + 11) == b""


@pytest.mark.parametrize("over", ["Max-Age=0", "Max-Age=-1", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"])
def test_expiry_in_the_past_deletes(over: str) -> None:
    jar = jar_with("a=1; Path=/", f"a=; Path=/; {over}")
    assert line(jar) == b""


def test_new_value_replaces_the_old() -> None:
    jar = jar_with("a=1; Path=/")
    assert line(jar) == b"Cookie: a=1\r\n"
    jar.store(["a=2; Path=/"], "shop.test", "/", NOW_S)
    assert line(jar) == b"Cookie: a=2\r\n"
    assert jar.get("a") == "2"


@pytest.mark.parametrize("text", ["", "novalue", "=x", "a=b\x00c", "a=" + "x" * 5_000])
def test_unusable_cookie_is_ignored(text: str) -> None:
    assert parse_cookie(text, "shop.test", "/", NOW_S) is None


def test_jar_is_bounded_and_drops_the_oldest() -> None:
    jar = jar_with(*[f"c{n}=1; Path=/" for n in range(COOKIES_MAX + 3)])
    assert len(jar) == COOKIES_MAX
    assert jar.get("c0") is None


def test_cookie_set_by_hand_cannot_break_the_line() -> None:
    jar = CookieJar()
    jar.set("a", "1", domain="shop.test")
    assert line(jar) == b"Cookie: a=1\r\n"
    with pytest.raises(ValueError, match="control character"):
        jar.set("a", "1\r\nX: y", domain="shop.test")


def test_addresses_match_whole_or_not_at_all() -> None:
    assert domain_matches("10.0.0.1", "10.0.0.1")
    assert not domain_matches("10.0.0.1", "0.0.1")


def test_path_match_needs_a_border() -> None:
    assert path_matches("/a/b", "/a")
    assert path_matches("/a/b", "/a/")
    assert not path_matches("/ab", "/a")
