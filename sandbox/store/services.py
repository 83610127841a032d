"""Services: what the shop does, its price and how long it takes."""

from dataclasses import dataclass

from sandbox.store.database import Database


@dataclass(frozen=True, slots=True)
class Service:
    """One service."""

    id: int
    name: str
    category: str
    price_cents: int
    duration_minutes: int
    created_at: str


class Services:
    """The services, read once: the sandbox never changes them."""

    def __init__(self, database: Database) -> None:
        rows = database.all(
            "SELECT id, name, category, price_cents, duration_minutes, created_at FROM services ORDER BY id"
        )
        self.all = tuple(Service(*row) for row in rows)
        self._by_name = {service.name: service for service in self.all}

    def by_name(self, name: str) -> Service | None:
        """Return a service."""
        return self._by_name.get(name)
