"""Barbers' calendars. `locust -f locustfiles/calendar_sync.py -H URL` plays them alone."""

import loadgen.plugin  # noqa: F401 - hangs the suite on Locust's events
from loadgen.user import ShopUser
from loadgen.visit import Visit
from locustfiles.journeys.calendar_journey import calendar_sync
from scenarios.mix import Persona


class CalendarSync(ShopUser):
    """A barber's calendar being kept in step with Google's."""

    persona = Persona.CALENDAR_SYNC

    def visit(self, visit: Visit) -> None:
        """Sign in and sync, one way or both."""
        calendar_sync(visit)
