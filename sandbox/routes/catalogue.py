"""The catalogue: what the shop does and who works there."""

from typing import Any

import orjson
from starlette.responses import Response

from sandbox.forms import Page, ServicesQuery
from sandbox.operation import JSON, Access, Call, Operation
from sandbox.shop import Shop

MOST_PAGES = 100
"""Kept as they were written; whoever asks for more of them gets them written anew."""


def services(call: Call) -> list[dict[str, Any]]:
    """Return the services."""
    asked = call.asked(ServicesQuery)
    found: list[dict[str, Any]] = [
        {
            "id": service.id,
            "name": service.name,
            "description": None,
            "category": service.category,
            "sku": None,
            "base_price": service.price_cents / 100,
            "duration_minutes": service.duration_minutes,
            "buffer_time_minutes": 0,
            "is_active": True,
            "is_bookable_online": True,
            "is_package": service.category == "package",
            "display_order": service.id,
            "created_at": service.created_at,
            "updated_at": service.created_at,
            "created_by_id": None,
            "package_items": [],
            "pricing_rules": [],
            "booking_rules": [],
        }
        for service in call.shop.store.services.all
        if asked.category is None or service.category == asked.category.value
    ]
    return found[asked.skip : asked.skip + asked.limit]


def barbers(call: Call) -> Response:
    """Return the barbers: written once a page, as they stay who they are."""
    asked, pages = call.asked(Page), call.shop.barber_pages
    page = pages.get((asked.skip, asked.limit))
    if page is None:
        page = orjson.dumps(_barbers(call.shop, asked))
        if len(pages) < MOST_PAGES:
            pages[asked.skip, asked.limit] = page
    return Response(page, media_type=JSON)


def _barbers(shop: Shop, asked: Page) -> list[dict[str, Any]]:
    return [
        {
            "id": user.id,
            "name": user.name,
            "email": user.email,
            "role": user.role,
            "created_at": user.created_at,
        }
        for user in shop.store.users.barbers(asked.skip, asked.limit)
    ]


OPERATIONS = (
    Operation("GET", "/api/v2/services/", services, query=ServicesQuery),
    Operation("GET", "/api/v2/barbers/", barbers, Access.ANYONE, query=Page),
)
