"""Payers: people with an appointment made earlier, who pay for it now. The funnel leaves them out: they begin no booking."""

from loadgen.visit import Visit
from locustfiles.api.answers import Appointment, appointments_of
from locustfiles.api.shop_api import ShopApi
from locustfiles.journeys.arrival import sign_in_client
from locustfiles.journeys.booking_journey import Order, book
from locustfiles.journeys.choices import pick_service
from locustfiles.journeys.payment_journey import Payment, see_confirmation
from locustfiles.journeys.second_try import with_second_try
from locustfiles.journeys.unpaid import come_back_to_pay
from scenarios.mix import Step

SCHEDULED = "scheduled"  # booked, not yet paid


def payer(visit: Visit) -> None:
    """Sign in, pay for an appointment, look at what was paid before."""
    api = sign_in_client(visit, come_back_to_pay(visit))
    if api is None:
        return
    appointment = _appointment_to_pay(visit, api)
    if appointment is not None:
        visit.think(Step.REVIEW)
        if Payment(visit, api, appointment).pay():
            see_confirmation(visit, api, appointment)
    if visit.chance(visit.mix.branches.payer_looks_at_history):
        visit.think(Step.LOOK)
        with_second_try(visit, api.payment_history)


def _appointment_to_pay(visit: Visit, api: ShopApi) -> Appointment | None:
    """Return an appointment not paid yet, booked first where there is none."""
    reply = with_second_try(visit, api.appointments)
    if not reply.ok:
        return None
    unpaid = [appointment for appointment in appointments_of(reply.body) if appointment.status == SCHEDULED]
    if unpaid:
        return visit.rng.choice(unpaid)
    return book(visit, api, Order(pick_service(visit.rng), counts=False))
