"""Who provokes: what is sent, what is entered, and that no funnel counts it twice."""

from functools import partial
from typing import Any

import pytest

from locustfiles.journeys.barber_journey import barber
from locustfiles.journeys.customer_journey import new_customer, returning_customer
from locustfiles.journeys.everybody import JOURNEYS
from locustfiles.journeys.unpaid import UNPAID
from records.journey import FUNNEL, Milestone
from records.ledger import Write
from records.window import Outcome
from scenarios.mix import Persona
from scenarios.provoke import Provocation, Provoke
from tests.unit.locustfiles.conftest import BROKEN, LOST, SILENT, ScriptedVisit, Sent, appointment, provoking

BOOK, MOVE = "POST /appointments/", "POST /appointments/{id}/reschedule"
INTENT, CONFIRM, REFUND = "POST /payments/create-intent", "POST /payments/confirm", "POST /payments/refund"


def script(visit: ScriptedVisit, **said: Any) -> ScriptedVisit:
    """Let the shop answer some operations otherwise."""
    names = {"book": BOOK, "move": MOVE, "intent": INTENT, "confirm": CONFIRM, "refund": REFUND}
    visit._script.update({names[word]: answer for word, answer in said.items()})
    return visit


def only_the_first(sent: Sent, answered: list[int], number: int) -> tuple[int, Any]:
    """Book for whoever asks first; the next one's booking would have the next number."""
    answered.append(number)
    return (200, appointment(number)) if len(answered) == 1 else LOST


def correct() -> Any:
    return partial(only_the_first, answered=[], number=7)


def keys_of(visit: ScriptedVisit, operation: str) -> list[str | None]:
    return [sent.headers.get("Idempotency-Key") for sent in visit.of(operation)]


# Double click.


def test_a_double_click_sends_the_same_booking_twice_at_once() -> None:
    visit = script(provoking(double_click=1.0), book=correct())
    returning_customer(visit)
    first, second = visit.of(BOOK)
    assert first == second
    assert visit.diary[visit.diary.index(BOOK) - 1] == "together 2"
    entries = visit.writes(Write.BOOK)
    assert [entry["outcome"] for entry in entries] == [Outcome.OK, Outcome.REFUSED]
    assert [entry["repeat"] for entry in entries] == [0, 1]
    assert {entry["provoked"] for entry in entries} == {Provocation.DOUBLE_CLICK}


def test_a_double_click_pays_with_one_key_for_both() -> None:
    visit = script(provoking(double_click=1.0), book=correct())
    returning_customer(visit)
    for operation, write in ((INTENT, Write.INTENT), (CONFIRM, Write.CONFIRM)):
        first, second = visit.of(operation)
        assert first == second
        key, again = keys_of(visit, operation)
        assert key == again is not None
        assert [entry["key"] for entry in visit.writes(write)] == [key, again]


def test_a_double_click_counts_once_in_every_milestone() -> None:
    visit = script(provoking(double_click=1.0), book=correct())
    returning_customer(visit)
    assert [visit.reached[milestone] for milestone in FUNNEL] == [1, 1, 1, 1, 1]
    assert (visit.reached[Milestone.PAYMENT_TRIED], visit.reached[Milestone.PAYMENT_SUCCEEDED]) == (1, 1)
    assert visit.reached[Milestone.SLOT_LOST] == 0
    assert [flow[1:] for flow in visit.flows] == [(2000.0, Outcome.OK)]  # the longer of two at once, twice


def test_a_double_click_that_loses_both_has_lost_one_slot() -> None:
    visit = script(provoking(double_click=1.0), book=LOST)
    visit.mix = visit.mix.model_copy(
        update={"branches": visit.mix.branches.model_copy(update={"tries_again_after_lost_slot": 0.0})}
    )
    returning_customer(visit)
    assert len(visit.of(BOOK)) == 2
    assert (visit.reached[Milestone.SLOT_LOST], visit.reached[Milestone.GAVE_UP]) == (1, 1)


def test_a_guest_does_not_click_twice() -> None:
    """The one that must be refused would bring a CAPTCHA nearer."""
    visit = provoking(Persona.NEW_CUSTOMER, double_click=1.0)
    new_customer(visit)
    assert len(visit.of("POST /appointments/guest")) == 1


# Repeats.


def test_a_slot_just_booked_is_asked_for_by_another_and_by_the_same() -> None:
    visit = script(provoking(repeat=1.0), book=correct())
    returning_customer(visit)
    wishes = [sent.json for sent in visit.of(BOOK)]
    assert [wish["barber_id"] for wish in wishes[1:]] == [3, 3]  # whom the shop named, not whom the person asked for
    assert len({(wish["date"], wish["time"], wish["service"]) for wish in wishes}) == 1
    entries = visit.writes(Write.BOOK)
    assert [entry["client"] == visit.client for entry in entries] == [True, False, True]
    assert [entry["repeat"] for entry in entries] == [0, 0, 1]
    assert [entry["provoked"] for entry in entries] == [None, Provocation.REPEAT, Provocation.REPEAT]
    assert [entry["outcome"] for entry in entries] == [Outcome.OK, Outcome.REFUSED, Outcome.REFUSED]


def test_refused_repeats_are_no_lost_slots_and_no_second_booking() -> None:
    visit = script(provoking(repeat=1.0), book=correct())
    returning_customer(visit)
    assert [visit.reached[milestone] for milestone in FUNNEL] == [1, 1, 1, 1, 1]
    assert visit.reached[Milestone.SLOT_LOST] == 0


def test_repeats_that_a_shop_accepts_count_for_nobody() -> None:
    visit = provoking(repeat=1.0)  # the happy shop books everything
    returning_customer(visit)
    assert [entry["outcome"] for entry in visit.writes(Write.BOOK)] == [Outcome.OK] * 3
    assert visit.reached[Milestone.BOOKED] == 1
    assert [account.email for account in UNPAID] == ["rival8@sandbox.example"]  # the other has something to pay for


def test_without_another_account_only_the_same_person_asks_again() -> None:
    visit = script(provoking(repeat=1.0), book=correct())
    visit.clients_left = 0
    returning_customer(visit)
    assert [entry["client"] for entry in visit.writes(Write.BOOK)] == [visit.client] * 2
    assert visit.reached[Milestone.CONFIRMED] == 1


def test_a_lost_slot_is_not_asked_for_again() -> None:
    visit = script(provoking(repeat=1.0), book=LOST)
    returning_customer(visit)
    assert {entry["provoked"] for entry in visit.writes(Write.BOOK)} == {None}


# Concurrent payment.


def test_a_concurrent_payment_begins_and_confirms_without_keys() -> None:
    visit = provoking(concurrent_payment=1.0)
    returning_customer(visit)
    assert keys_of(visit, INTENT) == keys_of(visit, CONFIRM) == [None] * 4
    assert visit.diary.count("together 4") == 2
    assert {entry["provoked"] for entry in visit.writes(Write.INTENT)} == {Provocation.CONCURRENT_PAYMENT}
    assert [entry["repeat"] for entry in visit.writes(Write.CONFIRM)] == [0, 1, 2, 3]


def test_each_copy_confirms_the_intent_that_came() -> None:
    intents = [(200, {"payment_intent_id": f"pi_{n}", "amount": 30.0, "payment_id": n}) for n in (1, 2, 3)]
    visit = script(provoking(concurrent_payment=1.0), intent=[*intents, BROKEN])
    returning_customer(visit)
    assert [sent.json["payment_intent_id"] for sent in visit.of(CONFIRM)] == ["pi_1", "pi_2", "pi_3", "pi_1"]
    assert [entry["reference"] for entry in visit.writes(Write.CONFIRM)] == ["pi_1", "pi_2", "pi_3", "pi_1"]


@pytest.mark.parametrize(
    "no",
    [
        (400, {"error": {"type": "http", "message": "Booking is already paid"}}),
        (404, {"error": {"type": "http", "message": "Payment not found"}}),
        (409, {"detail": "A payment is in progress"}),
    ],
)
def test_a_shop_that_takes_only_the_first_of_many_is_right(no: tuple[int, Any]) -> None:
    yes = (200, {"payment_id": 11, "amount_charged": 30.0})
    visit = script(provoking(concurrent_payment=1.0), confirm=[yes, no])
    returning_customer(visit)
    assert [entry["outcome"] for entry in visit.writes(Write.CONFIRM)] == [Outcome.OK] + [Outcome.REFUSED] * 3
    assert (visit.reached[Milestone.PAYMENT_TRIED], visit.reached[Milestone.PAYMENT_SUCCEEDED]) == (1, 1)
    assert visit.reached[Milestone.PAID] == 1


def test_an_everyday_confirmation_that_is_not_found_stays_an_error() -> None:
    visit = script(ScriptedVisit(), confirm=(404, {"detail": "Payment not found"}))
    returning_customer(visit)
    assert visit.writes(Write.CONFIRM)[0]["outcome"] is Outcome.CLIENT_ERROR


def test_all_copies_count_against_the_shops_fraud_rule() -> None:
    visit = provoking(concurrent_payment=1.0)
    returning_customer(visit)
    assert visit.leased.payments_made == 4


# Retry.


@pytest.mark.parametrize(("operation", "write"), [(INTENT, Write.INTENT), (CONFIRM, Write.CONFIRM)])
def test_a_retry_sends_the_same_with_the_same_key_after_the_answer(operation: str, write: Write) -> None:
    visit = provoking(retry=1.0)
    returning_customer(visit)
    first, second = visit.of(operation)
    assert first == second
    entries = visit.writes(write)
    assert entries[0]["key"] == entries[1]["key"] is not None
    assert [entry["repeat"] for entry in entries] == [0, 1]
    assert visit.reached[Milestone.PAYMENT_SUCCEEDED] == 1


def test_a_retry_after_a_timeout_pays_once() -> None:
    yes = (200, {"payment_id": 11, "amount_charged": 30.0})
    visit = script(provoking(retry=1.0), confirm=[SILENT, yes])
    returning_customer(visit)
    first, second = visit.writes(Write.CONFIRM)
    assert [first["outcome"], second["outcome"]] == [Outcome.TIMEOUT, Outcome.OK]
    assert first["key"] == second["key"]
    assert (visit.reached[Milestone.PAID], visit.reached[Milestone.PAYMENT_TRIED]) == (1, 1)


def test_a_retry_after_the_answer_is_no_waiting() -> None:
    visit = provoking(retry=1.0)
    returning_customer(visit)
    assert visit.flows == [("payment end to end", 2000.0, Outcome.OK)]  # 1 ms for each of the two first answers


def test_who_is_told_to_slow_down_does_not_send_again() -> None:
    visit = script(provoking(retry=1.0), intent=(429, {"detail": "slow", "retry_after": 60}))
    returning_customer(visit)
    assert len(visit.of(INTENT)) == 1


def gives_back(**shares: float) -> ScriptedVisit:
    visit = provoking(Persona.BARBER, **shares)
    branches = visit.mix.branches.model_copy(update={"barber_refunds": 1.0})
    visit.mix = visit.mix.model_copy(update={"branches": branches})
    return visit


def test_a_refund_sent_again_is_of_half_the_payment() -> None:
    visit = gives_back(retry=1.0)
    barber(visit)
    first, second = visit.of(REFUND)
    assert first == second
    assert first.json["amount"] == 15.0
    entries = visit.writes(Write.REFUND)
    assert entries[0]["key"] == entries[1]["key"]
    assert [entry["reference"] for entry in entries] == ["1", "1"]
    assert visit.reached[Milestone.REFUNDED] == 1


# Concurrent refund.


def test_a_concurrent_refund_gives_all_of_it_back_at_once_with_one_key_or_none() -> None:
    seen = set()
    for seed in range(20):
        visit = gives_back(concurrent_refund=1.0)
        visit.rng.seed(seed)
        barber(visit)
        assert [sent.json["amount"] for sent in visit.of(REFUND)] == [30.0] * 4
        assert visit.diary.count("together 4") == 1
        assert visit.reached[Milestone.REFUNDED] == 1
        (key,) = set(keys_of(visit, REFUND))
        seen.add(key is None)
    assert seen == {True, False}


def test_the_refunds_that_come_too_late_are_refused_not_failed() -> None:
    yes = (200, {"refund_id": 1, "amount": 30.0, "status": "completed"})
    no = (400, {"error": {"type": "http", "message": "Payment is already refunded"}})
    visit = script(gives_back(concurrent_refund=1.0), refund=[no, yes, no])
    barber(visit)
    outcomes = [entry["outcome"] for entry in visit.writes(Write.REFUND)]
    assert outcomes == [Outcome.REFUSED, Outcome.OK, Outcome.REFUSED, Outcome.REFUSED]
    assert visit.reached[Milestone.REFUNDED] == 1


# Reschedule against booking.


def test_a_move_meets_another_customers_booking_of_the_same_slot() -> None:
    visit = provoking(reschedule_race=1.0)
    returning_customer(visit)
    assert "together 2" in visit.diary
    moved, booked = visit.of(MOVE)[0].json, visit.of(BOOK)[1].json
    assert (moved["date"], moved["time"]) == (booked["date"], booked["time"])
    assert booked["barber_id"] == 3
    rivals = [entry for entry in visit.ledger if entry.get("provoked") is Provocation.RESCHEDULE_RACE]
    assert [entry["write"] for entry in rivals] == [Write.RESCHEDULE, Write.BOOK]
    assert len({entry["client"] for entry in rivals}) == 2


def test_who_loses_the_race_keeps_the_appointment_and_pays_for_it() -> None:
    visit = script(provoking(reschedule_race=1.0), move=LOST)
    returning_customer(visit)
    assert (visit.reached[Milestone.RESCHEDULED], visit.reached[Milestone.SLOT_LOST]) == (0, 1)
    assert (visit.reached[Milestone.BOOKED], visit.reached[Milestone.CONFIRMED]) == (1, 1)


def test_without_a_rival_nothing_is_moved() -> None:
    visit = provoking(reschedule_race=1.0)
    visit.clients_left = 0
    returning_customer(visit)
    assert visit.of(MOVE) == []
    assert visit.reached[Milestone.CONFIRMED] == 1


# All of it at once.

EVERYTHING = Provoke(
    hot_chair=0.6,
    double_click=0.3,
    repeat=0.5,
    concurrent_payment=0.3,
    concurrent_refund=0.5,
    retry=0.3,
    reschedule_race=0.5,
)


@pytest.mark.parametrize("persona", list(Persona))
@pytest.mark.parametrize("trouble", [None, BROKEN, SILENT, (429, {"detail": "slow", "retry_after": 60})])
def test_provoking_sessions_end_quietly_and_are_bounded(persona: Persona, trouble: Any) -> None:
    operations = (BOOK, MOVE, INTENT, CONFIRM, REFUND, "POST /auth/login", "GET /appointments/slots")
    for operation in operations if trouble is not None else (None,):
        for seed in range(15):
            visit = ScriptedVisit(persona, {} if operation is None else {operation: trouble}, seed=str(seed))
            visit.mix = visit.mix.model_copy(update={"provoke": EVERYTHING})
            JOURNEYS[persona](visit)
            assert len(visit.sent) <= 45
            assert all(visit.reached[milestone] <= 1 for milestone in FUNNEL)
            assert visit.reached[Milestone.PAYMENT_SUCCEEDED] <= visit.reached[Milestone.PAYMENT_TRIED] <= 1
