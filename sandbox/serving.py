"""Serving: the one way in which all operations are served.

Limits, sign-in and the form come first and take no modelled time; then the work is done (`work.py`).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.limits import address_of
from sandbox.operation import JSON, Access, Call, Operation
from sandbox.plants import Plant
from sandbox.refusal import Refusal, UnhandledError, not_allowed, refused, unprocessable
from sandbox.shop import Shop
from sandbox.store.database import UnavailableError
from sandbox.store.users import User
from sandbox.tokens import ACCESS
from sandbox.work import worked

LONGEST_BODY = 1_000_000
"""Bytes; nothing the shop takes is nearly as long."""


class Dropped(Response):
    """An answer after which the connection is dropped without a word, as the real system does it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, then raise: uvicorn closes the connection of an application that raises."""
        await super().__call__(scope, receive, send)
        raise UnhandledError("connection dropped after a 500")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Serves one operation: an ASGI application of its own, with nothing of a framework around it."""

    shop: Shop
    operation: Operation
    name: str
    labels: Mapping[int, tuple[str, str, str]]
    """Of the metrics, by the first digit of the status."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        metrics = self.shop.metrics
        started = time.perf_counter()
        metrics.in_flight += 1
        status = 500
        try:
            response = await _answered(self.shop, self.operation, self.name, Request(scope, receive))
            status = response.status_code
        finally:
            metrics.in_flight -= 1
            metrics.requests.observe(self.labels[status // 100], time.perf_counter() - started)
        await response(scope, receive, send)


def endpoint(shop: Shop, operation: Operation) -> Endpoint:
    """Return what serves an operation in a shop."""
    labels = {digit: (operation.method, operation.template, f"{digit}xx") for digit in range(2, 6)}
    return Endpoint(shop, operation, operation.name, labels)


async def _answered(shop: Shop, operation: Operation, name: str, request: Request) -> Response:
    try:
        call = await _admitted(shop, operation, name, request)
        return await worked(call, operation, name)
    except Refusal as refusal:
        return Response(orjson.dumps(refusal.body), refusal.status, refusal.headers, JSON)
    except UnavailableError:
        body = {"error": {"type": "service_unavailable", "message": "Database is not available"}}
        return Response(orjson.dumps(body), 503, None, JSON)
    except UnhandledError as unhandled:
        body = {"error": {"type": "internal_server_error", "message": str(unhandled)}}
        return Dropped(orjson.dumps(body), 500, None, JSON)


async def _admitted(shop: Shop, operation: Operation, name: str, request: Request) -> Call:
    """Return the call, its limits, sign-in and forms looked at; raise Refusal."""
    client = request.client
    forwarded_for = None if shop.has(Plant.RATE_LIMITER) else request.headers.get("x-forwarded-for")
    address = address_of(client.host if client else None, forwarded_for)
    limiter = shop.limiter
    if limiter is not None and not operation.is_control:
        limiter.admit(address, name)
    raw = b"" if request.method == "GET" else await _read(request)
    call = Call(shop, request, address, raw)
    if operation.access is not Access.ANYONE:
        call.visitor = await _signed_in(call, operation.access)
    problems: list[dict[str, Any]] = []
    if operation.query is not None:
        call.query = _filled(operation.query, "query", dict(request.query_params), problems)
    if operation.body is not None:
        call.body = _filled(operation.body, "body", raw, problems)
    if problems:
        raise unprocessable(problems)
    return call


async def _read(request: Request) -> bytes:
    """Return the body; raise a 413 as soon as it is too long."""
    raw = b""
    async for piece in request.stream():
        raw += piece
        if len(raw) > LONGEST_BODY:
            raise refused(413, "invalid_request_error", f"body of more than {LONGEST_BODY} bytes")
    return raw


async def _signed_in(call: Call, access: Access) -> User:
    kind, _, token = call.request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Refusal(403, {"detail": "Not authenticated"})
    shop = call.shop
    user_id = shop.tokens.user_of(token, ACCESS, call.moment)
    user = None if user_id is None else shop.store.users.known(user_id)
    if user is None and user_id is not None:
        user = await shop.looked_up(lambda: shop.store.users.by_id(user_id))
    if user is None:
        raise refused(401, "authentication_error", "Could not validate credentials")
    if access is Access.STAFF and not user.is_staff:
        raise not_allowed("Only barbers and admins may do this")
    return user


def _filled(
    kind: type[BaseModel], where: str, given: bytes | Mapping[str, str], problems: list[dict[str, Any]]
) -> BaseModel | None:
    """Return a form that is filled in; note the problems in FastAPI's shape where it is not."""
    try:
        return kind.model_validate_json(given) if isinstance(given, bytes) else kind.model_validate(given)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_context=False):
            seen = _sayable(problem["input"])
            problems.append(
                {"type": problem["type"], "loc": [where, *problem["loc"]], "msg": problem["msg"], "input": seen}
            )
        return None


def _sayable(given: object) -> object:
    """Return what was given, as text where JSON has no form for it."""
    try:
        orjson.dumps(given)
    except TypeError:
        return str(given)[:200]
    return given
