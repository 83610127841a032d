"""Barbers at work. `locust -f locustfiles/staff.py -H URL` plays them alone."""

import loadgen.plugin  # noqa: F401 - hangs the suite on Locust's events
from loadgen.user import ShopUser
from loadgen.visit import Visit
from locustfiles.journeys.barber_journey import barber
from scenarios.mix import Persona


class Barber(ShopUser):
    """A barber between two customers."""

    persona = Persona.BARBER

    def visit(self, visit: Visit) -> None:
        """Sign in, look around, sometimes give a payment back."""
        barber(visit)
