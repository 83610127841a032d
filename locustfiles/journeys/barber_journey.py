"""Barbers: between customers they look at their day, their calendar, an appointment; now and then they give money back."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from loadgen.visit import Reply, Visit
from locustfiles.api.answers import PaidPayment, appointments_of, paid_payments_of, refund_id_of
from locustfiles.api.shop_api import ShopApi
from locustfiles.journeys.arrival import sign_in_staff
from locustfiles.journeys.calendar_journey import SYNC_DAYS, enter_sync
from locustfiles.journeys.pressing import manner_of, press
from locustfiles.journeys.recent_payments import RECENT
from locustfiles.journeys.second_try import with_second_try
from locustfiles.journeys.walk import walk
from records.journey import Milestone
from records.ledger import Write
from scenarios.mix import Step
from scenarios.provoke import EXCLUSIVE


class Page(StrEnum):
    """Where a barber is."""

    SCHEDULE = "schedule"
    APPOINTMENTS = "appointments"
    APPOINTMENT = "appointment"
    CALENDAR_STATUS = "calendar status"
    CALENDAR_SYNC = "calendar sync"
    END = "end"


WALK: Mapping[Page, Mapping[Page, float]] = {
    Page.SCHEDULE: {Page.SCHEDULE: 0.15, Page.APPOINTMENTS: 0.45, Page.CALENDAR_STATUS: 0.25, Page.END: 0.15},
    Page.APPOINTMENTS: {Page.SCHEDULE: 0.2, Page.APPOINTMENT: 0.5, Page.CALENDAR_STATUS: 0.1, Page.END: 0.2},
    Page.APPOINTMENT: {Page.SCHEDULE: 0.2, Page.APPOINTMENTS: 0.3, Page.APPOINTMENT: 0.1, Page.END: 0.4},
    Page.CALENDAR_STATUS: {Page.SCHEDULE: 0.25, Page.CALENDAR_SYNC: 0.6, Page.END: 0.15},
    Page.CALENDAR_SYNC: {Page.SCHEDULE: 0.4, Page.END: 0.6},
}
LONGEST_WALK = 15  # pages; one walk in a hundred would be longer


class Barber:
    """One barber at the till, signed in."""

    def __init__(self, visit: Visit, api: ShopApi, user_id: int) -> None:
        """Begin with no appointment in sight."""
        self._visit = visit
        self._api = api
        self._user_id = user_id
        self._appointment_ids: list[int] = []
        self._day = visit.today

    def go(self, page: Page) -> Reply | None:
        """Open a page; None where there is nothing to open."""
        match page:
            case Page.SCHEDULE:
                reply = self._api.schedule(self._user_id, self._day)
                self._day += timedelta(days=1)  # whoever looks again looks at the next day
                return reply
            case Page.APPOINTMENTS:
                reply = self._api.appointments()
                self._appointment_ids = [appointment.id for appointment in appointments_of(reply.body)]
                return reply
            case Page.APPOINTMENT:
                ids = self._appointment_ids
                return self._api.appointment(self._visit.rng.choice(ids)) if ids else None
            case Page.CALENDAR_STATUS:
                return self._api.calendar_status()
            case Page.CALENDAR_SYNC:
                reply = self._api.sync_appointments(self._visit.today, SYNC_DAYS)
                enter_sync(self._visit, reply)
                return reply
            case Page.END:
                return None

    def refund(self) -> None:
        """Give a payment back: one from the barber's own history, else one that a customer made lately.

        Who sends it again after the answer gives half of it back: were the repeat carried out too, nothing else would refuse it.
        """
        history = self._api.payment_history(self._user_id)
        payment = self._payment_of(history)
        if payment is None:
            return
        self._visit.think(Step.REVIEW)
        manner = manner_of(self._visit, *EXCLUSIVE["refunds"])
        cents = payment.amount_cents // 2 if manner.again else payment.amount_cents

        def once(key: str | None, repeat: int) -> Reply:
            reply = self._api.refund(payment.payment_id, cents, key)
            self._visit.enter(
                Write.REFUND,
                reply,
                payment_id=payment.payment_id,
                amount_cents=cents,
                key=key,
                reference=refund_id_of(reply.body),
                provoked=manner.provocation,
                repeat=repeat,
            )
            return reply

        if press(self._visit, manner, once, "refund").reply.ok:
            self._visit.reach(Milestone.REFUNDED)

    def _payment_of(self, history: Reply) -> PaidPayment | None:
        own = paid_payments_of(history.body) if history.ok else []
        if own:
            return self._visit.rng.choice(own)
        if not RECENT:
            return None
        recent = RECENT.popleft()  # taken out: nobody else gives this one back
        return PaidPayment(recent.payment_id, recent.amount_cents)


def barber(visit: Visit) -> None:
    """Sign in, walk through the pages, and in some sessions give a payment back at the end."""
    api = sign_in_staff(visit)
    if api is None:
        return
    me = with_second_try(visit, api.me)
    if not me.ok:
        return
    person = Barber(visit, api, int(me.body["id"]))
    for page in walk(visit.rng, WALK, Page.SCHEDULE, Page.END, LONGEST_WALK):
        person.go(page)
        visit.think(Step.LOOK)
    if visit.chance(visit.mix.branches.barber_refunds):
        person.refund()
