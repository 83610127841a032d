"""Which journey each persona walks."""

from collections.abc import Callable, Mapping

from loadgen.visit import Visit
from locustfiles.journeys.barber_journey import barber
from locustfiles.journeys.calendar_journey import calendar_sync
from locustfiles.journeys.customer_journey import new_customer, returning_customer
from locustfiles.journeys.monitor_journey import monitor
from locustfiles.journeys.payer_journey import payer
from locustfiles.journeys.webhook_journey import stripe_webhook
from scenarios.mix import Persona

JOURNEYS: Mapping[Persona, Callable[[Visit], None]] = {
    Persona.NEW_CUSTOMER: new_customer,
    Persona.RETURNING_CUSTOMER: returning_customer,
    Persona.BARBER: barber,
    Persona.PAYER: payer,
    Persona.CALENDAR_SYNC: calendar_sync,
    Persona.STRIPE_WEBHOOK: stripe_webhook,
    Persona.MONITOR: monitor,
}
