import pytest

from loadgen.http.failure import FailureClass, RequestError
from loadgen.http.redirect import next_hop

HERE = "http://shop.test:8000/a/b?x=1"


@pytest.mark.parametrize(
    ("status", "method", "becomes", "keeps_body"),
    [
        (301, "POST", "GET", False),
        (302, "POST", "GET", False),
        (301, "PUT", "PUT", True),
        (302, "GET", "GET", True),
        (303, "POST", "GET", False),
        (303, "DELETE", "GET", False),
        (303, "HEAD", "HEAD", True),
        (307, "POST", "POST", True),
        (308, "PATCH", "PATCH", True),
    ],
)
def test_method_and_body_follow_the_status(status: int, method: str, becomes: str, keeps_body: bool) -> None:
    hop = next_hop(method, status, "/c", HERE)
    assert (hop.method, hop.keep_body) == (becomes, keeps_body)


@pytest.mark.parametrize(
    ("location", "base", "target"),
    [
        ("/c?y=2#part", "http://shop.test:8000", "/c?y=2"),
        ("c", "http://shop.test:8000", "/a/c"),
        ("?z=3", "http://shop.test:8000", "/a/b?z=3"),
        ("//other.test/d", "http://other.test", "/d"),
        ("https://shop.test/", "https://shop.test", "/"),
        ("http://[::1]:9/x", "http://[::1]:9", "/x"),
    ],
)
def test_location_is_taken_relative_to_the_request(location: str, base: str, target: str) -> None:
    hop = next_hop("GET", 302, location, HERE)
    assert (hop.origin.base, hop.target) == (base, target)


@pytest.mark.parametrize(
    ("location", "kept"),
    [
        ("/c", True),
        ("http://shop.test:8000/c", True),
        ("http://shop.test/c", False),
        ("https://shop.test:8000/c", False),
        ("http://api.shop.test:8000/c", False),
    ],
)
def test_credentials_stay_within_the_origin(location: str, kept: bool) -> None:
    assert next_hop("GET", 302, location, HERE).keep_credentials is kept


@pytest.mark.parametrize("location", ["ftp://shop.test/x", "javascript:alert(1)", "http://shop.test:99999/"])
def test_location_that_leads_nowhere_is_a_protocol_failure(location: str) -> None:
    with pytest.raises(RequestError) as caught:
        next_hop("GET", 302, location, HERE)
    assert caught.value.failure_class is FailureClass.PROTOCOL
    assert caught.value.text == "redirect to an unusable address"
