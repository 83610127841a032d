"""Customers who book. `locust -f locustfiles/booking.py -H URL` plays them alone."""

import loadgen.plugin  # noqa: F401 - hangs the suite on Locust's events
from loadgen.user import ShopUser
from loadgen.visit import Visit
from locustfiles.journeys.customer_journey import new_customer, returning_customer
from scenarios.mix import Persona


class NewCustomer(ShopUser):
    """Someone who has never been here: some register, most book as guests."""

    persona = Persona.NEW_CUSTOMER

    def visit(self, visit: Visit) -> None:
        """Look, choose, book; with an account, pay."""
        new_customer(visit)


class ReturningCustomer(ShopUser):
    """Someone with an account: signs in, books again, pays; some change their mind."""

    persona = Persona.RETURNING_CUSTOMER

    def visit(self, visit: Visit) -> None:
        """Sign in, book, pay."""
        returning_customer(visit)
