import re

import pytest

from locustfiles.journeys.customer_journey import returning_customer
from locustfiles.journeys.payer_journey import payer
from locustfiles.journeys.recent_payments import RECENT
from records.journey import FUNNEL, Milestone
from records.ledger import Write
from records.window import Outcome
from scenarios.mix import Persona
from tests.unit.locustfiles.conftest import BROKEN, HAPPY, SILENT, ScriptedVisit, appointment

INTENT, CONFIRM = "POST /payments/create-intent", "POST /payments/confirm"
PAID = (200, {"payment_id": 11, "amount_charged": 30.0})
KEY = re.compile(r"^[a-z]+_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


@pytest.mark.parametrize("operation", [INTENT, CONFIRM])
def test_retry_of_a_payment_keeps_its_key(operation: str) -> None:
    good = PAID if operation == CONFIRM else HAPPY[INTENT]
    assert isinstance(good, tuple)
    visit = ScriptedVisit(script={operation: [SILENT, good]}, retries_after_error=1.0)
    returning_customer(visit)
    first, second = visit.of(operation)
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert visit.reached[Milestone.PAYMENT_SUCCEEDED] == 1


def test_keys_look_as_the_shop_wants_them_and_differ() -> None:
    visit = ScriptedVisit()
    returning_customer(visit)
    keys = [sent.headers["Idempotency-Key"] for sent in visit.sent if "Idempotency-Key" in sent.headers]
    assert len(keys) == len(set(keys)) == 2
    assert all(KEY.match(key) for key in keys)


def test_declined_card_is_refused_not_failed() -> None:
    visit = ScriptedVisit(card_declined=1.0, declined_tries_other_card=0.0)
    returning_customer(visit)
    (entry,) = visit.writes(Write.CONFIRM)
    assert entry["outcome"] is Outcome.REFUSED
    assert (visit.reached[Milestone.CARD_DECLINED], visit.reached[Milestone.PAYMENT_TRIED]) == (1, 0)
    assert visit.flows == []


def test_another_card_has_a_key_of_its_own_and_succeeds() -> None:
    visit = ScriptedVisit(card_declined=1.0)
    returning_customer(visit)
    first, second = visit.of(CONFIRM)
    assert first.headers["Idempotency-Key"] != second.headers["Idempotency-Key"]
    assert first.json["payment_intent_id"] == second.json["payment_intent_id"]
    assert (visit.reached[Milestone.PAYMENT_TRIED], visit.reached[Milestone.PAYMENT_SUCCEEDED]) == (1, 1)
    assert visit.reached[Milestone.PAID] == 1


def test_a_target_that_takes_no_notice_of_the_bad_card_has_been_paid() -> None:
    visit = ScriptedVisit(script={CONFIRM: PAID}, card_declined=1.0)
    returning_customer(visit)
    assert (visit.reached[Milestone.PAYMENT_TRIED], visit.reached[Milestone.PAYMENT_SUCCEEDED]) == (1, 1)
    assert visit.reached[Milestone.CARD_DECLINED] == 0


def test_a_card_declined_that_was_good_is_a_payment_not_succeeded() -> None:
    visit = ScriptedVisit(script={CONFIRM: (402, {"detail": "Your card was declined"})})
    returning_customer(visit)
    assert (visit.reached[Milestone.PAYMENT_TRIED], visit.reached[Milestone.PAYMENT_SUCCEEDED]) == (1, 0)


def test_end_to_end_counts_both_requests_without_thinking() -> None:
    visit = ScriptedVisit()
    returning_customer(visit)
    assert visit.flows == [("payment end to end", 2000.0, Outcome.OK)]


def test_end_to_end_counts_the_waiting_for_a_request_that_failed() -> None:
    visit = ScriptedVisit(script={INTENT: BROKEN}, retries_after_error=1.0)
    returning_customer(visit)
    assert visit.flows == [("payment end to end", 2000.0, Outcome.SERVER_ERROR)]
    assert (visit.reached[Milestone.PAYMENT_TRIED], visit.reached[Milestone.PAYMENT_SUCCEEDED]) == (1, 0)


def test_an_appointment_that_is_paid_already_is_no_failed_payment() -> None:
    visit = ScriptedVisit(script={INTENT: (400, {"detail": "Appointment is already paid"})})
    returning_customer(visit)
    assert visit.reached[Milestone.PAYMENT_TRIED] == 0
    assert visit.writes(Write.INTENT)[0]["outcome"] is Outcome.REFUSED


def test_paid_is_not_confirmed_until_the_shop_shows_it() -> None:
    visit = ScriptedVisit(script={"GET /appointments/{id}": (200, appointment(status="scheduled"))})
    returning_customer(visit)
    assert (visit.reached[Milestone.PAID], visit.reached[Milestone.CONFIRMED]) == (1, 0)


def test_abandoning_before_payment_sends_no_payment() -> None:
    visit = ScriptedVisit(abandons_before_payment=1.0)
    returning_customer(visit)
    assert visit.reached[Milestone.ABANDONED] == 1
    assert INTENT not in visit.operations


def test_amounts_are_entered_in_cents() -> None:
    visit = ScriptedVisit(script={CONFIRM: (200, {"payment_id": 11, "amount_charged": 19.99})})
    returning_customer(visit)
    assert [entry["amount_cents"] for entry in visit.ledger if "amount_cents" in entry] == [3000, 1999]


def test_every_payment_begun_counts_against_its_account() -> None:
    visit = ScriptedVisit(script={INTENT: [SILENT, BROKEN]}, retries_after_error=1.0)
    returning_customer(visit)
    assert visit.leased.payments_made == 1


def test_a_payer_pays_for_an_appointment_not_paid_yet() -> None:
    visit = ScriptedVisit(Persona.PAYER)
    payer(visit)
    assert visit.operations == ["POST /auth/login", "GET /appointments/", INTENT, CONFIRM, "GET /appointments/{id}"]
    assert visit.of(INTENT)[0].json == {"booking_id": 7}


def test_a_payer_without_an_appointment_books_one_outside_the_funnel() -> None:
    visit = ScriptedVisit(Persona.PAYER, {"GET /appointments/": (200, {"appointments": [], "total": 0})})
    payer(visit)
    assert "POST /appointments/" in visit.operations
    assert visit.reached[Milestone.PAYMENT_SUCCEEDED] == 1
    assert sum(visit.reached[milestone] for milestone in FUNNEL) == 0


def test_a_payer_may_look_at_the_history() -> None:
    visit = ScriptedVisit(Persona.PAYER, payer_looks_at_history=1.0)
    payer(visit)
    assert visit.operations[-1] == "GET /payments/history"


def test_payments_acknowledged_are_remembered_for_refunds_and_events() -> None:
    visit = ScriptedVisit(Persona.PAYER)
    payer(visit)
    assert [(payment.payment_id, payment.amount_cents) for payment in RECENT] == [(11, 3000)]


@pytest.mark.parametrize(("pays", "abandons"), [(0.0, 0.0), (1.0, 1.0)])
def test_who_leaves_without_paying_comes_back_as_a_payer(pays: float, abandons: float) -> None:
    earlier = ScriptedVisit(pays_at_once=pays, abandons_before_payment=abandons)
    earlier.leased.email = "earlier@sandbox.example"
    returning_customer(earlier)
    later = ScriptedVisit(Persona.PAYER)
    payer(later)
    assert later.client == "earlier@sandbox.example"
    assert later.account is earlier.leased


def test_who_has_made_all_payments_does_not_come_back_to_pay() -> None:
    earlier = ScriptedVisit(pays_at_once=0.0)
    earlier.leased.payments_made = earlier.target.payments_per_account
    returning_customer(earlier)
    later = ScriptedVisit(Persona.PAYER)
    payer(later)
    assert later.account is later.leased
