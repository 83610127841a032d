"""Paying: begin a payment, take the card out, confirm; a declined card is followed by another, or by nothing."""

from dataclasses import dataclass

from loadgen.visit import Reply, Visit
from locustfiles.api.answers import Appointment, Intent, appointment_of, cents_of, intent_of
from locustfiles.api.shop_api import ShopApi
from locustfiles.journeys.pressing import ONCE, Manner, manner_of, press
from locustfiles.journeys.recent_payments import RECENT, RecentPayment
from locustfiles.journeys.second_try import with_second_try
from records.journey import Milestone
from records.ledger import Write
from records.window import PAYMENT_FLOW, Outcome
from scenarios.mix import Step
from scenarios.provoke import EXCLUSIVE

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
        manner = manner_of(self.visit, *EXCLUSIVE["payments"])
        bad_card = self.visit.chance(self.visit.mix.branches.card_declined) and manner is ONCE
        reply, intents = self._begin(manner)
        if not intents:  # refused: paid or cancelled meanwhile, by the same account elsewhere
            return False if reply.outcome is Outcome.REFUSED else self._conclude(reply, paid=False)
        self.visit.think(Step.PAY)
        before_card_us = self.waited_us
        reply = self._confirm(intents, manner, declined_card=bad_card)
        if not (bad_card and reply.outcome is Outcome.REFUSED):
            return self._conclude(reply, paid=reply.ok)
        self.visit.reach(Milestone.CARD_DECLINED)
        if not self.visit.chance(self.visit.mix.branches.declined_tries_other_card):
            return False
        self.waited_us = before_card_us
        self.visit.think(Step.PAY)
        reply = self._confirm(intents, manner, declined_card=False)
        return self._conclude(reply, paid=reply.ok)

    def _begin(self, manner: Manner) -> tuple[Reply, list[Intent]]:
        """Begin the payment; a second try has the same key, so that it cannot become a second payment."""
        intents: list[Intent] = []
        if self.visit.account is not None:  # where a shop makes a payment of each copy, its fraud rule counts them all
            self.visit.account.payments_made += manner.copies

        def once(key: str | None, repeat: int) -> Reply:
            reply = self.api.create_intent(self.appointment.id, key)
            intent = intent_of(reply.body) if reply.ok else None
            if intent is not None:
                intents.append(intent)
            self.visit.enter(
                Write.INTENT,
                reply,
                appointment_id=self.appointment.id,
                payment_id=None if intent is None else intent.payment_id,
                amount_cents=None if intent is None else intent.amount_cents,
                key=key,
                reference=None if intent is None else intent.payment_intent_id,
                provoked=manner.provocation,
                repeat=repeat,
            )
            return reply

        pressed = press(self.visit, manner, once, "intent")
        self.waited_us += pressed.waited_us
        return pressed.reply, intents

    def _confirm(self, intents: list[Intent], manner: Manner, *, declined_card: bool) -> Reply:
        """Confirm with one card; a second try with it has the same key, another card has its own.

        Without a key each copy confirms the intent that its own beginning brought.
        """
        paid: list[Intent] = []

        def once(key: str | None, repeat: int) -> Reply:
            intent = intents[0 if manner.keyed else repeat % len(intents)]
            reply = self.api.confirm(
                self.appointment.id,
                intent.payment_intent_id,
                key,
                declined_card=declined_card,
                one_of_many=not manner.keyed,
            )
            charged_cents = cents_of(reply.body.get("amount_charged")) if reply.ok else None
            self.visit.enter(
                Write.CONFIRM,
                reply,
                appointment_id=self.appointment.id,
                payment_id=intent.payment_id,
                amount_cents=intent.amount_cents if charged_cents is None else charged_cents,
                key=key,
                reference=intent.payment_intent_id,
                provoked=manner.provocation,
                repeat=repeat,
            )
            if reply.ok and not paid:
                paid.append(intent)
                self._remember(intent, charged_cents)
            return reply

        pressed = press(self.visit, manner, once, "confirm")
        self.waited_us += pressed.waited_us
        return pressed.reply

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
