import gzip
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.http.failure import FailureClass, RequestError
from loadgen.http.reader import ResponseReader

KIB = 1024
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n"
    b"5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"
)
INTERIM = b"HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + PLAIN
TO_THE_CLOSE = b"HTTP/1.1 200 OK\r\nServer: old\r\n\r\nall until the end"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\nEmpty:\r\nX: 1\r\n\r\n"
BROKEN = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"
SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"
LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + b"x" * 90_000
FLOOD = b"HTTP/1.1 200 OK\r\n" + b"X-Flood: 0123456789\r\n" * 500 + b"\r\n"

Seen = tuple[object, ...]


def read(chunks: list[bytes], *, head_only: bool = False, max_header: int = 8 * KIB, max_body: int = 64 * KIB) -> Seen:
    """What became of the response: its parts, or the class and text of the failure."""
    reader = ResponseReader(max_header, max_body)
    reader.start(head_only=head_only)
    try:
        if not any(reader.feed(chunk) for chunk in chunks):
            reader.eof()
    except RequestError as error:
        return (error.failure_class, error.text)
    names, values = [name.decode().lower() for name, _ in reader.fields], [value for _, value in reader.fields]
    return (reader.status, names, values, reader.content, reader.interim)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in pairwise(edges)]


@pytest.mark.parametrize(
    "data", [PLAIN, CHUNKED, INTERIM, TO_THE_CLOSE, NO_CONTENT, BROKEN, SHORT, LARGE, FLOOD, b"garbage\r\n\r\n"]
)
@given(places=st.lists(st.integers(min_value=0), max_size=40))
def test_cutting_into_reads_changes_nothing(data: bytes, places: list[int]) -> None:
    assert read(cut(data, places)) == read([data])


@pytest.mark.parametrize("data", [PLAIN, CHUNKED, INTERIM, TO_THE_CLOSE, NO_CONTENT, BROKEN, SHORT])
def test_byte_by_byte_is_the_same(data: bytes) -> None:
    assert read([data[i : i + 1] for i in range(len(data))]) == read([data])


@given(junk=st.binary(max_size=400), places=st.lists(st.integers(min_value=0), max_size=10))
def test_any_bytes_end_in_a_response_or_a_class(junk: bytes, places: list[int]) -> None:
    outcome = read(cut(b"HTTP/1.1 " + junk, places))
    assert isinstance(outcome[0], FailureClass | int)


def test_length_is_read_whole() -> None:
    assert read([PLAIN]) == (200, ["content-type", "content-length"], [b"text/plain", b"5"], b"hello", 0)


def test_chunks_are_joined_and_trailers_are_not_headers() -> None:
    status, names, values, content, _ = read([CHUNKED])
    assert (status, content) == (200, b"hello world")
    assert names == ["transfer-encoding", "set-cookie", "set-cookie"]
    assert values == [b"chunked", b"a=1", b"b=2"]


def test_interim_responses_are_counted_and_dropped() -> None:
    _, names, _, content, interim = read([INTERIM])
    assert (names, content, interim) == (["content-type", "content-length"], b"hello", 2)


def test_body_without_length_runs_to_the_close() -> None:
    assert read([TO_THE_CLOSE])[3] == b"all until the end"


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_statuses_without_body_end_at_the_headers(status: bytes) -> None:
    outcome = read([b"HTTP/1.1 " + status + b"\r\nContent-Length: 10\r\n\r\n"])
    assert (outcome[0], outcome[3]) == (int(status[:3]), b"")


def test_head_ends_at_the_headers_and_keeps_the_connection() -> None:
    reader = ResponseReader(KIB, KIB)
    for _ in range(2):  # the second tells whether the parser waits for the body that never came
        reader.start(head_only=True)
        assert reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        assert (reader.status, reader.content, reader.keep_alive) == (200, b"", True)
    reader.start(head_only=False)
    assert reader.feed(PLAIN)
    assert reader.content == b"hello"


def test_body_after_head_ends_the_connection() -> None:
    reader = ResponseReader(KIB, KIB)
    reader.start(head_only=True)
    assert reader.feed(PLAIN)
    assert not reader.keep_alive


def test_empty_header_value_does_not_run_into_the_next_name() -> None:
    assert read([NO_CONTENT])[1:3] == (["empty", "x"], [b"", b"1"])


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (PLAIN, True),
        (PLAIN.replace(b"1.1", b"1.0", 1), False),
        (PLAIN.replace(b"1.1 200 OK\r\n", b"1.0 200 OK\r\nConnection: keep-alive\r\n", 1), True),
        (PLAIN.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n", 1), False),
        (PLAIN + b"surplus", False),
        (PLAIN + PLAIN, False),
        (INTERIM, True),
    ],
)
def test_connection_is_kept_only_if_nothing_speaks_against_it(data: bytes, kept: bool) -> None:
    reader = ResponseReader(KIB, KIB)
    reader.start(head_only=False)
    assert reader.feed(data)
    assert reader.content == b"hello"
    assert reader.keep_alive is kept


@pytest.mark.parametrize(
    ("data", "failure", "text"),
    [
        (SHORT, FailureClass.PROTOCOL, "response ended short of its Content-Length"),
        (CHUNKED[:-30], FailureClass.PROTOCOL, "response ended inside a chunked body"),
        (PLAIN[:30], FailureClass.PROTOCOL, "response ended inside its headers"),
        (b"", FailureClass.RESET, "connection closed without a response"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", FailureClass.PROTOCOL, "response ended inside its headers"),
        (b"HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n", FailureClass.PROTOCOL, "status below 100"),
        (LARGE[:200], FailureClass.TOO_LARGE, "body over its limit"),
        (FLOOD, FailureClass.TOO_LARGE, "headers over their limit"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 9_000, FailureClass.TOO_LARGE, "headers over their limit"),
        (b"HTTP/1.1 102 P\r\n\r\n" * 1_000, FailureClass.TOO_LARGE, "headers over their limit"),
        (
            b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            FailureClass.PROTOCOL,
            "server switched protocols unasked",
        ),
    ],
)
def test_each_failure_has_its_class_and_text(data: bytes, failure: FailureClass, text: str) -> None:
    assert read([data]) == (failure, text)


def test_unbounded_body_stops_at_its_limit() -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000
    assert read([endless[i : i + 1_000] for i in range(0, len(endless), 1_000)]) == (
        FailureClass.TOO_LARGE,
        "body over its limit",
    )


def test_chunk_framing_is_bounded_too() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    extension = b"1;" + b"e" * 5_000 + b"\r\nx\r\n"
    assert read([head, *[extension] * 100]) == (FailureClass.TOO_LARGE, "chunk framing over its limit")


def test_detail_holds_the_numbers_that_the_text_leaves_out() -> None:
    reader = ResponseReader(KIB, KIB)
    reader.start(head_only=False)
    reader.feed(SHORT)
    with pytest.raises(RequestError, match="response ended after 5 of 50 bytes"):
        reader.eof()


def test_reader_takes_one_response_after_another() -> None:
    reader = ResponseReader(KIB, KIB)
    for data, content in ((PLAIN, b"hello"), (CHUNKED, b"hello world"), (NO_CONTENT, b""), (PLAIN, b"hello")):
        reader.start(head_only=False)
        assert reader.feed(data)
        assert (reader.content, reader.keep_alive) == (content, True)


def test_compressed_body_is_left_as_received() -> None:
    packed = gzip.compress(b"hello")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    assert read([head + packed])[3] == packed
