"""Bodies: a request's into bytes, a response's out of its content coding, never past a limit."""

import zlib
from collections.abc import Mapping
from urllib.parse import urlencode

import brotli
import orjson

from loadgen.http.failure import RequestError, protocol_error, too_large

Data = bytes | bytearray | str | Mapping[str, object] | None

_JSON = b"Content-Type: application/json\r\n"
_FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


def encode_body(json: object, data: Data) -> tuple[bytes, bytes]:
    """Body and its Content-Type line. `data` wins over `json`, as in FastHttpUser; a mapping becomes a form."""
    match data:
        case None:
            return (b"", b"") if json is None else (orjson.dumps(json), _JSON)
        case bytes():
            return data, b""
        case bytearray():
            return bytes(data), b""
        case str():
            return data.encode(), b""
        case _:
            return urlencode(data, doseq=True).encode("ascii"), _FORM


def decode_body(content: bytes, coding: str, max_bytes: int) -> bytes:
    """Content with its codings undone, last first. RequestError when broken, unknown, or larger than `max_bytes`."""
    for one in reversed([c.strip().lower() for c in coding.split(",")]):
        match one:
            case "" | "identity":
                pass
            case "gzip" | "x-gzip":
                content = _inflate(content, 16 + zlib.MAX_WBITS, max_bytes, "gzip")
            case "deflate":
                content = _deflate(content, max_bytes)
            case "br":
                content = _unbrotli(content, max_bytes)
            case _:
                raise protocol_error("unknown content coding", f"unknown content coding {one!r}")
    return content


def _deflate(content: bytes, max_bytes: int) -> bytes:
    """zlib data, as RFC 9110 says, or bare deflate, as some servers send."""
    zlib_header = len(content) >= 2 and content[0] & 0x0F == 8 and int.from_bytes(content[:2], "big") % 31 == 0
    return _inflate(content, zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS, max_bytes, "deflate")


def _inflate(content: bytes, window_bits: int, max_bytes: int, name: str) -> bytes:
    if not content:
        return b""
    whole: list[bytes] = []
    room = max_bytes
    while content:  # gzip allows members one after another
        decoder = zlib.decompressobj(window_bits)
        try:
            part = decoder.decompress(content, room + 1)
        except zlib.error as error:
            raise _broken(name, str(error)) from error
        room -= len(part)
        if room < 0:
            raise _decoded_too_large(max_bytes)
        if not decoder.eof:
            raise _broken(name, "it ends early")
        whole.append(part)
        content = decoder.unused_data
    return whole[0] if len(whole) == 1 else b"".join(whole)


def _unbrotli(content: bytes, max_bytes: int) -> bytes:
    if not content:
        return b""
    decoder = brotli.Decompressor()
    try:
        whole = [decoder.process(content, output_buffer_limit=max_bytes + 1)]
        size = len(whole[0])
        while not decoder.can_accept_more_data() and size <= max_bytes:
            whole.append(decoder.process(b"", output_buffer_limit=max_bytes + 1 - size))
            size += len(whole[-1])
    except brotli.error as error:
        raise _broken("br", str(error)) from error
    if size > max_bytes:
        raise _decoded_too_large(max_bytes)
    if not decoder.is_finished():
        raise _broken("br", "it ends early")
    return b"".join(whole)


def _broken(name: str, why: str) -> RequestError:
    return protocol_error(f"broken {name} body", f"broken {name} body: {why}")


def _decoded_too_large(max_bytes: int) -> RequestError:
    return too_large("decoded body over its limit", f"decoded body over max_body_bytes ({max_bytes})")
