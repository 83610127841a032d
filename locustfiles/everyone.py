"""Everyone who comes on a day; what `rushhour run` gives to Locust. Give Locust this file, or one of the others, or several
of the others, but not the whole folder: Locust takes each class once."""

from locustfiles.booking import NewCustomer, ReturningCustomer
from locustfiles.calendar_sync import CalendarSync
from locustfiles.monitor import Monitor
from locustfiles.payment import Payer, StripeWebhook
from locustfiles.staff import Barber

__all__ = [
    "Barber",
    "CalendarSync",
    "Monitor",
    "NewCustomer",
    "Payer",
    "ReturningCustomer",
    "StripeWebhook",
]
