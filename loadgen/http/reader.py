"""Bytes in, one response out: HTTP/1.1 without I/O, on llhttp. What it says does not depend on how reads were cut."""

from typing import Any

import httptools

from loadgen.http.failure import RequestError, closed_without_response, protocol_error, too_large
from loadgen.http.headers import Field, lower_name

SPECIAL = frozenset({"set-cookie", "content-encoding", "transfer-encoding"})
"""Fields after which a response is not done with being read."""


class ResponseReader:
    """Reads the responses of one connection, one at a time: `start`, then `feed` until it says True, or `eof`.

    Interim responses (1xx) are counted in `interim` and dropped. Bytes after the end of a response leave the response
    as it is and the connection unusable (`keep_alive` False): what they belong to cannot be known.
    """

    __slots__ = (
        "_counted_parts",
        "_feed",
        "_fields",
        "_head_only",
        "_limits_from",
        "_max_body",
        "_max_header",
        "_parser",
        "body_bytes",
        "complete",
        "content",
        "fields",
        "interim",
        "keep_alive",
        "on_body",
        "parts",
        "received",
        "status",
    )  # fmt: skip

    def __init__(self, max_header_bytes: int, max_body_bytes: int) -> None:
        self._max_header = max_header_bytes
        self._max_body = max_body_bytes
        self._limits_from = min(max_header_bytes, max_body_bytes)
        self.parts: list[bytes] = []
        self.on_body: Any = self.parts.append
        self._fresh()
        self.start(head_only=False)

    def _fresh(self) -> None:
        self._parser: Any = httptools.HttpResponseParser(self)
        self._feed: Any = self._parser.feed_data

    def release(self) -> None:
        """Breaks the circles of reader, parser and list, so that a closed connection is freed at once."""
        self._parser = self._feed = self.on_body = None

    def start(self, *, head_only: bool) -> None:
        """Before each response; `head_only` for a response to HEAD."""
        self._head_only = head_only
        self._fields: list[Field] = []
        self.fields: list[Field] = []
        """Of the head, as received."""
        self.status = 0
        self.interim = 0
        self.received = 0
        self.complete = False
        self.keep_alive = False
        self.parts.clear()
        self.content = b""
        """The body as received: chunks joined, content coding untouched."""
        self.body_bytes = 0
        self._counted_parts = 0

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self.complete:
            self.keep_alive = False

    def on_header(self, *field: bytes) -> None:
        self._fields.append(field)  # type: ignore[arg-type]  # the parser gives two: a tuple of all arguments is there already

    def on_headers_complete(self) -> None:
        if self.complete:
            return
        status = self._parser.get_status_code()
        if status < 100:
            raise protocol_error("status below 100", f"status {status}")
        if status < 200:
            self.interim += 1
        else:
            self.status = status
            self.fields = self._fields
            if self._head_only:
                self.complete = True
                self.keep_alive = self._head_keeps_alive()
        self._fields = []  # for trailers, which are read, bounded and dropped

    def on_message_complete(self) -> None:
        if self.status and not self.complete:
            self.complete = True
            self.keep_alive = self._parser.should_keep_alive()
            self.content = b"".join(self.parts)

    # What the connection calls.

    def feed(self, data: bytes) -> bool:
        """True when the response is whole. RequestError when it breaks the protocol or a limit."""
        self.received += len(data)
        try:
            self._feed(data)
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, RequestError):  # ours, out of a callback
                raise error.__context__ from None
            if not self.complete:
                raise protocol_error(f"not HTTP/1.1: {error}") from error
            self.keep_alive = False
        except httptools.HttpParserUpgrade as error:
            raise protocol_error("server switched protocols unasked") from error
        if self.received > self._limits_from or not self.complete:
            self._check_limits()
        if self.complete and self._head_only:
            self._end_head()
        return self.complete

    def eof(self) -> None:
        """The peer closed. Completes a body that runs to the close; RequestError for a response cut short."""
        self.keep_alive = False
        if self.complete:
            return
        if not self.received:
            raise closed_without_response()
        if not self.status:
            raise protocol_error("response ended inside its headers", f"ended after {self.received} bytes of headers")
        body_bytes = self._count_body()
        length = self.header("content-length")
        if length is not None:
            raise protocol_error(
                "response ended short of its Content-Length", f"response ended after {body_bytes} of {length} bytes"
            )
        if (self.header("transfer-encoding") or "").lower().endswith("chunked"):
            raise protocol_error("response ended inside a chunked body", f"ended after {body_bytes} bytes of body")
        self.complete = True
        self.content = b"".join(self.parts)

    def is_special(self) -> bool:
        """Tell whether the head holds one of the SPECIAL fields."""
        for name, _ in self.fields:  # noqa: SIM110  # a generator costs twice the loop
            if lower_name[name] in SPECIAL:
                return True
        return False

    def header(self, name: str) -> str | None:
        """The last field of this (lower case) name."""
        found = None
        for one, value in self.fields:
            if lower_name[one] == name:
                found = value
        return None if found is None else found.decode("latin-1").strip()

    def _head_keeps_alive(self) -> bool:
        # llhttp cannot be told that a response answers HEAD; the rule of RFC 9112 section 9.3 by hand.
        options = (self.header("connection") or "").lower()
        if self._parser.get_http_version() == "1.0":
            return "keep-alive" in options
        return "close" not in options

    def _end_head(self) -> None:
        if self.parts:  # a body where none may be: the connection is out of step
            self.keep_alive = False
            self.parts.clear()
        self._fresh()  # the old parser waits for the body that does not come

    def _count_body(self) -> int:
        if self._counted_parts < len(self.parts):
            self.body_bytes += sum(map(len, self.parts[self._counted_parts :]))
            self._counted_parts = len(self.parts)
        return self.body_bytes

    def _check_limits(self) -> None:
        """Not called for a small response that came in one read, so that it never pays."""
        head = _length(self.fields) if self.status else self.received
        trailers = _length(self._fields)
        if head > self._max_header or (trailers > self._max_header and not self.complete):
            raise too_large("headers over their limit", f"headers over max_header_bytes ({self._max_header})")
        if self._head_only:
            return
        if self._count_body() > self._max_body or self._announced() > self._max_body:
            raise too_large("body over its limit", f"body over max_body_bytes ({self._max_body})")
        # Chunk lines, their extensions and unfinished trailers: no honest response spends as much on them as on bodies.
        if self.received > self._max_header + 2 * self._max_body and not self.complete:
            raise too_large("chunk framing over its limit", f"{self.received} bytes received for a limited body")

    def _announced(self) -> int:
        if not self.status or self.status in (204, 304):
            return 0
        length = self.header("content-length") or "0"
        return int(length) if length.isdigit() else 0


def _length(fields: list[Field]) -> int:
    return sum(len(name) + len(value) for name, value in fields)


def check_transfer_coding(reader: ResponseReader) -> None:
    """Only chunked is asked for (no TE is sent), so that nothing else may come."""
    coding = (reader.header("transfer-encoding") or "").lower()
    if coding not in ("", "chunked", "identity"):
        raise _unasked(coding)


def _unasked(coding: str) -> RequestError:
    return protocol_error("transfer coding not asked for", f"transfer coding {coding!r} not asked for")
