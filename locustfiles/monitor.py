"""What watches the shop. `locust -f locustfiles/monitor.py -H URL` plays it alone."""

import loadgen.plugin  # noqa: F401 - hangs the suite on Locust's events
from loadgen.user import ShopUser
from loadgen.visit import Visit
from locustfiles.journeys.monitor_journey import monitor
from scenarios.mix import Persona


class Monitor(ShopUser):
    """A health check."""

    persona = Persona.MONITOR

    def visit(self, visit: Visit) -> None:
        """Ask once whether the shop is up."""
        monitor(visit)
