"""Refusals: answers that are not 200, raised where they are found out and turned into a response in one place."""

from collections.abc import Sequence
from typing import Any


class Refusal(Exception):  # noqa: N818 - an answer, not a failure
    """An answer with an error status and the JSON body the real system has for it."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers


class UnhandledError(Exception):
    """What the real system does not catch: 500, and the connection dropped without a word."""


def refused(status: int, kind: str, message: str) -> Refusal:
    """Return the refusal most errors have: `{"error":{"type","message"}}`."""
    return Refusal(status, {"error": {"type": kind, "message": message}})


def bad_request(message: str, kind: str = "invalid_request_error") -> Refusal:
    """Return a 400."""
    return refused(400, kind, message)


def not_found(what: str) -> Refusal:
    """Return a 404."""
    return refused(404, "not_found_error", f"{what} not found")


def not_allowed(message: str) -> Refusal:
    """Return a 403."""
    return refused(403, "permission_error", message)


def unprocessable(problems: Sequence[dict[str, Any]]) -> Refusal:
    """Return a 422 in FastAPI's shape."""
    return Refusal(422, {"detail": list(problems)})


def too_many_requests(retry_after_s: int = 60) -> Refusal:
    """Return a 429 in the real system's shape."""
    body = {"detail": "Rate limit exceeded. Please try again later.", "retry_after": retry_after_s}
    return Refusal(429, body, {"Retry-After": str(retry_after_s)})
