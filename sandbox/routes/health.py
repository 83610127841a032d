"""Health and metrics."""

from typing import Any

from starlette.responses import Response

from sandbox.cells import moment_of
from sandbox.metrics import CONTENT_TYPE
from sandbox.operation import Access, Call, Operation
from sandbox.plants import Plant

CACHED_S = 30.0
"""The real system looks at its parts at most so often."""
OUTAGES = {Plant.STRIPE_OUTAGE: "stripe", Plant.GOOGLE_OUTAGE: "google_calendar"}


def health(call: Call) -> dict[str, Any]:
    """Answer without asking anyone."""
    return {"status": "healthy"}


def overall(call: Call) -> dict[str, Any]:
    """Tell of the whole."""
    return {"status": "healthy", "service": "sandbox", "timestamp": _looked_at(call)}


def detailed(call: Call) -> dict[str, Any]:
    """Tell of each part."""
    parts = {"database": _database(call), "redis": _redis(call), **_dependencies(call)}
    return {"status": "healthy", "timestamp": _looked_at(call), "checks": parts}


def database(call: Call) -> dict[str, Any]:
    """Tell of the database."""
    return {**_database(call), "timestamp": _looked_at(call)}


def redis(call: Call) -> dict[str, Any]:
    """Tell of the cache; the sandbox has it in memory."""
    return {**_redis(call), "timestamp": _looked_at(call)}


def dependencies(call: Call) -> dict[str, Any]:
    """Tell of the providers."""
    return {"status": "healthy", "dependencies": _dependencies(call), "timestamp": _looked_at(call)}


def metrics(call: Call) -> Response:
    """Answer as Prometheus reads it."""
    return Response(call.shop.metrics.text(), media_type=None, headers={"content-type": CONTENT_TYPE})


def _database(call: Call) -> dict[str, Any]:
    pool = call.shop.pool
    return {"status": "healthy", "pool_size": pool.places, "pool_in_use": pool.in_use, "pool_waiting": pool.waiting}


def _redis(call: Call) -> dict[str, Any]:
    chairs = call.shop.store.chairs
    return {"status": "healthy", "hits": chairs.hits, "misses": chairs.misses}


def _dependencies(call: Call) -> dict[str, Any]:
    down = {name for plant, name in OUTAGES.items() if call.shop.has(plant)}
    names = ("stripe", "google_calendar", "email", "sms")
    return {name: {"status": "unhealthy" if name in down else "healthy"} for name in names}


def _looked_at(call: Call) -> str:
    return moment_of(call.moment // CACHED_S * CACHED_S)


OPERATIONS = (
    Operation("GET", "/health", health, Access.ANYONE),
    Operation("GET", "/api/v1/health/", overall, Access.ANYONE),
    Operation("GET", "/api/v1/health/detailed", detailed, Access.ANYONE),
    Operation("GET", "/api/v1/health/database", database, Access.ANYONE),
    Operation("GET", "/api/v1/health/redis", redis, Access.ANYONE),
    Operation("GET", "/api/v1/health/dependencies", dependencies, Access.ANYONE),
    Operation("GET", "/metrics", metrics, Access.ANYONE),
)
