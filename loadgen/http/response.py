"""A response, with the calling habits of FastHttpUser."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import orjson

from loadgen.http.exchange import Exchange
from loadgen.http.failure import FailureClass, RequestError, StatusError
from loadgen.http.headers import Field, Headers

_CHARSET = re.compile(r"charset=\"?([A-Za-z0-9._\-]+)")
_NO_CATCH = "to judge a response yourself pass catch_response=True and use it in a with block"


class Response:
    """`content` is decoded; `status_code` is 0, and `error` says why, when there was no usable response.

    With `catch_response=True` it is a context manager: the exchange is reported when the block ends, as `success()` or
    `failure()` said, else as status and error say.
    """

    __slots__ = ("_fields", "_report", "content", "elapsed_s", "error", "exchange", "status_code", "url")  # fmt: skip

    def __init__(self, url: str, status_code: int, fields: Sequence[Field], content: bytes) -> None:
        self.url = url
        self.status_code = status_code
        self._fields = fields
        self.content = content
        self.error: RequestError | None = None
        self.elapsed_s = 0.0
        self.exchange: Exchange | None = None
        """Set only until it is reported: kept for ever it would tie every response into a circle."""

    @property
    def headers(self) -> Headers:
        return Headers(self._fields)

    @property
    def ok(self) -> bool:
        return self.error is None and self.status_code < 400

    @property
    def failure_class(self) -> FailureClass | None:
        return self.error.failure_class if self.error is not None else None

    @property
    def encoding(self) -> str:
        found = _CHARSET.search(self.headers.get("content-type", ""))
        return found[1] if found else "utf-8"

    @property
    def text(self) -> str:
        try:
            return self.content.decode(self.encoding, errors="replace")
        except LookupError:  # a charset nobody knows
            return self.content.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """orjson.JSONDecodeError (a ValueError) when the content is not JSON."""
        return orjson.loads(self.content)

    def raise_for_status(self) -> None:
        if self.error is not None:
            raise self.error
        if self.status_code >= 400:
            raise StatusError(self.status_code)

    def success(self) -> None:
        """Counts as a success whatever the status."""
        self._judged().outcome_override = "success"

    def failure(self, message: object) -> None:
        """Counts as a failure for the reason given; keep it free of ids, it is a statistic key."""
        exchange = self._judged()
        exchange.outcome_override = "failure"
        exchange.failure_text = str(message)

    def _judged(self) -> Exchange:
        if self.exchange is None:
            raise RuntimeError(_NO_CATCH)
        return self.exchange

    def __enter__(self) -> Self:
        raise RuntimeError(_NO_CATCH)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return None

    def __repr__(self) -> str:
        return f"<Response {self.status_code or self.error}>"


class CaughtResponse(Response):
    """What `catch_response=True` returns."""

    __slots__ = ("_entered",)

    def hold(self, exchange: Exchange, report: Callable[[Exchange], None]) -> None:
        self.exchange = exchange
        self._report = report
        self._entered = False

    @property
    def entered(self) -> bool:
        return self._entered

    def release(self) -> None:
        """Reports, the first time; later calls do nothing."""
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            self._report(exchange)

    def __enter__(self) -> Self:
        self._entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        swallow = False
        if kind is not None and value is not None and self.exchange is not None:
            swallow = self._judge_exception(self.exchange, kind, value)
        self.release()
        return swallow

    def _judge_exception(self, exchange: Exchange, kind: type[BaseException], value: BaseException) -> bool:
        """An exception that leaves the block is a failure of the response, unless it was judged before, or is Locust's
        control flow (interrupt, reschedule, stop) or a kill. Locust's own ResponseError goes no further, as there."""
        of_locust = kind.__module__ == "locust.exception"
        response_error = of_locust and kind.__name__ in ("ResponseError", "CatchResponseError")
        if exchange.outcome_override is None:
            if response_error:
                self.failure(value)
            elif isinstance(value, Exception) and not of_locust:
                self.failure(f"{kind.__name__} in the with block")
        return response_error
