import gzip
import zlib

import brotli
import pytest

from loadgen.http.body import decode_body, encode_body
from loadgen.http.failure import FailureClass, RequestError

TEXT = b"free slots " * 200
LIMIT = 10_000


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (TEXT, "identity"),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT[:900]) + gzip.compress(TEXT[900:]), "x-gzip"),
        (zlib.compress(TEXT), "deflate"),
        (bare_deflate(TEXT), "deflate"),
        (brotli.compress(TEXT), "br"),
        (gzip.compress(brotli.compress(TEXT)), "br, GZIP"),
    ],
    # Named, for the bytes differ from process to process: a gzip header holds the time.
    ids=["none", "gzip", "two gzip members", "zlib", "bare deflate", "br", "two codings"],
)
def test_every_coding_asked_for_is_undone(packed: bytes, coding: str) -> None:
    assert decode_body(packed, coding, LIMIT) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_broken_body_is_a_protocol_failure(coding: str) -> None:
    with pytest.raises(RequestError) as caught:
        decode_body(b"\x00no such thing\xff", coding, LIMIT)
    assert (caught.value.failure_class, caught.value.text) == (FailureClass.PROTOCOL, f"broken {coding} body")


@pytest.mark.parametrize(
    ("packed", "coding"),
    [(gzip.compress(TEXT), "gzip"), (zlib.compress(TEXT), "deflate"), (brotli.compress(TEXT), "br")],
    ids=["gzip", "deflate", "br"],
)
def test_cut_body_is_a_protocol_failure(packed: bytes, coding: str) -> None:
    with pytest.raises(RequestError) as caught:
        decode_body(packed[:-4], coding, LIMIT)
    assert caught.value.text == f"broken {coding} body"


@pytest.mark.parametrize(
    ("pack", "coding"), [(gzip.compress, "gzip"), (zlib.compress, "deflate"), (brotli.compress, "br")]
)
def test_bomb_stops_at_the_limit(pack, coding: str) -> None:  # type: ignore[no-untyped-def]  # three packers, three types
    bomb = pack(b"\0" * 20_000_000)
    with pytest.raises(RequestError) as caught:
        decode_body(bomb, coding, LIMIT)
    assert caught.value.failure_class is FailureClass.TOO_LARGE


@pytest.mark.parametrize(("pack", "coding"), [(gzip.compress, "gzip"), (brotli.compress, "br")])
def test_body_of_exactly_the_limit_passes(pack, coding: str) -> None:  # type: ignore[no-untyped-def]  # as above
    assert len(decode_body(pack(b"x" * LIMIT), coding, LIMIT)) == LIMIT


def test_unknown_coding_is_a_protocol_failure() -> None:
    with pytest.raises(RequestError) as caught:
        decode_body(TEXT, "zstd", LIMIT)
    assert caught.value.text == "unknown content coding"


def test_json_is_written_compactly_with_its_type() -> None:
    assert encode_body({"a": [1, "é"]}, None) == ('{"a":[1,"é"]}'.encode(), b"Content-Type: application/json\r\n")


def test_mapping_becomes_a_form() -> None:
    body, line = encode_body(None, {"a": "1 2", "b": ["x", "y"]})
    assert (body, line) == (b"a=1+2&b=x&b=y", b"Content-Type: application/x-www-form-urlencoded\r\n")


def test_data_wins_over_json() -> None:
    assert encode_body({"a": 1}, "text é") == ("text é".encode(), b"")


def test_falsy_json_is_still_json() -> None:
    assert encode_body([], None)[0] == b"[]"
