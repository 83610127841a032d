"""People who pay, and Stripe, who tells of it. `locust -f locustfiles/payment.py -H URL` plays them alone."""

import loadgen.plugin  # noqa: F401 - hangs the suite on Locust's events
from loadgen.user import ShopUser
from loadgen.visit import Visit
from locustfiles.journeys.payer_journey import payer
from locustfiles.journeys.webhook_journey import stripe_webhook
from scenarios.mix import Persona


class Payer(ShopUser):
    """Someone with an appointment not paid yet."""

    persona = Persona.PAYER

    def visit(self, visit: Visit) -> None:
        """Sign in, pay, look at the history."""
        payer(visit)


class StripeWebhook(ShopUser):
    """Stripe, telling of payments that came in."""

    persona = Persona.STRIPE_WEBHOOK

    def visit(self, visit: Visit) -> None:
        """Deliver one signed event."""
        stripe_webhook(visit)
