"""The catalogue: what the shop does and who works there."""

from typing import Any

from sandbox.forms import Page, ServicesQuery
from sandbox.operation import Access, Call, Operation


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


def barbers(call: Call) -> list[dict[str, Any]]:
    """Return the barbers."""
    asked = call.asked(Page)
    return [
        {
            "id": user.id,
            "name": user.name,
            "email": user.email,
            "role": user.role,
            "created_at": user.created_at,
        }
        for user in call.shop.store.users.barbers(asked.skip, asked.limit)
    ]


OPERATIONS = (
    Operation("GET", "/api/v2/services/", services, query=ServicesQuery),
    Operation("GET", "/api/v2/barbers/", barbers, Access.ANYONE, query=Page),
)
