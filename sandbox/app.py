"""The application: the routes of a shop. A path without an id is looked up, Starlette matches the others."""

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.operation import JSON, Operation
from sandbox.routes import (
    appointments,
    bookings,
    calendar,
    catalogue,
    control,
    gifts,
    google_calendar,
    health,
    payments,
    sign_in,
    slots,
    stripe,
)
from sandbox.serving import endpoint
from sandbox.shop import Shop

OPERATIONS: tuple[Operation, ...] = (
    *slots.OPERATIONS,
    *sign_in.OPERATIONS,
    *bookings.OPERATIONS,
    *appointments.OPERATIONS,
    *payments.OPERATIONS,
    *catalogue.OPERATIONS,
    *health.OPERATIONS,
    *gifts.OPERATIONS,
    *stripe.OPERATIONS,
    *calendar.OPERATIONS,
    *google_calendar.OPERATIONS,
    *control.OPERATIONS,
)


def application(shop: Shop) -> ASGIApp:
    """Return the application that serves a shop."""
    endpoints = {(operation.method, operation.path): endpoint(shop, operation) for operation in OPERATIONS}
    routes = [Route(path, serves, methods=[method]) for (method, path), serves in endpoints.items()]
    others = Starlette(routes=routes, exception_handlers={HTTPException: _unrouted})

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        found = endpoints.get((scope.get("method", ""), scope.get("path", "")))
        await (others if found is None else found)(scope, receive, send)

    return routed


async def _unrouted(request: Request, error: Exception) -> Response:
    """Answer where no route fits, or not with this method."""
    assert isinstance(error, HTTPException)
    kind = "not_found_error" if error.status_code == 404 else "invalid_request_error"
    body = {"error": {"type": kind, "message": error.detail}}
    return Response(orjson.dumps(body), error.status_code, error.headers, JSON)
