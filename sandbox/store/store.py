"""The store: all of the shop's data, by noun."""

from dataclasses import dataclass

from sandbox.store.appointments import Appointments
from sandbox.store.calendars import Calendars, StripeEvents
from sandbox.store.chairs import Chairs
from sandbox.store.database import Database
from sandbox.store.gifts import Gifts
from sandbox.store.idempotency import Idempotency
from sandbox.store.payments import Payments
from sandbox.store.services import Services
from sandbox.store.users import Users


@dataclass(frozen=True, slots=True)
class Store:
    """The shop's data behind one database."""

    database: Database
    users: Users
    services: Services
    chairs: Chairs
    appointments: Appointments
    payments: Payments
    gifts: Gifts
    idempotency: Idempotency
    calendars: Calendars
    stripe_events: StripeEvents

    @classmethod
    def of(cls, database: Database, chairs: Chairs) -> "Store":
        """Return the store of a database that has its tables and seed."""
        return cls(
            database=database,
            users=Users(database),
            services=Services(database),
            chairs=chairs,
            appointments=Appointments(database, chairs),
            payments=Payments(database),
            gifts=Gifts(database),
            idempotency=Idempotency(database),
            calendars=Calendars(database),
            stripe_events=StripeEvents(database),
        )

    def secret(self, name: str) -> str:
        """Return a secret that all processes on this database share."""
        row = self.database.one("SELECT value FROM secrets WHERE name = ?", (name,))
        assert row is not None
        return str(row[0])
