"""Serving: the one way in which all operations are served.

Limits, sign-in and the form come first and take no modelled time. Then the request waits for a place in the pool, holds it
for its database time, does its work, gives the place back and waits for its provider. The work itself is synchronous: it
happens at one instant of the event loop, after the database time, as a transaction's commit does.
"""

import asyncio
import hashlib
import re
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
from sandbox.refusal import Refusal, UnhandledError, bad_request, not_allowed, refused, unprocessable
from sandbox.shop import Shop
from sandbox.store.idempotency import KeptAnswer
from sandbox.store.users import User
from sandbox.timing import GOOGLE, STRIPE, service_time_of
from sandbox.tokens import ACCESS

LONGEST_BODY = 1_000_000
"""Bytes; nothing the shop takes is nearly as long."""
UNFAILING = frozenset({"/health", "/metrics"})
"""Paths that planted errors leave alone."""
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.I)


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
        return await _modelled(call, operation, name)
    except Refusal as refusal:
        return Response(orjson.dumps(refusal.body), refusal.status, refusal.headers, JSON)
    except UnhandledError as unhandled:
        body = {"error": {"type": "internal_server_error", "message": str(unhandled)}}
        return Dropped(orjson.dumps(body), 500, None, JSON)


async def _admitted(shop: Shop, operation: Operation, name: str, request: Request) -> Call:
    """Return the call, its limits, sign-in and forms looked at; raise Refusal."""
    client = request.client
    forwarded_for = None if shop.has(Plant.RATE_LIMITER) else request.headers.get("x-forwarded-for")
    address = address_of(client.host if client else None, forwarded_for)
    if shop.limiter is not None:
        shop.limiter.admit(address, name)
    raw = b"" if request.method == "GET" else await _read(request)
    call = Call(shop, request, address, raw)
    if operation.access is not Access.ANYONE:
        call.visitor = _signed_in(call, operation.access)
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


def _signed_in(call: Call, access: Access) -> User:
    kind, _, token = call.request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Refusal(403, {"detail": "Not authenticated"})
    user_id = call.shop.tokens.user_of(token, ACCESS, call.moment)
    user = None if user_id is None else call.shop.store.users.by_id(user_id)
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


async def _modelled(call: Call, operation: Operation, name: str) -> Response:
    """Do the work in its modelled time."""
    shop = call.shop
    times = None if shop.options.fast else shop.draws.next(name)
    if times is None:
        return _done(call, operation, name)
    metrics = shop.metrics
    asked_at = time.monotonic()
    free_at = held_at = await shop.pool.take()
    try:
        metrics.pool_waits.observe((), held_at - asked_at)
        free_at = held_at + times.database_s
        await _sleep_until(free_at)
        metrics.queries.observe((), times.database_s / times.statements, times.statements)
        response = _done(call, operation, name)
    finally:
        shop.pool.give_back(free_at)
    if times.outside_s > 0.0:
        await _sleep_until(free_at + times.outside_s)
        model = service_time_of(name)
        if model is not None and model.provider in {STRIPE, GOOGLE}:
            metrics.providers.observe((model.provider,), times.outside_s)
    return response


async def _sleep_until(instant: float) -> None:
    await asyncio.sleep(max(0.0, instant - time.monotonic()))


def _done(call: Call, operation: Operation, name: str) -> Response:
    if operation.path not in UNFAILING and call.shop.faults.next_fails():
        raise UnhandledError("planted error")
    if operation.idempotent:
        return _done_once(call, operation, name)
    answer = operation.handle(call)
    return answer if isinstance(answer, Response) else Response(orjson.dumps(answer), media_type=JSON)


def _done_once(call: Call, operation: Operation, name: str) -> Response:
    """Do the work, or give the answer that its Idempotency-Key got before; a refusal is an answer too."""
    store, key = call.shop.store, call.request.headers.get("idempotency-key")
    if key is None:
        with store.database.transaction():
            return Response(orjson.dumps(operation.handle(call)), media_type=JSON)
    if _KEY.fullmatch(key) is None:
        raise bad_request("Idempotency-Key must look like <prefix>_<uuid4>")
    digest = hashlib.sha256(name.encode() + b"\0" + call.raw).hexdigest()
    kept = store.idempotency.find(call.user.id, key)
    if kept is None:
        kept = _first_answer(call, operation, digest)
        store.idempotency.keep(call.user.id, key, kept)
    elif kept.request_digest != digest:
        raise bad_request("Idempotency-Key was used before with another request")
    return Response(kept.answer, kept.status, media_type=JSON)


def _first_answer(call: Call, operation: Operation, digest: str) -> KeptAnswer:
    try:
        with call.shop.store.database.transaction():
            return KeptAnswer(digest, 200, orjson.dumps(operation.handle(call)))
    except Refusal as refusal:
        return KeptAnswer(digest, refusal.status, orjson.dumps(refusal.body))
