"""Paying: begin a payment, take the card out, confirm; a declined card is followed by another, or by nothing."""

from dataclasses import dataclass

from loadgen.visit import Reply, Visit
from locustfiles.api.answers import Appointment, Intent, appointment_of, cents_of, intent_of
from locustfiles.api.shop_api import ShopApi
from locustfiles.journeys.recent_payments import RECENT, RecentPayment
from locustfiles.journeys.second_try import with_second_try
from records.journey import Milestone
from records.ledger import Write
from records.window import PAYMENT_FLOW, Outcome
from scenarios.mix import Step

CONFIRMED = "confirmed"


@dataclass(slots=True)
class Payment:
    """One person paying for one appointment. `waited_us` is what they waited for answers, without thinking."""

    visit: Visit
    api: ShopApi
    appointment: Appointment
    waited_us: float = 0.0

    def pay(self) -> bool:
        """Pay, with another card where one is declined; tell whether the shop acknowledged it."""
        bad_card = self.visit.chance(self.visit.mix.branches.card_declined)
        reply, intent = self._begin()
        if intent is None:  # refused: paid or cancelled meanwhile, by the same account elsewhere
            return False if reply.outcome is Outcome.REFUSED else self._conclude(reply, paid=False)
        self.visit.think(Step.PAY)
        before_card_us = self.waited_us
        reply = self._confirm(intent, declined_card=bad_card)
        if not (bad_card and reply.outcome is Outcome.REFUSED):
            return self._conclude(reply, paid=reply.ok)
        self.visit.reach(Milestone.CARD_DECLINED)
        if not self.visit.chance(self.visit.mix.branches.declined_tries_other_card):
            return False
        self.waited_us = before_card_us
        self.visit.think(Step.PAY)
        reply = self._confirm(intent, declined_card=False)
        return self._conclude(reply, paid=reply.ok)

    def _begin(self) -> tuple[Reply, Intent | None]:
        """Begin the payment; a second try has the same key, so that it cannot become a second payment."""
        key = self.visit.new_key("intent")
        intent: Intent | None = None
        if self.visit.account is not None:
            self.visit.account.payments_made += 1

        def once() -> Reply:
            nonlocal intent
            reply = self.api.create_intent(self.appointment.id, key)
            intent = intent_of(reply.body) if reply.ok else None
            self.waited_us += reply.response_us
            self.visit.enter(
                Write.INTENT,
                reply,
                appointment_id=self.appointment.id,
                payment_id=None if intent is None else intent.payment_id,
                amount_cents=None if intent is None else intent.amount_cents,
                key=key,
                reference=None if intent is None else intent.payment_intent_id,
            )
            return reply

        return with_second_try(self.visit, once), intent

    def _confirm(self, intent: Intent, *, declined_card: bool) -> Reply:
        """Confirm with one card; a second try with it has the same key, another card has its own."""
        key = self.visit.new_key("confirm")

        def once() -> Reply:
            reply = self.api.confirm(self.appointment.id, intent.payment_intent_id, key, declined_card=declined_card)
            charged_cents = cents_of(reply.body.get("amount_charged")) if reply.ok else None
            self.waited_us += reply.response_us
            self.visit.enter(
                Write.CONFIRM,
                reply,
                appointment_id=self.appointment.id,
                payment_id=intent.payment_id,
                amount_cents=intent.amount_cents if charged_cents is None else charged_cents,
                key=key,
                reference=intent.payment_intent_id,
            )
            if reply.ok:
                self._remember(intent, charged_cents)
            return reply

        return with_second_try(self.visit, once)

    def _conclude(self, reply: Reply, *, paid: bool) -> bool:
        """Count an attempt that was not declined on purpose, and record what its two requests took together."""
        self.visit.reach(Milestone.PAYMENT_TRIED)
        self.visit.record_flow(PAYMENT_FLOW, self.waited_us, reply.outcome)
        if paid:
            self.visit.reach(Milestone.PAYMENT_SUCCEEDED)
        return paid

    def _remember(self, intent: Intent, charged_cents: int | None) -> None:
        cents = charged_cents or intent.amount_cents
        if cents:
            RECENT.append(RecentPayment(self.appointment.id, intent.payment_id, intent.payment_intent_id, cents))


def see_confirmation(visit: Visit, api: ShopApi, appointment: Appointment) -> bool:
    """Look at the appointment once it is paid; tell whether the shop shows it as confirmed."""
    reply = with_second_try(visit, lambda: api.appointment(appointment.id))
    shown = appointment_of(reply.body) if reply.ok else None
    return shown is not None and shown.status == CONFIRMED
