"""The application: the routes of a shop, as Starlette serves them."""

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.operation import Operation
from sandbox.routes import (
    appointments,
    bookings,
    calendar,
    catalogue,
    gifts,
    google_calendar,
    health,
    payments,
    sign_in,
    slots,
    stripe,
)
from sandbox.serving import JSON, endpoint
from sandbox.shop import Shop

OPERATIONS: tuple[Operation, ...] = (
    *slots.OPERATIONS,  # the most asked for come first: a request is matched down the list
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
)


def application(shop: Shop) -> Starlette:
    """Return the application that serves a shop."""
    routes = [Route(operation.path, endpoint(shop, operation), methods=[operation.method]) for operation in OPERATIONS]
    return Starlette(routes=routes, exception_handlers={HTTPException: _unrouted})


async def _unrouted(request: Request, error: Exception) -> Response:
    """Answer where no route fits, or not with this method."""
    assert isinstance(error, HTTPException)
    kind = "not_found_error" if error.status_code == 404 else "invalid_request_error"
    body = {"error": {"type": kind, "message": error.detail}}
    return Response(orjson.dumps(body), error.status_code, error.headers, JSON)
